"""What a trial sees of the host: everything, read-only, but for its own files and folders; and loopback alone.

Theory of operation. This runs as the first process of mount, network and process namespaces of its own: nothing here
is seen outside of them, and all of it is gone, with every process, when that process ends, however that comes about.
First everything is made read-only, in one call. Then a file system in memory is mounted, whose files and folders are
laid over those of the host; they alone can be written. So nothing of a trial reaches a disk.
"""

import ctypes
import os
import re
import socket
import stat
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

from tightlip.products._trial import Emptied
from tightlip.workflows.trial.scene import Scene

# Our own proc is mounted here, which no product looks into: it has a folder on every machine, and none on a disk.
_STORE = Path("/proc/fs")
_SYSLOG = Path("/dev/log")
_MOUNTS, _OCTAL = Path("/proc/self/mountinfo"), re.compile(r"\\([0-7]{3})")
# mount_setattr(2), with one number on every machine; Linux 5.12 has it.
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 0x1
_MOST_LINES, _LONGEST_LINE = 200, 8_192


class StageFailed(Exception):
    """The trial cannot be set up on this host; the text says why."""


class Stage:
    """The files and folders of a trial, laid out; ``said`` is what came to its syslog."""

    def __init__(self, scene: Scene) -> None:
        """Lay everything out; StageFailed where that cannot be."""
        self.said: deque[str] = deque(maxlen=_MOST_LINES)
        self._laid = 0
        try:
            self._lay_out(scene)
        except OSError as error:
            raise StageFailed(f"{error.filename or 'the trial'}: {error.strerror}") from None

    def output(self) -> Path:
        """A file for what the product says on its standard output."""
        laid = self._name()
        laid.touch()
        return laid

    def _lay_out(self, scene: Scene) -> None:
        _call("ip", "link", "set", "lo", "up")
        for address in scene.addresses:
            # Without it, who listens there answers as little in the control as in the trial.
            with suppress(StageFailed):
                _call("ip", "address", "add", address, "dev", "lo")
        _make_read_only()
        _call("mount", "-t", "tmpfs", "-o", "mode=0700", "tightlip", str(_STORE))
        for path in scene.trial.scratch:
            self._layer(Path(path))
        for each in scene.trial.emptied:
            self._empty(each, scene.trial.shown)
        for path, content in scene.files.items():
            self._lay_over(Path(path), content)
        for log in map(Path, scene.trial.logs):
            if log.exists() and not _is_in(log, scene.trial.emptied):
                self._lay_over(log, b"")
        if _SYSLOG.exists():
            self._listen()

    def _layer(self, path: Path) -> None:
        """A folder over a host's that shows the same, what is mounted in it too; what is written stays in memory."""
        below, above, work = self._name(), self._name(), self._name()
        for each in (below, above, work):
            each.mkdir()
        _as(above, path.stat())
        _call("mount", "--rbind", str(path), str(below))
        inner = list(_mounted_in(path))
        given = f"lowerdir={below},upperdir={above},workdir={work}"
        _call("mount", "-t", "overlay", "-o", given, "tightlip", str(path))
        for each in inner:
            _call("mount", "--rbind", str(below / each.relative_to(path)), str(each))

    def _lay_over(self, path: Path, content: bytes) -> None:
        """A file over a host's, with its owner and mode."""
        like, laid = path.stat(), self._name()
        laid.write_bytes(content)
        _as(laid, like)
        _call("mount", "--bind", str(laid), str(path))

    def _empty(self, emptied: Emptied, shown: tuple[str, ...]) -> None:
        """A folder over a host's, with its sub-folders, and what of it is shown."""
        path, laid = Path(emptied.path), self._name()
        laid.mkdir()
        _as(laid, path.stat())
        binds: dict[Path, Path] = {}
        for each in path.iterdir():
            if each.is_dir() and not each.is_symlink():
                (laid / each.name).mkdir()
                _as(laid / each.name, each.stat())
                if emptied.only and each.name not in emptied.only:
                    binds[each] = laid / each.name
        for each in (Path(name) for name in shown if Path(name).is_relative_to(path) and Path(name).exists()):
            place = laid / each.relative_to(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
            binds[each] = place
        for source, place in binds.items():
            _call("mount", "--rbind", str(source), str(place))
        _call("mount", "--rbind", str(laid), str(path))

    def _listen(self) -> None:
        """A syslog of its own: what fails here is no news for the host's, and its reason is wanted."""
        laid = self._name()
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.bind(str(laid))
        laid.chmod(0o666)
        _call("mount", "--bind", str(laid), str(_SYSLOG.resolve()))
        Thread(target=self._take_down, args=(listening,), daemon=True).start()

    def _take_down(self, listening: socket.socket) -> None:
        while True:
            self.said.append(listening.recv(_LONGEST_LINE).decode(errors="replace").rstrip("\0\n"))

    def _name(self) -> Path:
        self._laid += 1
        return _STORE / str(self._laid)


def lines_of(logs: tuple[str, ...]) -> Iterator[str]:
    """What stands in the logs of a trial."""
    for path in logs:
        with suppress(OSError):
            yield from Path(path).read_text("utf-8", "replace").splitlines()[-_MOST_LINES:]


def _is_in(path: Path, folders: tuple[Emptied, ...]) -> bool:
    return any(path.is_relative_to(each.path) for each in folders)


def _mounted_in(folder: Path) -> Iterator[Path]:
    """The outermost of what is mounted below a folder (proc(5), mountinfo; blanks are written in octal)."""
    found: list[Path] = []
    for line in _MOUNTS.read_text("utf-8", "surrogateescape").splitlines():
        written = line.split(" ")[4]
        path = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), written))
        if path != folder and path.is_relative_to(folder) and not any(path.is_relative_to(each) for each in found):
            found.append(path)
    yield from found


def _as(path: Path, like: os.stat_result) -> None:
    os.chown(path, like.st_uid, like.st_gid)
    path.chmod(stat.S_IMODE(like.st_mode))


class _MountAttributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd"))


def _make_read_only() -> None:
    """Everything that is mounted: the ``mount`` of many hosts cannot do that at once."""
    kernel, wanted = ctypes.CDLL(None, use_errno=True), _MountAttributes(_MOUNT_ATTR_RDONLY)
    given = (_AT_FDCWD, b"/", _AT_RECURSIVE, ctypes.byref(wanted), ctypes.sizeof(wanted))
    if kernel.syscall(_MOUNT_SETATTR, *given) != 0:
        raise StageFailed(f"the host's files cannot be made read-only: {os.strerror(ctypes.get_errno())}")


def _call(*argv: str) -> None:
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StageFailed(f"{' '.join(argv)}: {done.stderr.strip() or f'status {done.returncode}'}")
