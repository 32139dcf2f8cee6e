"""The rendered script on a disk that fills up in the middle: it ends, and what it wrote is put back."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.remediate.listeners import Health, listening
from tests.unit.remediate.plans import LEAKY, MENDED, a_plan, written
from tests.unit.remediate.scripts import FAILED, STUCK, run
from tests.unit.remediate.test_shell_greetings import dying
from tests.unit.remediate.test_shell_listeners import host_with
from tightlip.model.endpoint import Security
from tightlip.remediate._shell_courses import CALLS
from tightlip.remediate._shell_program import program
from tightlip.remediate.plan import Expectation, Plan

# What a host has whose listeners are asked through pipes in the folder of the backups.
_PIPED = "bash chmod cp cut head ln mkdir mv readlink rmdir sha256sum stat sync tail tr true".split()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system, for the files and for their backups."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=755", "tightlip-test", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here")
    (place / "kept").mkdir(mode=0o700)
    (tmp_path / "kept").symlink_to("disk/kept")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> str:
    """A command that takes all the room that is left."""
    return f"cat /dev/zero >>'{disk}/filler' 2>/dev/null || :"


@pytest.mark.parametrize("tools", ["all", "piped"])
def test_a_dead_server_is_put_back_on_a_full_disk(tmp_path: Path, disk: Path, tools: str) -> None:
    """What the file was lay ready before it was replaced; nothing is written to ask, and the old file answers."""
    part = written(disk / "etc")
    search = os.environ["PATH"] if tools == "all" else str(host_with(tmp_path, *_PIPED))
    with listening(tmp_path, "lmtp", Security.PLAIN, dying(part, Health.DIES_WHEN_ASKED)) as endpoint:
        plan = replace(a_plan(part, reload=["sh", "-c", fill(disk)]), expectations=(Expectation(endpoint=endpoint),))
        done = run(plan, tmp_path, search=search)
    assert (done.returncode, part.path.read_bytes()) == (FAILED, LEAKY)
    assert "everything is as it was before" in done.stderr


def test_an_undo_on_a_full_disk_leaves_no_mixture(tmp_path: Path, disk: Path) -> None:
    """Of two files there is room for the first: nothing is put back before everything can be."""
    parts = written(disk / "etc", "1.conf"), written(disk / "etc", "2.conf", LEAKY + b"#" * 100_000)
    plan = a_plan(*parts)
    assert run(plan, tmp_path).returncode == 0
    status = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(status.f_bavail * status.f_bsize - 60_000))
    heard = run(plan, tmp_path, "--undo")
    assert (heard.returncode, "so nothing was" in heard.stderr) == (STUCK, True)
    assert [part.path.read_bytes() for part in parts] == [part.after for part in parts]


def call(plan: Plan, tmp_path: Path, name: str) -> int:
    """What one step of the playbook's comes to."""
    environment = {"PATH": os.environ["PATH"], "TIGHTLIP_BACKUP": str(tmp_path / "kept")}
    step = ["sh", "-s", "--", name]
    text = program(plan) + CALLS
    return subprocess.run(step, input=text.encode(), env=environment, check=False, timeout=30).returncode


def test_a_playbook_puts_back_on_a_full_disk(tmp_path: Path, disk: Path) -> None:
    """Each step is a process of its own, which locks: not where that cannot be written."""
    part = written(disk / "etc")
    plan = a_plan(part)
    assert call(plan, tmp_path, "write_all") == 0
    assert part.path.read_bytes() == MENDED
    subprocess.run(["sh", "-c", fill(disk)], check=True)
    assert (call(plan, tmp_path, "restore"), part.path.read_bytes()) == (0, LEAKY)
    assert call(plan, tmp_path, "finish") == 0
    assert [path.name for path in part.path.parent.iterdir()] == [part.path.name]


def test_a_playbook_step_does_not_go_on_beside_another_run(tmp_path: Path) -> None:
    """A full disk is no reason to."""
    part = written(tmp_path / "etc")
    plan = a_plan(part)
    assert call(plan, tmp_path, "write_all") == 0
    kept = tmp_path / "kept" / plan.hash[:16]
    (kept / "holder").write_text(f"{os.getpid()}\n")
    assert call(plan, tmp_path, "restore") != 0
    assert part.path.read_bytes() == MENDED
