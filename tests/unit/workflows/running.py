"""tightlip as its own process, with folders of its own, in a process group of its own as a shell would start it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil

from tightlip.cli._app import run

LIMIT = 60.0


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        """The last record."""
        last = self.records[-1]
        assert last["record"] == "summary"
        return last

    @property
    def verdicts(self) -> Counter[tuple[str, str | None, str]]:
        """How often each endpoint and address was told, with its verdict."""
        observations = (each for each in self.records if each["record"] == "observation")
        return Counter((each["endpoint"], each["address"], each["verdict"]) for each in observations)

    @property
    def findings(self) -> set[tuple[str, str]]:
        """Ids and states."""
        return {(each["id"], each["state"]) for each in self.records if each["record"] == "finding"}


class Started:
    """A command under way."""

    def __init__(self, home: Path, words: tuple[str, ...], stdin: bytes | None) -> None:
        """Start it; ``stdin`` is written and closed at once, None stays open and silent."""
        command = [sys.executable, "-m", "tightlip", *words]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment(home), process_group=0
        )
        if stdin is not None:
            assert self.process.stdin is not None
            self.process.stdin.write(stdin)
            self.process.stdin.close()
            self.process.stdin = None

    def wait_until_reading(self) -> None:
        """Return once it waits for its standard input."""
        command = Path(f"/proc/{self.process.pid}/syscall")
        deadline = time.monotonic() + LIMIT
        # The call's number differs between machines, its first argument does not; elsewhere nothing is 0 for long.
        while command.read_text().split()[1:2] != ["0x0"]:
            if time.monotonic() > deadline:
                raise TimeoutError("it reads nothing")
            time.sleep(0.01)

    def wait_until_open(self, path: Path) -> None:
        """Return once it has opened a file."""
        deadline = time.monotonic() + LIMIT
        while str(path) not in (each.path for each in psutil.Process(self.process.pid).open_files()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"it does not open {path}")

    def insist(self, number: signal.Signals) -> None:
        """Send a signal again and again, for two that come at once are one, until it has ended."""
        deadline = time.monotonic() + LIMIT
        while self.process.poll() is None and time.monotonic() < deadline:
            self.process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.1)

    def engines(self) -> list[psutil.Process]:
        """Its engine processes; waits until there is one."""
        command = psutil.Process(self.process.pid)
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            if children := command.children():
                return children
            time.sleep(0.002)
        raise TimeoutError("no engine process")

    def signal_group(self, number: signal.Signals) -> None:
        """As the terminal does: the command and its engines."""
        os.killpg(self.process.pid, number)

    def close(self) -> None:
        """Let go of the pipes and of the process."""
        self.process.communicate(timeout=LIMIT)

    def told(self) -> Told:
        """Wait for the end."""
        out, err = self.process.communicate(timeout=LIMIT)
        return Told(code=self.process.returncode, out=(out or b"").decode(), err=err.decode())


@contextmanager
def start(home: Path, *words: str, stdin: bytes | None = b"") -> Iterator[Started]:
    """``tightlip WORDS`` as its own process while the block runs; what is left of it at its end is killed."""
    started = Started(home, words, stdin)
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            started.signal_group(signal.SIGKILL)
        started.close()


def start_scan(home: Path, *words: str, stdin: bytes = b"") -> AbstractContextManager[Started]:
    """The same for a scan to JSON Lines with no limits of pace but those in ``words``."""
    return start(home, *_scan_words(words), stdin=stdin)


def tightlip(home: Path, *words: str, stdin: bytes = b"") -> Told:
    """Run a command to its end, in this process."""
    out, err = StringIO(), StringIO()
    with (
        patch.dict("os.environ", environment(home), clear=True),
        patch("sys.stdin", TextIOWrapper(BytesIO(stdin))),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = run(list(words))
    return Told(code=code, out=out.getvalue(), err=err.getvalue())


def scan(home: Path, *words: str, stdin: bytes = b"") -> Told:
    """Run a scan to its end, in this process."""
    return tightlip(home, *_scan_words(words), stdin=stdin)


def report(home: Path, *words: str) -> Told:
    """The last run again, from the store."""
    return tightlip(home, "report", "--format", "jsonl", *words)


def environment(home: Path) -> dict[str, str]:
    """Folders of its own, and no settings from outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIGHTLIP_", "XDG_", "COLUMNS"))}
    return kept | {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE")}


def _scan_words(words: tuple[str, ...]) -> tuple[str, ...]:
    # A resumed run keeps its own pace, and wants no other.
    pace = {} if "--resume" in words else {"--rate": "0", "--per-net": "0"}
    usual = pace | {"--format": "jsonl"}
    return ("scan", *words, *(part for pair in usual.items() if pair[0] not in words for part in pair))


def gone(processes: list[psutil.Process]) -> bool:
    """Whether all of them end within ten seconds; one that only waits to be buried has ended."""
    deadline = time.monotonic() + 10
    while any(_lives(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
