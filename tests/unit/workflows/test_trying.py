"""What a trial comes to: only what answers now is asked, and only what is silent twice is believed to be dead."""

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.crash.practice_product import product_named
from tightlip.hosts.local import LocalHost
from tightlip.model.posture import Posture
from tightlip.products._product import Absent, Command, ConfigFile, Files, Instance, Product, Ran
from tightlip.products._trial import Trial
from tightlip.remediate.plan import Expectation
from tightlip.syntax.lenses.folded import MAIN_CF
from tightlip.workflows.change.ground import Dies, Differs, Lives, OutOfReach, TrialOrder, TrialOutcome, Untried
from tightlip.workflows.trial import trying
from tightlip.workflows.trial.scene import Heard, NotPlayed, Scene

MX, SUBMISSION, TLS = "smtp://127.0.0.1:25", "smtp://192.0.2.7:587", "smtp+starttls://127.0.0.1:25"
ELSEWHERE, LINK_LOCAL = "pop3://127.0.0.1:110", "smtp://[fe80::1]:25"
OWN = (MX, TLS, SUBMISSION, LINK_LOCAL)
ORDER = TrialOrder(
    instance=Instance(product="practice", config="/etc/x"),
    now={"/etc/x": b"old"},
    planned={"/etc/x": b"new"},
    endpoints=(MX, TLS, SUBMISSION, LINK_LOCAL, ELSEWHERE),
)
ALIVE = Heard(answered=(MX, TLS, SUBMISSION))
DEAD = Heard(answered=(MX, SUBMISSION), silent={TLS: "closed"}, said=("fatal: x",))
FICKLE = Untried("the second trial came out differently")
Played = Callable[..., TrialOutcome]


def trial_of(_files: Files) -> Generator[Command, Ran | Absent, Trial | str]:
    """A product that asks nothing."""
    yield from ()
    return Trial(start=("true",), asks=("dovecot",))


def posture_of(files: Files) -> Posture:
    """Whatever it is: what it listens on is told by ``restored``."""
    return Posture(product="practice", config=files.instance.config, version=None, services=())


PLUG = replace(product_named("practice"), trial=trial_of, posture=posture_of)


@pytest.fixture
def scenes() -> list[Scene]:
    """What was played."""
    return []


@pytest.fixture
def silent() -> set[str]:
    """Endpoints that do not answer now."""
    return set()


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, scenes: list[Scene], silent: set[str]) -> Played:
    """A function that tries with these outcomes, one after the other; the last of them must be used up."""

    def tried(*outcomes: Heard | NotPlayed, order: TrialOrder = ORDER, plug: Product = PLUG) -> TrialOutcome:
        left: Iterator[Heard | NotPlayed] = iter(outcomes)

        def play(scene: Scene, _host: LocalHost) -> Heard | NotPlayed:
            scenes.append(scene)
            return next(left)

        def silences(endpoints: Sequence[str], _seconds: float) -> dict[str, str | None]:
            return {each: "closed" if each in silent else None for each in endpoints}

        monkeypatch.setattr(trying, "played", play)
        monkeypatch.setattr(trying, "files_of", lambda _host, instance: _files(instance))
        monkeypatch.setattr(trying, "restored", lambda _postures: [Expectation(endpoint=each) for each in OWN])
        monkeypatch.setattr(trying, "silences", silences)
        monkeypatch.setattr(LocalHost, "processes", lambda _host: ())
        monkeypatch.setattr(trying, "geteuid", lambda: 0)
        monkeypatch.setattr(trying, "own_addresses", lambda: ("127.0.0.1", "192.0.2.8", "fe80::1"))
        monkeypatch.setattr(LocalHost, "lacks", lambda _host, _command: None)
        outcome = trying.try_out(order, LocalHost("mx", ""), plug)
        assert next(left, None) is None
        return outcome

    return tried


def _files(instance: Instance) -> Files:
    return Files(instance=instance, files=(ConfigFile(path="/etc/x", role="main", reading=MAIN_CF.read(b"read")),))


def test_both_forms_are_played_and_asked_for_what_is_the_instances_own(played: Played, scenes: list[Scene]) -> None:
    """Addresses of the host are there, too; one of a link alone is not."""
    assert played(ALIVE, ALIVE) == Lives()
    assert [each.files for each in scenes] == [{"/etc/x": b"old"}, {"/etc/x": b"new"}]
    assert [each.endpoints for each in scenes] == [(MX, TLS, SUBMISSION)] * 2
    assert scenes[0].addresses == ("192.0.2.7", "192.0.2.8")


def test_files_that_stay_are_tried_once(played: Played, scenes: list[Scene]) -> None:
    """Whether a reload would stop the service is all that is asked then."""
    assert played(ALIVE, order=replace(ORDER, now={}, planned={})) == Lives()
    assert [each.files for each in scenes] == [{}]


def test_what_does_not_answer_now_is_not_asked(played: Played, scenes: list[Scene], silent: set[str]) -> None:
    """Nothing that is told of it is the plan's doing; where nothing answers nothing is tried."""
    silent |= {SUBMISSION, TLS}
    assert played(ALIVE, ALIVE) == Lives()
    assert [each.endpoints for each in scenes] == [(MX,)] * 2
    silent.add(MX)
    assert played() == Untried("nothing answers now of what the plan expects of it")


