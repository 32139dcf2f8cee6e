"""The rendered script sends SIGHUP to a server's own master process, and to nothing that only looks like it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tightlip.remediate._shell_program import PARTS

NOBODY = 65_534
CONFIG = "/etc/toy.conf"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="processes are started for others by root alone")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where everybody may look."""
    with TemporaryDirectory(prefix="master-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def toyd(folder: Path, owner: int, user: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server in this folder, which belongs to its owner, run by a user."""
    folder.mkdir(parents=True)
    program = shutil.copy(shutil.which("cat") or "cat", folder / "toyd")
    for each in (folder, program):
        os.chown(each, owner, -1)
    with subprocess.Popen(
        [program, "-", CONFIG], stdin=subprocess.PIPE, stdout=subprocess.PIPE, user=user, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"ready\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


def hang_up() -> subprocess.CompletedProcess[str]:
    """Send SIGHUP to the server with the configuration."""
    course = "\n".join(("plan=x", *PARTS, f"hang_up {CONFIG} sbin/toyd"))
    return subprocess.run(["sh", "-eu", "-c", course], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("user", [0, NOBODY])
def test_the_servers_own_program_is_told(folder: Path, user: int) -> None:
    """Run by root, or by a user of its own once it listens; one of somebody else's beside it is no hindrance."""
    with toyd(folder / "sbin", 0, user) as server, toyd(folder / "home" / "sbin", NOBODY, NOBODY) as other:
        assert hang_up().returncode == 0
        assert server.wait(10) == -signal.SIGHUP
        assert other.poll() is None


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o775])
def test_a_program_of_somebody_elses_is_told_nothing(folder: Path, mode: int) -> None:
    """It is theirs, or in a folder where they may put what they want."""
    owner = NOBODY if mode == 0o755 else 0
    with toyd(folder / "sbin", owner, NOBODY) as other:
        (folder / "sbin").chmod(mode)
        heard = hang_up()
        assert (heard.returncode, "no master process of sbin/toyd is running" in heard.stderr) == (1, True)
        assert other.poll() is None
