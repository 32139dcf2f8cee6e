"""Process 1 of a server's own namespaces: mounts what the server shall see, runs it, listens as its syslog.

Run by path, `inside.py SPEC.json`, under `unshare --mount --uts --pid`; it imports nothing of this package because
the server's files may lie over the host's. When it ends, for whatever reason, the kernel ends everything else
in the namespace: nothing can be left behind. It ends when the server ends, on TERM (the server gets a few
seconds to end by itself), and when the pipe on its standard input closes: the tests are done, or gone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_LIFELINE = 0
_GRACE = 6.0
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def main(spec_path: Path) -> int:
    """Set the stage, run the server, and stay until it has ended; the result goes into the status file."""
    spec: dict[str, Any] = json.loads(spec_path.read_text(encoding="utf-8"))
    status = Path(spec["status"])
    # The /proc seen here is still the outer one, which names this process as the outside knows it.
    outer_pid = int(str(Path("/proc/self").readlink()))
    asked = _watch_signals()
    try:
        log = _set_stage(spec)
        # Only the server is put into another root: this process still writes its files by the host's names.
        enter = ["chroot", spec["root"]] if spec["root"] else []
        for command in spec["first"]:
            subprocess.run([*enter, *command], stdin=subprocess.DEVNULL, check=True)
        server = subprocess.Popen([*enter, *spec["argv"]], stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        _tell(status, {"pid": outer_pid, "state": "failed", "why": str(error)})
        return 1
    _tell(status, {"pid": outer_pid, "state": "running"})
    code = _stay(server, log, spec, asked)
    _tell(status, {"pid": outer_pid, "state": "ended", "why": f"exit status {code}"})
    return 0


def _watch_signals() -> int:
    """Let signals arrive as bytes on a descriptor that `select` can wait for."""
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    return reading


def _set_stage(spec: dict[str, Any]) -> socket.socket:
    if spec["hostname"]:
        socket.sethostname(spec["hostname"])
    for folder, layers in spec["overlays"].items():
        _mount("-t", "overlay", "tightlip", "-o", f"lowerdir={':'.join(layers)}", folder)
    for folder in spec["empty"]:
        Path(folder).mkdir(exist_ok=True)
        _mount("-t", "tmpfs", "tightlip", folder)
    for source, folder in spec["binds"]:
        Path(folder).mkdir(parents=True, exist_ok=True)
        _mount("--bind", source, folder)
    log = _make_devices(Path(spec["devices"]))
    root = spec["root"]
    _mount("--rbind", spec["devices"], f"{root}/dev")
    # Whoever enters these namespaces without the root sees the server's processes too, and nobody else's.
    for folder in dict.fromkeys(("/proc", f"{root}/proc")):
        _mount("-t", "proc", "proc", folder)
    os.chdir("/")
    return log


def _make_devices(folder: Path) -> socket.socket:
    """A /dev with what daemons need and a `log` socket of our own: the host's syslog must not be disturbed."""
    (folder / "shm").mkdir(parents=True, exist_ok=True)
    (folder / "shm").chmod(0o1777)
    for name in filter(lambda name: Path("/dev", name).exists(), _DEVICES):
        (folder / name).touch()
        _mount("--bind", f"/dev/{name}", str(folder / name))
    for name, target in (("fd", "/proc/self/fd"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(target)
    (folder / "log").unlink(missing_ok=True)
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(str(folder / "log"))
    (folder / "log").chmod(0o666)
    return log


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], stdin=subprocess.DEVNULL, check=True)


def _stay(server: subprocess.Popen[bytes], log: socket.socket, spec: dict[str, Any], asked: int) -> int:
    sources: list[Any] = [asked, _LIFELINE, log]
    deadline: float | None = None
    with Path(spec["syslog"]).open("ab", buffering=0) as written:
        while (code := _reap(server)) is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return -signal.SIGKILL
            ready, _, _ = select.select(sources, [], [], left)
            if log in ready:
                written.write(log.recv(65536).rstrip(b"\0\n") + b"\n")
            signals = os.read(asked, 4096) if asked in ready else b""
            if signal.SIGHUP in signals:
                server.send_signal(signal.SIGHUP)
            if signal.SIGTERM in signals or _LIFELINE in ready:
                sources = [source for source in sources if source != _LIFELINE]
                deadline = deadline or time.monotonic() + _GRACE
                server.terminate()
    return code


def _reap(server: subprocess.Popen[bytes]) -> int | None:
    """Collect what has ended (as process 1 we inherit orphans); the server's own exit status if it was it."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return server.returncode if server.returncode is not None else 0
        if pid == server.pid:
            server.returncode = os.waitstatus_to_exitcode(status)
            return server.returncode
        if pid == 0:
            return None


def _tell(status: Path, fact: dict[str, Any]) -> None:
    beside = status.with_suffix(".new")
    beside.write_text(json.dumps(fact), encoding="utf-8")
    beside.replace(status)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
