"""This machine: its files as its processes see them, what runs on it, and the products' own commands."""

import os
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from shutil import which

import psutil

from tightlip.files.read import FOLDER, NOT_THERE, READ, LeadsNowhere, content, is_regular, no_regular, why_not
from tightlip.hosts._arguments import arguments, environment
from tightlip.hosts._host import HostKind, Reach
from tightlip.hosts._mounts import other_files, own_folders
from tightlip.hosts._patterns import MOST_NAMES, Listing, matching
from tightlip.hosts._sockets import listening_sockets, serves
from tightlip.products._product import Absent, Command, Process, Ran

# Where servers' own commands stand that the search path of a user seldom has.
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin")
_DEADLINE = 60.0
_MOST_OUTPUT = 1 << 20
# How long a command that has ended may leave its output open to a child of its own, as those that start a daemon do.
_AFTERMATH = 1.0


class LocalHost:
    """This machine; ``search`` is the path that its commands are looked for in."""

    reach = Reach.LIVE
    place = ""

    def __init__(self, name: str, search: str, deadline: float = _DEADLINE) -> None:
        """``search`` as PATH has it (folders that are not absolute are left out); ``deadline`` in seconds."""
        self.name = name
        given = (folder for folder in search.split(os.pathsep) if folder.startswith("/"))
        self.search = os.pathsep.join(dict.fromkeys((*given, *_SBIN)))
        self._deadline = deadline

    def read(self, path: str) -> bytes | Absent:
        """A regular file's bytes, at most 16 MiB; why not, in the machine's words."""
        try:
            mode = Path(path).stat().st_mode
            if stat.S_ISDIR(mode):
                os.close(os.open(path, FOLDER))  # may be kept from us
            if not stat.S_ISREG(mode):
                return no_regular(mode)  # not even opened
            return content(os.open(path, READ))
        except (OSError, ValueError) as error:
            return _why_not(path, error)

    def stands(self, path: str) -> bool:
        """Whether there is anything of this name, links not followed."""
        return os.path.lexists(path)

    def matching(self, pattern: str) -> Listing:
        """The regular files that match a shell pattern, sorted; at most 10,000, and why not all."""
        return matching(pattern, _names, _is_file)

    def processes(self) -> Iterator[Process]:
        """What runs, that of root and our own first; what sees other files than we do is marked.

        Anybody may start a process that calls itself a mail server: those of others are marked. What runs in a
        container has other files by the same names.
        """
        sockets = listening_sockets()
        seen = (process for each in psutil.process_iter() if (process := _process(each, sockets)) is not None)
        return iter(sorted(seen, key=lambda process: (process.foreign, bool(process.elsewhere), process.pid)))

    def lacks(self, command: Command) -> str | None:
        """Why run() could not even begin; None where the program is there."""
        return None if which(command.argv[0], path=self.search) else _not_installed(command)

    def run(self, command: Command) -> Ran | Absent:
        """Run a command without a shell, for 60 s at most; Absent where it is not installed, or had to be ended."""
        program = which(command.argv[0], path=self.search)
        if program is None:
            return Absent(_not_installed(command))
        try:
            process = subprocess.Popen(
                [program, *command.argv[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={"PATH": self.search, "LC_ALL": "C", "HOME": os.environ.get("HOME", "/")},
                process_group=0,
            )
        except (OSError, ValueError) as error:
            return why_not(error)
        try:
            output = _heard(process, time.monotonic() + self._deadline)
            status = process.poll()
        finally:
            _end(process)
        if status is None:
            return Absent(f"{command.argv[0]} had not ended after {self._deadline:g} s")
        return Ran(command, status, output.decode(errors="replace"))


def local_host() -> LocalHost:
    """This machine by its own name, with the search path of our own environment."""
    return LocalHost(socket.gethostname(), os.environ.get("PATH", ""))


def _not_installed(command: Command) -> str:
    return f"{command.argv[0]} is not installed"


def _heard(process: subprocess.Popen[bytes], until: float) -> bytes:
    """What it says, the first megabyte of it, until it has ended or time is up."""
    assert process.stdout is not None
    heard = bytearray()
    with DefaultSelector() as selector:
        selector.register(process.stdout, EVENT_READ)
        while (now := time.monotonic()) < until:
            if selector.get_map() and selector.select(min(0.1, until - now)):
                piece = os.read(process.stdout.fileno(), 65_536)
                heard += piece[: _MOST_OUTPUT - len(heard)]
                if not piece:
                    selector.unregister(process.stdout)
            elif not selector.get_map():
                with suppress(subprocess.TimeoutExpired):
                    process.wait(until - now)
                break
            elif process.poll() is not None:
                until = min(until, now + _AFTERMATH)
    return bytes(heard)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what has not ended yet, with all that it started, and let go of the pipe."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()


def _process(process: psutil.Process, sockets: Mapping[int, int]) -> Process | None:
    """A process as plugs see it; None where it has ended, or may not be looked at."""
    try:
        argv = arguments(process.pid)
        elsewhere = _elsewhere(process.pid, argv)
        uid, ours = process.uids().real, os.getuid()
        is_server = not elsewhere and serves(process.pid, uid, sockets)
        # A set-user-ID program can be held by whoever started it while it is root's: what is root's has to listen, too,
        # where we may see it. Servers such as Exim and Cyrus give root's rights up once they do.
        is_foreign = not is_server if uid == ours == 0 else uid not in (0, ours)
        return Process(
            process.pid,
            argv,
            environment(process.pid),
            foreign=is_foreign,
            user=process.username() if is_foreign else "",
            elsewhere=elsewhere,
            program=_program(process, argv),
            own=() if elsewhere else own_folders(process.pid),
            serves=is_server,
        )
    except (psutil.Error, OSError):
        return None


def _program(process: psutil.Process, argv: tuple[str, ...]) -> str:
    """The file that it executes: where that is kept from us, the one that is called so now."""
    try:
        return process.exe().removesuffix(" (deleted)")
    except (psutil.Error, OSError):
        called = argv[0] if argv else ""
        return os.path.realpath(called) if called.startswith("/") else ""


def _elsewhere(pid: int, argv: tuple[str, ...]) -> str:
    """Why a process's paths are none of ours: other files are mounted there for it, or its root folder is another."""
    place = other_files(pid, argv)
    if place is None:
        return "which files it sees is not ours to know"
    if place != "/":
        try:
            is_ours = Path("/proc", str(pid), "root").samefile("/")
        except OSError:
            is_ours = True  # a root folder without mounts of its own: its mounts would tell
        if is_ours:
            return f"it sees other files than we do at {place}" if place else ""
    return "its root folder is another, as in a container"


def _is_file(path: str) -> bool | Absent:
    try:
        return is_regular(Path(path).stat().st_mode)
    except (OSError, ValueError) as error:
        return _why_not(path, error)


def _names(path: str) -> Iterable[str] | Absent:
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in islice(entries, MOST_NAMES + 1)]
    except (OSError, ValueError) as error:
        return _why_not(path, error)


def _why_not(path: str, error: OSError | ValueError) -> Absent:
    """What the machine says, which is the same of what is not there and of a link that leads nowhere."""
    if isinstance(error, OSError) and error.errno in NOT_THERE:
        named = Path(path)
        last = next((each for each in (named, *named.parents) if os.path.lexists(each)), None)
        if last is not None and last.is_symlink() and not last.exists():
            return why_not(LeadsNowhere(named.parts[len(last.parts) :]))
    return why_not(error)


HOST = HostKind(title="this machine")
