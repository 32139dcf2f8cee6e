"""The timer of --confirm outlives whoever set it: a killed process group keeps no change from being undone."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from tests.crash.killing import Points, in_child, points_of
from tests.crash.recorded import NEW, OLD, Recorded, changes_of, order_for, raise_host, site_of, texts
from tests.house.tree import ROOT
from tightlip.hosts import _timer
from tightlip.hosts._timer import Alarm, arm, detach, disarm, service_text, timer_text, units
from tightlip.model.errors import TightlipError
from tightlip.remediate.lifecycle import State
from tightlip.workflows.change.driving import story_of
from tightlip.workflows.changing import apply, confirm

pytestmark = pytest.mark.slow

ALARM = Alarm(
    change="20261124-030000-ab12",
    due=datetime(2026, 11, 24, 3, 10, 5, tzinfo=UTC),
    argv=("/opt/a b/python", "-I", "-m", "tightlip", "recover", "--overdue", "20261124-030000-ab12"),
    environment={"HOME": '/h/100% "anna"', "XDG_STATE_HOME": "/var/lib/$x"},
    mark=Path("/nowhere"),
    within=599.2,
)


class Waited(Recorded):
    """A recorded host whose timer is a real process."""

    def arm(self, change: str, due: datetime) -> None:
        """As on a host without systemd."""
        argv = (sys.executable, "-m", "tests.crash.waiting", str(self.folder), change)
        environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "PATH": os.environ["PATH"]}
        mark = self.folder / "changes" / change / "waiting"
        within = (due - self.now()).total_seconds()
        detach(Alarm(change=change, due=due, argv=argv, environment=environment, mark=mark, within=within))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Waited]:
    """Such a host; a process that still waits when the test is over is killed."""
    made = Waited(raise_host(tmp_path).folder)
    yield made
    for process in waiting_for(made):
        process.kill()
        process.wait(10)


def waiting_for(host: Recorded) -> list[psutil.Process]:
    """The processes that wait for a change of this host, by their arguments."""
    words = ["tests.crash.waiting", str(host.folder)]
    return [each for each in psutil.process_iter(["cmdline"]) if (each.info["cmdline"] or [])[2:4] == words]


def until(condition: Callable[[], object], seconds: float = 30.0) -> bool:
    """Whether something becomes so in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def state_of(host: Recorded) -> State | None:
    """Where the only change stands."""
    changes = changes_of(host)
    return story_of(changes[0]).state if changes else None


def waiter_lives(host: Recorded) -> bool:
    """Whether a process holds the mark."""
    mark = changes_of(host)[0].path / "waiting"
    return subprocess.run(["flock", "-n", mark, "true"], check=False).returncode != 0


def test_the_applying_process_group_is_killed_and_the_change_is_undone_when_it_is_due(host: Waited) -> None:
    """Whoever applied it has lost his line, his shell and everything that he started."""
    child = os.fork()
    if child == 0:
        try:
            os.setpgid(0, 0)
            apply(order_for(host, timedelta(seconds=4)), site_of(host))
            signal.pause()
        finally:
            os._exit(1)
    try:
        assert until(lambda: state_of(host) is State.CONFIRMING)
        assert texts(host) == host.memory() == NEW
    finally:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert until(lambda: state_of(host) is State.UNDONE)
    assert texts(host) == host.memory() == OLD
    assert until(lambda: not waiter_lives(host))


def test_a_confirmed_change_has_no_waiting_process_left(host: Waited) -> None:
    """It goes when it sees that the change has ended; there was one, however often the timer was set."""
    apply(order_for(host, timedelta(hours=1)), site_of(host))
    (change,) = changes_of(host)
    assert waiter_lives(host)
    confirm(change.id, site_of(host))
    assert until(lambda: not waiter_lives(host))
    assert texts(host) == NEW


def test_a_program_that_cannot_be_started_is_no_timer(tmp_path: Path) -> None:
    """The mark is free again at once."""
    (tmp_path / "mark").touch()
    gone = replace(ALARM, argv=(str(tmp_path / "none"),), mark=tmp_path / "mark")
    detach(gone)
    assert until(lambda: subprocess.run(["flock", "-n", gone.mark, "true"], check=False).returncode == 0)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd's own reader of units is not here")
