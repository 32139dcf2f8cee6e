"""A server's own mount, host name and process namespaces: started, signalled, entered and ended from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.real.servers.contract import ServerFailed

_INSIDE = Path(__file__).with_name("inside.py")
# The child is process 1 of its namespace, and dies with `unshare`: nothing survives the two.
_UNSHARE = ("unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--propagation", "private")
_ENTER = """
mount -t overlay tightlip -o lowerdir="$0/usr:/usr" /usr &&
mount -t proc proc /proc &&
exec "$@"
"""
_LAUNCHER = """\
#!/bin/sh
exec unshare --mount --propagation private sh -c '
mount -t overlay tightlip -o lowerdir="$0/usr:/usr" /usr &&
mount -t overlay tightlip -o lowerdir="$0/etc:/etc" /etc &&
exec {program} "$@"' {prefix} "$@"
"""
_START_SECONDS = 30.0
_STOP_SECONDS = 12.0
_PAUSE = 0.02


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a server sees and runs. Paths are the host's, except `argv` and `first`, which are the server's."""

    argv: Sequence[str]
    first: Sequence[Sequence[str]] = ()
    overlays: dict[str, list[str]] = field(default_factory=dict)
    empty: Sequence[str] = ()
    binds: Sequence[tuple[str, str]] = ()
    root: str = ""
    hostname: str = ""


def overlays(prefix: Path, etc: Path) -> dict[str, list[str]]:
    """The host's /usr and /etc with a prefix's files and a server's own /etc on top."""
    return {"/usr": [f"{prefix}/usr", "/usr"], "/etc": [str(etc), f"{prefix}/etc", "/etc"]}


class Namespace:
    """One running server; it ends with `stop`, and when this process ends, however that comes about."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None
        self._root = "/"

    def start(self, stage: Stage) -> None:
        """Run the stage's server; returns when it has been started, not yet when it answers."""
        self._root = stage.root or "/"
        status = self._path("status.json")
        status.unlink(missing_ok=True)
        facts = asdict(stage) | {
            "devices": str(self._path("dev")),
            "syslog": str(self._path("syslog")),
            "status": str(status),
        }
        spec = self._path("stage.json")
        spec.write_text(json.dumps(facts), encoding="utf-8")
        theirs, self._lifeline = os.pipe()
        with self._path("output").open("ab") as output:
            self._process = subprocess.Popen(
                [*_UNSHARE, sys.executable, "-I", str(_INSIDE), str(spec)],
                stdin=theirs,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        os.close(theirs)
        wait_until(self._started, _START_SECONDS, self._failure)

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside the server, as an administrator on that host would."""
        enter = ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--root", "--wd"]
        return subprocess.run(
            [*enter, "chroot", self._root, *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_START_SECONDS,
            check=False,
        )

    def hang_up(self) -> None:
        """Send the server the signal that has it read its configuration again."""
        os.kill(self.pid, signal.SIGHUP)

    def stop(self) -> None:
        """End the server and everything it started; the kernel ends what does not end by itself."""
        if self._process is None:
            return
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_SECONDS)
        self._process = None

    def is_running(self) -> bool:
        """Whether the server has been started and has not ended."""
        return self._fact().get("state") == "running"

    @property
    def pid(self) -> int:
        """Process 1 of the namespace, as the host numbers it."""
        return int(self._fact()["pid"])

    def output(self) -> str:
        """The end of what the server and its start have said, for messages."""
        logs = [path for path in sorted(self.folder.glob("*")) if path.name in ("output", "syslog", "maillog")]
        logs += sorted(self.folder.glob("**/*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text('utf-8', 'replace')[-1500:]}" for log in logs)

    def _started(self) -> bool:
        gone = self._process is not None and self._process.poll() is not None
        if gone or self._fact().get("state") in ("failed", "ended"):
            raise ServerFailed(self._failure())
        return self.is_running()

    def _failure(self) -> str:
        return f"{self.folder.name} did not start: {self._fact().get('why', '')}\n{self.output()}"

    def _fact(self) -> dict[str, Any]:
        try:
            fact: dict[str, Any] = json.loads(self._path("status.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return fact

    def _path(self, name: str) -> Path:
        return self.folder / name


def run_once(prefix: Path, *argv: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a program of a prefix to its end with the host's own /etc, and hand back all it said."""
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        done = subprocess.run(
            [*_UNSHARE, "sh", "-c", _ENTER, str(prefix), *argv],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=seconds,
            check=False,
        )
        said.seek(0)
        return subprocess.CompletedProcess(argv, done.returncode, said.read())


def launcher(folder: Path, prefix: Path, program: str) -> Path:
    """A program in ``folder`` that runs one of a prefix, with the prefix's /usr and /etc over the host's."""
    path = folder / Path(program).name
    path.write_text(_LAUNCHER.format(prefix=prefix, program=program), encoding="utf-8")
    path.chmod(0o755)
    return path


def wait_until(ready: Callable[[], bool], seconds: float, complaint: Callable[[], str]) -> None:
    """Ask again and again until it is so; raises ServerFailed with the complaint when the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise ServerFailed(complaint())
        time.sleep(_PAUSE)
