"""The rendered script demands of every listener that it answers as before; where one does not, everything goes back."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.remediate.listeners import Health, listening
from tests.unit.remediate.plans import LEAKY, MENDED, Part, a_plan, noting, ran, written
from tests.unit.remediate.scripts import FAILED, IMPATIENT, REFUSED, STUCK, run
from tightlip.model.endpoint import Security
from tightlip.remediate._shell_listeners import LISTENERS
from tightlip.remediate.plan import Expectation, Plan
from tightlip.workflows.proving import PATIENCE, PATIENCE_BACK

# What a host without any tool to ask with has still.
_COREUTILS = """sh cat chmod cp cut date dd grep head id ln mkdir mkfifo mv readlink rm rmdir sed sha256sum sleep stat
sync tail timeout tr true""".split()


def asking(part: Part, tmp_path: Path, *endpoints: str, closed: tuple[str, ...] = ()) -> Plan:
    """A plan for one file that expects these endpoints, and others to be closed."""
    expected = [Expectation(endpoint=each, closed=each in closed) for each in endpoints]
    return replace(a_plan(part, reload=noting(tmp_path, "reload")), expectations=tuple(expected))


def dying(part: Part, then: Health = Health.DIES_OVER_TLS) -> Callable[[], Health]:
    """The health of a server that reads its file at each connection, and dies of the new one."""
    return lambda: then if part.path.read_bytes() == MENDED else Health.WELL


def test_it_waits_as_long_as_apply_does() -> None:
    """A server that comes back late comes back for both."""
    waits = {"patience": PATIENCE.slow, "patience_dead": PATIENCE.dead, "patience_back": PATIENCE_BACK.slow}
    assert [name for name, seconds in waits.items() if f"\n{name}={seconds:.0f}\n" not in LISTENERS] == []


def test_a_server_that_dies_over_tls_is_put_back(tmp_path: Path) -> None:
    """It greets, its check and its reload succeed; its file is as before, and it serves again."""
    part = written(tmp_path / "etc")
    with listening(tmp_path, "smtp", Security.STARTTLS, dying(part)) as endpoint:
        done = run(asking(part, tmp_path, endpoint), tmp_path)
    assert (done.returncode, part.path.read_bytes()) == (FAILED, LEAKY)
    assert f"does not answer any more: {endpoint}" in done.stderr
    assert "everything is as it was before" in done.stderr
    assert ran(tmp_path) == ["reload", "reload"]


@pytest.mark.parametrize(("health", "is_waited_for"), [(Health.DIES_WHEN_ASKED, False), (Health.MUTE, True)])
def test_who_hangs_up_each_time_is_waited_for_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, health: Health, is_waited_for: bool
) -> None:
    """Who is silent may be slow, and is asked more than twice."""
    monkeypatch.setitem(IMPATIENT, "patience=45", "patience=8")
    monkeypatch.setitem(IMPATIENT, "patience_dead=20", "patience_dead=0")
    part = written(tmp_path / "etc")
    visits: list[bool] = []

    def now() -> Health:
        visits.append(part.path.read_bytes() == MENDED)
        return health if visits[-1] else Health.WELL

    with listening(tmp_path, "pop3", Security.PLAIN, now) as endpoint:
        done = run(asking(part, tmp_path, endpoint), tmp_path)
    assert (done.returncode, sum(visits) > 2) == (FAILED, is_waited_for)


def test_a_clock_that_stands_still_ends_the_waiting_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds are counted, and no more than would fit into the time are begun."""
    monkeypatch.setitem(IMPATIENT, "patience=45", "patience=9")
    monkeypatch.setitem(IMPATIENT, "patience_dead=20", "patience_dead=9")
    monkeypatch.setitem(IMPATIENT, "most=50", "most=5")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "date").write_text("#!/bin/sh\necho 1000\n", encoding="utf-8")
    (programs / "date").chmod(0o755)
    part = written(tmp_path / "etc")
    with listening(tmp_path, "smtp", Security.PLAIN, dying(part, Health.DIES_WHEN_ASKED)) as endpoint:
        done = run(asking(part, tmp_path, endpoint), tmp_path, search=f"{programs}:{os.environ['PATH']}")
    assert (done.returncode, part.path.read_bytes()) == (FAILED, LEAKY)


def test_a_server_that_stays_dead_is_no_server_as_before(tmp_path: Path) -> None:
    """The old file does not bring it back: another status says so."""
    part = written(tmp_path / "etc")
    seen: list[bytes] = []

    def health() -> Health:
        seen.append(part.path.read_bytes())
        return Health.REFUSES if MENDED in seen else Health.WELL

    with listening(tmp_path, "imap", Security.PLAIN, health) as endpoint:
        done = run(asking(part, tmp_path, endpoint), tmp_path)
    assert (done.returncode, part.path.read_bytes()) == (STUCK, LEAKY)
    assert "NOT every listener answers" in done.stderr


def test_a_server_that_needs_a_moment_is_waited_for(tmp_path: Path) -> None:
    """It does not answer at first after the reload, and then goes on doing so."""
    part = written(tmp_path / "etc")
    visits: list[bool] = []

    def health() -> Health:
        visits.append(part.path.read_bytes() == MENDED)
        return Health.DIES_WHEN_ASKED if sum(visits) == 1 else Health.WELL

    with listening(tmp_path, "pop3", Security.PLAIN, health) as endpoint:
        done = run(asking(part, tmp_path, endpoint), tmp_path)
    assert (done.returncode, part.path.read_bytes()) == (0, MENDED)


