"""The rendered script cut off in the middle, by a signal, by a kill, by another run: no mixture stays."""

import os
import signal
from pathlib import Path

import pytest

from tests.unit.remediate.plans import LEAKY, MENDED, a_plan, noting, ran, written
from tests.unit.remediate.scripts import FAILED, REFUSED, run
from tightlip.remediate.plan import Plan


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_in_the_middle_puts_back(tmp_path: Path, number: signal.Signals) -> None:
    """The terminal goes away, or somebody loses patience, during the check."""
    part = written(tmp_path / "etc")
    plan = a_plan(part, check=["sh", "-c", f"kill -{number.value} $PPID"])
    assert run(plan, tmp_path).returncode == FAILED
    assert part.path.read_bytes() == LEAKY


@pytest.mark.parametrize("then", [(), ("--undo",)], ids=["run again", "undo"])
@pytest.mark.parametrize("moment", ["check", "reload"])
def test_a_kill_in_the_middle_is_finished_by_the_next_run(tmp_path: Path, moment: str, then: tuple[str, ...]) -> None:
    """No mixture stays: run again it checks and reloads, with --undo it takes everything back."""
    etc = tmp_path / "etc"
    parts = written(etc, "1.conf"), written(etc, "2.conf")
    once = tmp_path / "killed"
    deadly = f"[ -e '{once}' ] || {{ touch '{once}'; kill -9 $PPID; }}"
    commands = {"check": noting(tmp_path, "check"), "reload": noting(tmp_path, "reload")}
    commands[moment] = noting(tmp_path, moment, deadly)
    plan = a_plan(*parts, check=commands["check"], reload=commands["reload"])
    assert run(plan, tmp_path).returncode == -signal.SIGKILL
    assert run(plan, tmp_path, *then).returncode == 0
    assert {part.path.read_bytes() for part in parts} == {LEAKY if then else MENDED}
    assert ran(tmp_path)[-2:] == ["check", "reload"]
    assert sorted(path.name for path in etc.iterdir()) == ["1.conf", "2.conf"]
    assert run(plan, tmp_path, *then).stdout.startswith("nothing to ")


def test_a_run_that_was_killed_and_fails_the_next_time_takes_back_both_runs(tmp_path: Path) -> None:
    """What the killed run had written is put back too, not only what the second run wrote."""
    etc = tmp_path / "etc"
    first, second = written(etc, "1.conf"), written(etc, "2.conf")
    once = tmp_path / "killed"
    check = ["sh", "-c", f"[ -e '{once}' ] && exit 1; touch '{once}'; kill -9 $PPID"]
    plan = a_plan(first, second, check=check)
    run(plan, tmp_path)
    second.path.write_bytes(LEAKY)
    assert run(plan, tmp_path).returncode == FAILED
    assert (first.path.read_bytes(), second.path.read_bytes()) == (LEAKY, LEAKY)


def test_two_runs_at_once_do_not_meet(tmp_path: Path) -> None:
    """A second one, started while the first one checks, is refused and harms nothing."""
    part = written(tmp_path / "etc")
    again = f"sh '{tmp_path}/mend.sh' --undo; echo $? >'{tmp_path}/second'"
    plan = a_plan(part, check=["sh", "-c", again])
    assert run(plan, tmp_path).returncode == 0
    assert (tmp_path / "second").read_text() == f"{REFUSED}\n"
    assert part.path.read_bytes() == MENDED


def begun(pid: int) -> str:
    """When a process began, in ticks since boot: proc(5), field 22 of its stat."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[19]


def held_by(tmp_path: Path, text: str) -> Plan:
    """A plan whose lock says this."""
    plan = a_plan(written(tmp_path / "etc"))
    kept = tmp_path / "kept" / plan.hash[:16]
    kept.mkdir(parents=True, mode=0o700)
    (kept / "holder").write_text(text)
    return plan


def test_a_lock_of_a_process_that_lives_is_respected(tmp_path: Path) -> None:
    """It is the very process that took it; nothing of it is taken away."""
    plan = held_by(tmp_path, f"{os.getpid()} {begun(os.getpid())}\n")
    heard = run(plan, tmp_path)
    assert (heard.returncode, f"another run is at it (process {os.getpid()})" in heard.stderr) == (REFUSED, True)
    assert [path.name for path in (tmp_path / "kept").rglob("*") if path.is_file()] == ["holder"]


@pytest.mark.parametrize("text", ["", "\n", f"{2**22 + 1} 1\n", "1 1\n", "{ours} 1\n"])
def test_a_lock_that_a_dead_run_has_left_is_taken_over(tmp_path: Path, text: str) -> None:
    """Empty after a loss of power; its number may be another process's by now, init's even."""
    plan = held_by(tmp_path, text.replace("{ours}", str(os.getpid())))
    assert run(plan, tmp_path).returncode == 0
    assert not list((tmp_path / "kept").rglob("holder*"))


def test_one_run_at_a_time_takes_a_lock_over(tmp_path: Path) -> None:
    """Where one was cut off at that very moment it is said what to do."""
    plan = held_by(tmp_path, "1 1\n")
    taking = tmp_path / "kept" / plan.hash[:16] / "taking"
    taking.mkdir()
    heard = run(plan, tmp_path)
    assert (heard.returncode, f"rmdir '{taking}'" in heard.stderr) == (REFUSED, True)
    taking.rmdir()
    assert run(plan, tmp_path).returncode == 0