def test_systemd_reads_the_units_as_they_are_meant(tmp_path: Path) -> None:
    """It has no complaint, and knows the moment."""
    program = tmp_path / "a b"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    alarm = replace(ALARM, change="c", argv=(str(program), "x"))
    service, timer = (tmp_path / name for name in units("c"))
    service.write_text(service_text(alarm))
    timer.write_text(timer_text(alarm))
    told = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", service, timer],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in told.stderr.splitlines() if "tightlip-confirm" in line] == []
    assert "OnActiveSec=600\n" in timer_text(alarm)
    calendar = timer_text(alarm).partition("OnCalendar=")[2].partition("\n")[0]
    moment = subprocess.run(["systemd-analyze", "calendar", calendar], capture_output=True, text=True, check=False)
    assert "Normalized form: 2026-11-24 03:10:05 UTC" in moment.stdout


def test_unit_files_quote_what_is_special() -> None:
    """A percent sign, a dollar, a quotation mark and a blank are what they are."""
    text = service_text(ALARM)
    assert 'Environment="HOME=/h/100%% \\"anna\\""\n' in text
    assert 'Environment="XDG_STATE_HOME=/var/lib/$x"\n' in text
    assert 'ExecStart="/opt/a b/python" "-I"' in text
    assert "Persistent=true" in timer_text(ALARM)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What systemctl is asked for, a line each: a program that writes it down stands in for the real one.

    It fails as long as there is a file ``down``; units go into the folder ``units``.
    """
    tools, told = tmp_path / "tools", tmp_path / "asked"
    for folder in (tools, tmp_path / "units"):
        folder.mkdir()
    (tools / "systemctl").write_text(f'#!/bin/sh\necho "$*" >> {told}\n[ ! -e {tmp_path}/down ]\n')
    (tools / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setattr(_timer, "_UNITS", tmp_path / "units")
    monkeypatch.setattr(_timer, "has_systemd", lambda: True)
    return told


SERVICE, TIMER = units(ALARM.change)
ARMED = ["--quiet daemon-reload", f"--quiet enable --now {TIMER}"]


def test_with_systemd_the_units_are_enabled_and_taken_away(asked: Path) -> None:
    """However often the timer was set, or taken away."""
    folder = asked.parent / "units"
    arm(ALARM)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        SERVICE: service_text(ALARM),
        TIMER: timer_text(ALARM),
    }
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}
    arm(ALARM)
    disarm(ALARM.change)
    disarm(ALARM.change)
    assert list(folder.iterdir()) == []
    assert asked.read_text().splitlines() == [
        *ARMED,
        *ARMED,
        f"--quiet disable --now {TIMER}",
        "--quiet daemon-reload",
    ]


def test_a_timer_that_was_written_and_not_enabled_is_enabled_by_the_next_try(asked: Path) -> None:
    """A kill, or a systemd that does not answer, lies between; what was half written then is written anew."""
    (asked.parent / "down").touch()
    with pytest.raises(TightlipError, match="the timer cannot be set"):
        arm(ALARM)
    (asked.parent / "units" / TIMER).write_text("[Tim")
    (asked.parent / "down").unlink()
    asked.unlink()
    arm(ALARM)
    assert asked.read_text().splitlines() == ARMED
    assert (asked.parent / "units" / TIMER).read_text() == timer_text(ALARM)


def test_a_kill_at_any_point_leaves_no_half_of_a_unit(asked: Path) -> None:
    """Where systemd looks there is all of a unit or nothing; setting it again, or taking it away, cleans up."""
    folder = asked.parent / "units"
    wholes = {SERVICE: service_text(ALARM), TIMER: timer_text(ALARM)}
    log = asked.parent / "log"

    def set_at(deadly: int | None) -> int:
        def watched() -> None:
            with (points := Points(deadly, log)).around_calls():
                _timer._write_units(ALARM, folder)
                points.point("written")

        return in_child(watched)

    assert set_at(None) == 0
    count = len(points_of(log))
    assert count > 6
    for number in range(count):
        disarm(ALARM.change)
        assert list(folder.iterdir()) == []
        assert set_at(number) == -9
        assert {
            name: (folder / name).read_text() for name in wholes if (folder / name).exists()
        }.items() <= wholes.items()
        arm(ALARM)
        assert {path.name for path in folder.iterdir()} == set(wholes)