def test_what_dies_twice_is_dead(played: Played) -> None:
    """With the words of the second time."""
    assert played(ALIVE, DEAD, ALIVE, DEAD) == Dies(at={TLS: "closed"}, said=("fatal: x",))


def test_what_answers_now_and_twice_not_with_the_same_files_differs(played: Played, scenes: list[Scene]) -> None:
    """The planned files are not tried any more; the second start is given more time than the first."""
    assert played(DEAD, DEAD) == Differs(at={TLS: "closed"}, said=("fatal: x",))
    assert [each.files for each in scenes] == [{"/etc/x": b"old"}] * 2
    assert scenes[1].patience >= scenes[0].patience


def test_a_slow_start_is_none_that_differs(played: Played) -> None:
    """Each endpoint has answered once."""
    assert played(DEAD, ALIVE, ALIVE) == Lives()
    assert played(DEAD, Heard(answered=(TLS,), silent={MX: "closed", SUBMISSION: "closed"}), ALIVE) == Lives()


@pytest.mark.parametrize(
    ("outcomes", "untried"),
    [
        ((NotPlayed("mount: no"),), Untried("mount: no")),
        ((ALIVE, NotPlayed("mount: no")), Untried("mount: no")),
        ((DEAD, NotPlayed("mount: no")), FICKLE),
        ((ALIVE, DEAD, NotPlayed("mount: no")), FICKLE),
        ((ALIVE, DEAD, DEAD), FICKLE),
        ((ALIVE, DEAD, ALIVE, NotPlayed("mount: no")), FICKLE),
    ],
)
def test_what_shows_nothing_is_untried(
    played: Played, outcomes: tuple[Heard | NotPlayed, ...], untried: Untried
) -> None:
    """A trial that cannot be set up, or comes out otherwise the second time."""
    assert played(*outcomes) == untried


def test_what_dies_once_alone_lives(played: Played) -> None:
    """A machine that is busy for a moment is no reason to refuse a plan."""
    assert played(ALIVE, DEAD, ALIVE, ALIVE) == Lives()


def test_who_asks_a_server_that_changes_with_it_is_tried_as_it_is(played: Played, scenes: list[Scene]) -> None:
    """The one that it asks still has its old files, so that the new ones show nothing; its own of now may be deadly."""
    order = replace(ORDER, beside=("dovecot",))
    assert played(ALIVE, order=order) == Untried("its logins ask dovecot, which the plan changes as well")
    assert [each.files for each in scenes] == [{"/etc/x": b"old"}]
    assert played(DEAD, DEAD, order=order) == Differs(at={TLS: "closed"}, said=("fatal: x",))


def test_what_a_running_master_holds_is_its_own(
    played: Played, scenes: list[Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files may no longer name what a reload would close."""
    monkeypatch.setattr(trying, "master_of", lambda *_: 7)
    monkeypatch.setattr(trying, "held_sockets", lambda _pid: {("127.0.0.1", 110), ("127.0.0.1", 25)})
    assert played(ALIVE, ALIVE) == Lives()
    assert [each.endpoints for each in scenes] == [(MX, TLS, ELSEWHERE)] * 2


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"7\n", ""), (b"         7", ""), (b"8\n", "names another process"), (None, "No such file or directory")],
)
def test_a_master_that_a_reload_would_not_find_is_out_of_reach(
    played: Played, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, why: str
) -> None:
    """The run folder of its files is no longer the one that it was started with."""
    file = tmp_path / "master.pid"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr(trying, "master_of", lambda *_: 7)
    plug = replace(PLUG, trial=partial(trial_at, str(file)))
    outcome = played(*([] if why else [ALIVE, ALIVE]), plug=plug)
    assert outcome == Lives() or (
        isinstance(outcome, OutOfReach) and outcome.why.startswith(str(file)) and why in outcome.why
    )
    assert bool(why) is isinstance(outcome, OutOfReach)


def trial_at(pid_file: str, _files: Files) -> Generator[Command, Ran | Absent, Trial | str]:
    """A product whose reload looks there for its master."""
    yield from ()
    return Trial(start=("true",), pid_file=pid_file)


def test_what_nobody_can_start_twice_is_not_tried(played: Played) -> None:
    """Its plug has no trial, or says why these files have none."""
    assert played(plug=product_named("practice")) == Untried("this product cannot be started a second time")
    assert played(plug=replace(PLUG, trial=refusing)) == Untried("its master.cf was not read whole")
    told = "nothing answers now of what the plan expects of it"
    assert played(order=replace(ORDER, endpoints=(ELSEWHERE,))) == Untried(told)


def refusing(_files: Files) -> Generator[Command, Ran | Absent, Trial | str]:
    """Not with these files."""
    yield from ()
    return "its master.cf was not read whole"


def test_only_root_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else makes namespaces."""
    monkeypatch.setattr(trying, "geteuid", lambda: 1000)
    told = "only root can start it beside the running service"
    assert trying.try_out(ORDER, LocalHost("mx", ""), PLUG) == Untried(told)