def test_a_server_whose_old_process_answers_once_more_is_put_back(tmp_path: Path) -> None:
    """For a moment after a reload the process of before may still serve."""
    part = written(tmp_path / "etc")
    visits: list[bool] = []

    def health() -> Health:
        visits.append(part.path.read_bytes() == MENDED)
        return Health.DIES_WHEN_ASKED if visits[-1] and sum(visits) > 1 else Health.WELL

    with listening(tmp_path, "pop3", Security.PLAIN, health) as endpoint:
        done = run(asking(part, tmp_path, endpoint), tmp_path)
    assert (done.returncode, part.path.read_bytes()) == (FAILED, LEAKY)


def test_of_a_listener_that_was_dead_before_nothing_is_demanded(tmp_path: Path) -> None:
    """It is named; the other, which did answer, is demanded all the same."""
    part = written(tmp_path / "etc")
    with (
        listening(tmp_path, "smtp", Security.PLAIN, lambda: Health.DIES_WHEN_ASKED) as dead,
        listening(tmp_path, "imap", Security.PLAIN) as well,
    ):
        done = run(asking(part, tmp_path, dead, well), tmp_path)
    assert (done.returncode, part.path.read_bytes()) == (0, MENDED)
    assert f"does not answer before the change, and need not afterwards: {dead}" in done.stdout


def test_a_listener_that_the_change_closes_is_demanded_after_an_undo_alone(tmp_path: Path) -> None:
    """It answered before the change."""
    part = written(tmp_path / "etc")
    with listening(tmp_path, "pop3", Security.PLAIN, dying(part, Health.DIES_WHEN_ASKED)) as endpoint:
        plan = asking(part, tmp_path, endpoint, closed=(endpoint,))
        assert run(plan, tmp_path).returncode == 0
        assert run(plan, tmp_path, "--undo").returncode == 0
        assert run(plan, tmp_path).returncode == 0
    done = run(plan, tmp_path, "--undo")
    assert (done.returncode, part.path.read_bytes()) == (STUCK, LEAKY)
    assert f"does not answer any more: {endpoint}" in done.stderr


def test_what_a_killed_run_heard_before_its_change_still_counts(tmp_path: Path) -> None:
    """The next run finds the server dead by the new file, and knows that it was well."""
    part = written(tmp_path / "etc")
    once = tmp_path / "killed"
    reload = ["sh", "-c", f"[ -e '{once}' ] || {{ touch '{once}'; kill -9 $PPID; }}"]
    with listening(tmp_path, "smtp", Security.PLAIN, dying(part, Health.DIES_WHEN_ASKED)) as endpoint:
        plan = replace(a_plan(part, reload=reload), expectations=(Expectation(endpoint=endpoint),))
        run(plan, tmp_path)
        assert part.path.read_bytes() == MENDED
        assert run(plan, tmp_path).returncode == FAILED
    assert part.path.read_bytes() == LEAKY


def test_without_a_tool_nothing_is_written_until_somebody_wants_it_so(tmp_path: Path) -> None:
    """A host with coreutils and no more; --check says what cannot be asked."""
    part = written(tmp_path / "etc")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in _COREUTILS:
        (programs / name).symlink_to(shutil.which(name) or name)
    endpoint = "smtp+starttls://127.0.0.1:25"
    plan = asking(part, tmp_path, endpoint)
    heard = run(plan, tmp_path, "--check", search=str(programs))
    assert f"nothing here can ask: {endpoint}" in heard.stdout
    refused = run(plan, tmp_path, search=str(programs))
    assert (refused.returncode, part.path.read_bytes(), (tmp_path / "kept").exists()) == (REFUSED, LEAKY, False)
    assert "--no-greeting" in refused.stderr
    assert run(plan, tmp_path, "--no-greeting", search=str(programs)).returncode == 0
    assert part.path.read_bytes() == MENDED


def test_a_state_that_no_tool_can_ask_is_named(tmp_path: Path) -> None:
    """With bash alone a TLS port is not asked, and the change is made."""
    part = written(tmp_path / "etc")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in (*_COREUTILS, "bash"):
        (programs / name).symlink_to(shutil.which(name) or name)
    done = run(asking(part, tmp_path, "imaps://127.0.0.1:993"), tmp_path, search=str(programs))
    assert (done.returncode, part.path.read_bytes()) == (0, MENDED)
    assert "not asked, nothing here can: imaps://127.0.0.1:993" in done.stdout


@pytest.mark.parametrize("host", ["$(touch ran)", "a'b", "mail.example.test"])
def test_an_address_is_data(tmp_path: Path, host: str) -> None:
    """Whatever a configuration calls an address is asked, and not run."""
    part = written(tmp_path / "etc")
    done = run(asking(part, tmp_path, f"smtp://{host}:1"), tmp_path, search=f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode == 0
    assert not list(tmp_path.rglob("ran*")) or ran(tmp_path) == ["reload"]
