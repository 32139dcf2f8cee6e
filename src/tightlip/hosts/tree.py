"""A copied tree: every path, `..` and symbolic link is followed below its root, as the host itself would follow it.

A path is walked component by component from an open folder to the next, and no link is ever followed by the kernel:
an absolute one begins again at the tree's root, and `..` at the root stays there, as after chroot(2). Thus nothing of
this machine is read, whatever the tree holds and whoever changes it meanwhile. No command is run.
"""

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from errno import ELOOP, ENAMETOOLONG
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct

from tightlip.hosts._host import HostKind, Reach
from tightlip.hosts._patterns import matching
from tightlip.hosts._reading import NO_FILE, READ, content, why_not
from tightlip.model.errors import UsageError
from tightlip.products._product import Absent, Command, Process, Ran

# As the kernel counts (path_resolution(7)).
_MOST_LINKS = 40
_MOST_STEPS = 4_096
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC
_MOST_NAMES = 100_000


class TreeHost:
    """A host as a folder holds it; close it, or use it in a ``with`` statement."""

    reach = Reach.COPIED

    def __init__(self, root: str, name: str | None = None) -> None:
        """Open the folder; UsageError where it is none. ``name`` is that of the folder unless given."""
        try:
            self._root = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"cannot open {root}: {why_not(error).why}", "name a folder that holds a host's files"
            ) from None
        self.name = name or Path(root).resolve().name or "/"

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of the root."""
        os.close(self._root)

    def read(self, path: str) -> bytes | Absent:
        """A regular file's bytes, at most 16 MiB; why not, in the machine's words."""
        try:
            with ExitStack() as opened:
                found = _walk(path, self._root, opened)
                if not found.is_file:
                    return NO_FILE
                return content(os.open(found.name, READ | os.O_NOFOLLOW, dir_fd=found.folder))
        except (OSError, ValueError) as error:
            return why_not(error)

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The regular files that match a shell pattern, sorted; at most 10,000."""
        return matching(pattern, self._names, self._is_file)

    def processes(self) -> Iterable[Process]:
        """None: nothing runs in a copy."""
        return ()

    def run(self, command: Command) -> Ran | Absent:
        """Never: a command of this machine knows nothing of the copied one."""
        return Absent(f"{command.argv[0]} is not run for a copied tree")

    def _is_file(self, path: str) -> bool:
        try:
            with ExitStack() as opened:
                return _walk(path, self._root, opened).is_file
        except (OSError, ValueError):
            return False

    def _names(self, path: str) -> Iterator[str]:
        try:
            with ExitStack() as opened:
                folder = os.open(".", _FOLDER, dir_fd=_walk(f"{path}/.", self._root, opened).folder)
                opened.callback(os.close, folder)
                entries = opened.enter_context(os.scandir(folder))
                yield from (entry.name for entry in islice(entries, _MOST_NAMES))
        except (OSError, ValueError):
            return


def trees_in(folder: str) -> Iterator[TreeHost]:
    """Every sub-folder as a host of its own, by name, each open until the next; hidden ones and links are left out."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            )
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot open {folder}: {why_not(error).why}", "name a folder of hosts' folders") from None
    for name in names:
        with TreeHost(str(Path(folder, name)), name) as host:
            yield host


class _Found(Struct, frozen=True):
    """The folder that a path leads to, open, and the last name in it; "" where the path means the folder itself."""

    folder: int
    name: str
    is_file: bool


def _walk(path: str, root: int, opened: ExitStack) -> _Found:
    """Follow a path from the root on; what is opened on the way is closed with ``opened``."""
    waiting = deque(path.split("/"))
    trail = [root]
    links = 0
    for _ in range(_MOST_STEPS):
        if not waiting:
            return _Found(trail[-1], "", is_file=False)
        name = waiting.popleft()
        if name == "..":
            trail = trail[:-1] or trail
        elif name not in ("", "."):
            found = os.open(name, _LOOK, dir_fd=trail[-1])
            opened.callback(os.close, found)
            mode = os.fstat(found).st_mode
            if stat.S_ISLNK(mode):
                links += 1
                target = os.readlink("", dir_fd=found)
                trail = [root] if target.startswith("/") else trail
                waiting.extendleft(reversed(target.split("/")))
            elif not waiting:
                return _Found(trail[-1], name, stat.S_ISREG(mode))
            else:
                trail.append(found)
        if links > _MOST_LINKS:
            raise OSError(ELOOP, os.strerror(ELOOP))
    raise OSError(ENAMETOOLONG, os.strerror(ENAMETOOLONG))


HOST = HostKind(title="a copied tree (--root)")
