"""The rendered script sends SIGHUP to a server's own master process, and to nothing that only looks like it."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tightlip.remediate._shell_program import PARTS

ROOT, STRANGER, NOBODY = 0, 1234, 65_534
CONFIG = "/etc/toy.conf"
# Told instead of a port: any that is free, of those that root alone may open or of the others.
LOW, HIGH, NONE = "low", "high", "none"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="processes are started for others by root alone")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where everybody may look; its name is that of the server too, which no other test has."""
    with TemporaryDirectory(prefix="master-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def toyd(
    folder: Path, owner: int, user: int, *words: str, port: str = HIGH, opener: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server in this folder, which belongs to its owner, run by a user, at a port that the opener has opened."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / next(part for part in folder.parts if part.startswith("master-"))
    if not program.exists():
        shutil.copy(shutil.which("cat") or "cat", program)
    for each in (folder, program):
        os.chown(each, owner, -1)
    with (
        listening(port, user if opener is None else opener) as passed,
        subprocess.Popen(
            [program, "-", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            user=user,
            stderr=subprocess.DEVNULL,
            pass_fds=passed,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"ready\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


@contextmanager
def listening(port: str, opener: int) -> Iterator[list[int]]:
    """The descriptors of a socket that a user has opened, if any; root lends it a low port."""
    if port == NONE:
        yield []
        return
    os.seteuid(opener)
    try:
        opened = socket.socket()
    finally:
        os.seteuid(ROOT)
    with opened:
        for number in range(1023, 0, -1) if port == LOW else (0,):
            with suppress(OSError):
                opened.bind(("127.0.0.1", number))
                break
        opened.listen()
        yield [opened.fileno()]


def hang_up(folder: Path) -> subprocess.CompletedProcess[str]:
    """Send SIGHUP to the server with the configuration, whose product has the account nobody."""
    course = "\n".join(("set -eu; plan=x", *PARTS, f"hang_up {CONFIG} nobody sbin/{folder.name}"))
    return subprocess.run(["sh", "-c", course], capture_output=True, text=True, timeout=60, check=False)


def is_told(folder: Path, server: subprocess.Popen[bytes], *others: subprocess.Popen[bytes]) -> bool:
    """Whether the server alone gets the signal."""
    heard = hang_up(folder)
    assert heard.returncode == 0, heard.stderr
    return server.wait(10) == -signal.SIGHUP and all(other.poll() is None for other in others)


@pytest.mark.parametrize("user", [ROOT, NOBODY])
def test_the_servers_own_program_is_told(folder: Path, user: int) -> None:
    """Run by root, or by its account once it listens; one of somebody else's beside it is no hindrance."""
    with toyd(folder / "sbin", ROOT, user) as server, toyd(folder / "home/sbin", NOBODY, NOBODY, CONFIG) as other:
        assert is_told(folder, server, other)


def test_one_that_listens_nowhere_is_no_server(folder: Path) -> None:
    """Anybody may start the genuine setuid program, which waits for a message and names the configuration."""
    with (
        toyd(folder / "sbin", ROOT, NOBODY) as server,
        toyd(folder / "sbin", ROOT, NOBODY, CONFIG, port=NONE) as other,
    ):
        assert is_told(folder, server, other)


def test_neither_is_one_with_a_port_that_somebody_else_opened(folder: Path) -> None:
    """A setuid program inherits what its caller opens."""
    with toyd(folder / "sbin", ROOT, NOBODY, CONFIG, opener=STRANGER) as other:
        assert hang_up(folder).returncode == 1
        assert other.poll() is None


def test_of_several_the_one_that_names_the_configuration_is_told(folder: Path) -> None:
    """As an option does: a word after -- is none, and one within another is none either."""
    with (
        toyd(folder / "sbin", ROOT, ROOT, CONFIG) as server,
        toyd(folder / "sbin", ROOT, ROOT, "--", "x", CONFIG, port=LOW) as first,
        toyd(folder / "sbin", ROOT, ROOT, f"x {CONFIG} x", port=LOW) as second,
    ):
        assert is_told(folder, server, first, second)


def test_of_several_that_name_nothing_the_one_with_a_low_port_is_told(folder: Path) -> None:
    """The ports below 1024 are root's to give."""
    with toyd(folder / "sbin", ROOT, NOBODY, port=LOW) as server, toyd(folder / "sbin", ROOT, NOBODY) as other:
        assert is_told(folder, server, other)


def test_where_it_is_not_one_nobody_is_told(folder: Path) -> None:
    """They are named."""
    with toyd(folder / "sbin", ROOT, ROOT) as one, toyd(folder / "sbin", ROOT, ROOT) as two:
        heard = hang_up(folder)
        assert (heard.returncode, one.poll(), two.poll()) == (1, None, None)
        assert all(str(each.pid) in heard.stderr for each in (one, two))


def test_a_process_of_another_account_is_told_nothing(folder: Path) -> None:
    """Though its program is genuine and listens."""
    with toyd(folder / "sbin", ROOT, STRANGER) as other:
        assert hang_up(folder).returncode == 1
        assert other.poll() is None


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o775])
def test_a_program_of_somebody_elses_is_told_nothing(folder: Path, mode: int) -> None:
    """It is theirs, or in a folder where they may put what they want."""
    owner = NOBODY if mode == 0o755 else ROOT
    with toyd(folder / "sbin", owner, NOBODY) as other:
        (folder / "sbin").chmod(mode)
        heard = hang_up(folder)
        assert (heard.returncode, f"no master process of sbin/{folder.name} is running" in heard.stderr) == (1, True)
        assert other.poll() is None
