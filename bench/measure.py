"""Runs one command and measures it: time, processor time of all its processes, peak memory of each of them."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05
# The module that an engine process of tightlip runs; any other child counts as a part of the command.
ENGINE = b"tightlip.cluster.worker"


class BenchError(Exception):
    """A measurement that may not be used; the message says what did not fit."""


class Bystanders:
    """Watches how much of the machine goes to programs that are not this bench's, from its making on."""

    def __init__(self) -> None:
        self._began, self._all, self._own = time.perf_counter(), _all_user_seconds(), _own_user_seconds()

    def share(self) -> float:
        """Return their part of all cores since, 0 to 1; the bench's children must have been waited for."""
        theirs = _all_user_seconds() - self._all - (_own_user_seconds() - self._own)
        return max(0.0, theirs / (time.perf_counter() - self._began) / (os.cpu_count() or 1))


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one command used: seconds, and the peak resident KiB of its largest process of each role."""

    exit_code: int
    seconds: float
    cpu_seconds: float
    command_kib: int
    engine_kib: int


def run_measured(command: Sequence[str], output: Path, env: Mapping[str, str], limit_seconds: float) -> Usage:
    """Run the command with stdout and stderr going to `output`.out and `output`.err.

    Raises BenchError when it takes longer than the limit; everything it started is ended then.
    """
    peaks: dict[str, int] = {}
    with output.with_suffix(".out").open("wb") as out, output.with_suffix(".err").open("wb") as err:
        started = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=dict(env), start_new_session=True
        )
        in_time = False
        try:
            in_time = _watch(child.pid, peaks, started + limit_seconds)
        finally:
            seconds = time.perf_counter() - started
            if not in_time:
                os.killpg(child.pid, signal.SIGKILL)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
    if not in_time:
        raise BenchError(f"no end after {limit_seconds:.0f} s: {' '.join(command)}")
    return Usage(
        exit_code=child.returncode,
        seconds=seconds,
        cpu_seconds=used.ru_utime + used.ru_stime,
        command_kib=peaks.get("command", 0),
        engine_kib=peaks.get("engine", 0),
    )


def _watch(pid: int, peaks: dict[str, int], deadline: float) -> bool:
    """Sample memory until the process ends; False when the deadline came first."""
    descriptor = os.pidfd_open(pid)
    try:
        while time.perf_counter() < deadline:
            # VmHWM starts anew at exec; ru_maxrss would remember this Python's own size before it.
            for member in [pid, *_descendants(pid)]:
                role = "engine" if member != pid and ENGINE in _command_line(member) else "command"
                peaks[role] = max(peaks.get(role, 0), _peak_kib(member))
            if select.select([descriptor], [], [], SAMPLE_SECONDS)[0]:
                return True
        return False
    finally:
        os.close(descriptor)


def _descendants(pid: int) -> list[int]:
    children = [int(word) for word in _read(pid, f"task/{pid}/children").split()]
    return children + [deeper for child in children for deeper in _descendants(child)]


def _command_line(pid: int) -> bytes:
    return _read(pid, "cmdline")


def _peak_kib(pid: int) -> int:
    for line in _read(pid, "status").splitlines():
        if line.startswith(b"VmHWM:"):
            return int(line.split()[1])
    return 0


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


def _all_user_seconds() -> float:
    # User time only: the kernel's network work for our own packets is booked on whoever happens to run.
    user, nice = Path("/proc/stat").read_text().split(maxsplit=3)[1:3]
    return (int(user) + int(nice)) / os.sysconf("SC_CLK_TCK")


def _own_user_seconds() -> float:
    times = os.times()
    return times.user + times.children_user
