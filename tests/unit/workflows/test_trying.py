"""What a trial comes to: dead is only what answers with the files of now and not with the planned ones, twice."""

from collections.abc import Callable, Generator, Iterator

import pytest
from msgspec.structs import replace

from tests.crash.practice_product import product_named
from tightlip.hosts.local import LocalHost
from tightlip.products._product import Absent, Command, Files, Instance, Product, Ran
from tightlip.products._trial import Trial
from tightlip.workflows.change.ground import Dies, Lives, TrialOrder, TrialOutcome, Untried
from tightlip.workflows.trial import trying
from tightlip.workflows.trial.scene import Heard, NotPlayed, Scene

MX, SUBMISSION, TLS = "smtp://127.0.0.1:25", "smtp://192.0.2.7:587", "smtp+starttls://127.0.0.1:25"
ORDER = TrialOrder(
    instance=Instance(product="practice", config="/etc/x"),
    now={"/etc/x": b"old"},
    planned={"/etc/x": b"new"},
    endpoints=(MX, TLS, SUBMISSION),
)
ALIVE = Heard(answered=(MX, TLS))
DEAD = Heard(answered=(MX,), silent={TLS: "closed"}, said=("fatal: x",))
Played = Callable[..., TrialOutcome]


def trial_of(_files: Files) -> Generator[Command, Ran | Absent, Trial | str]:
    """A product that asks nothing."""
    yield from ()
    return Trial(start=("true",), asks=("dovecot",))


PLUG = replace(product_named("practice"), trial=trial_of)


@pytest.fixture
def scenes() -> list[Scene]:
    """What was played."""
    return []


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, scenes: list[Scene]) -> Played:
    """A function that tries with these outcomes, one after the other; the last of them must be used up."""

    def tried(*outcomes: Heard | NotPlayed, order: TrialOrder = ORDER, plug: Product = PLUG) -> TrialOutcome:
        left: Iterator[Heard | NotPlayed] = iter(outcomes)

        def play(scene: Scene, _host: LocalHost) -> Heard | NotPlayed:
            scenes.append(scene)
            return next(left)

        monkeypatch.setattr(trying, "played", play)
        monkeypatch.setattr(trying, "files_of", lambda _host, instance: Files(instance=instance, files=()))
        monkeypatch.setattr(trying, "geteuid", lambda: 0)
        monkeypatch.setattr(trying, "own_addresses", lambda: ("127.0.0.1", "192.0.2.8", "fe80::1"))
        monkeypatch.setattr(LocalHost, "lacks", lambda _host, _command: None)
        outcome = trying.try_out(order, LocalHost("mx", ""), plug)
        assert next(left, None) is None
        return outcome

    return tried


def test_the_control_is_played_first_and_the_rest_is_waited_for(played: Played, scenes: list[Scene]) -> None:
    """Only what answered in the control is asked of the planned files; addresses of the host are there, too."""
    assert played(ALIVE, ALIVE) == Lives()
    assert [each.files for each in scenes] == [{"/etc/x": b"old"}, {"/etc/x": b"new"}]
    assert [each.endpoints for each in scenes] == [(MX, TLS, SUBMISSION), (MX, TLS)]
    assert scenes[1].wanted == (MX, TLS)
    assert scenes[0].addresses == ("192.0.2.7", "192.0.2.8")


def test_what_dies_twice_is_dead(played: Played) -> None:
    """With the words of the second time."""
    assert played(ALIVE, DEAD, ALIVE, DEAD) == Dies(at={TLS: "closed"}, said=("fatal: x",))


@pytest.mark.parametrize(
    ("outcomes", "why"),
    [
        (
            (Heard(silent={MX: "closed", TLS: "closed"}),),
            "beside the running service it does not answer even with its current files; if one of these was edited and "
            "not reloaded since, the reload may stop it",
        ),
        ((NotPlayed("mount: no"),), "mount: no"),
        ((ALIVE, NotPlayed("mount: no")), "mount: no"),
        ((ALIVE, DEAD, NotPlayed("mount: no")), "the second trial came out differently"),
        ((ALIVE, DEAD, ALIVE, ALIVE), "the second trial came out differently"),
        ((ALIVE, DEAD, DEAD, Heard(answered=(MX,))), "the second trial came out differently"),
    ],
)
def test_what_shows_nothing_is_untried(played: Played, outcomes: tuple[Heard | NotPlayed, ...], why: str) -> None:
    """A control that is silent, a trial that cannot be set up, one that comes out otherwise the second time."""
    assert played(*outcomes) == Untried(why)


def test_who_asks_a_server_that_changes_with_it_is_not_tried(played: Played) -> None:
    """The one that runs still has its old files."""
    order = replace(ORDER, beside=("dovecot",))
    assert played(order=order) == Untried("its logins ask dovecot, which the plan changes as well")


def test_what_nobody_can_start_twice_is_not_tried(played: Played) -> None:
    """Its plug has no trial, or says why these files have none."""
    assert played(plug=product_named("practice")) == Untried("this product cannot be started a second time")
    assert played(plug=replace(PLUG, trial=refusing)) == Untried("its master.cf was not read whole")
    assert played(order=replace(ORDER, endpoints=())) == Untried("the plan names no endpoint that could be asked")


def refusing(_files: Files) -> Generator[Command, Ran | Absent, Trial | str]:
    """Not with these files."""
    yield from ()
    return "its master.cf was not read whole"


def test_only_root_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else makes namespaces."""
    monkeypatch.setattr(trying, "geteuid", lambda: 1000)
    told = "only root can start it beside the running service"
    assert trying.try_out(ORDER, LocalHost("mx", ""), PLUG) == Untried(told)
