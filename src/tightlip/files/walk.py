"""Walks to a file by descriptors, one name at a time, so that no link is swapped between the look and the deed.

Theory of operation. Each name of a path is opened relative to the folder before it, and never followed: of a link the
target is read and walked in the same way. Whoever walks sees every place that the path leads through (a hop) by a
descriptor of the very thing, so that what is said of it is true of what is used. What stays open is the folder that
the path ends in. Reads, renames and removals relative to it act in the folder that was looked at, wherever the path
leads by then. Below a root of its own a walk never leaves it: an absolute link begins again there, and ``..`` at the
root stays there, as after chroot(2).
"""

import os
import stat
from collections.abc import Iterator
from errno import ELOOP, ENOTDIR
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct

# As the kernel counts (path_resolution(7)).
_MOST_LINKS = 40
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


class Hop(Struct, frozen=True):
    """A folder, a link or a file on the way, and ``descriptor``, which is open (O_PATH) while the walk stands on it."""

    status: os.stat_result
    descriptor: int


class Walk:
    """A walk along one path; it is a context manager, and ``hops()`` is the walk itself.

    ``path`` is the place it stands on, without any link. At its end ``folder`` is a descriptor of the last folder, and
    ``name`` the file's name in it: ``.`` where the path is a folder.
    """

    def __init__(self, path: Path | str, root: int | None = None) -> None:
        """Nothing is opened yet; ``root`` is a descriptor of the folder to begin in and to stay in, if not ``/``.

        A relative path begins in the current folder, or in that root.
        """
        self._root = root
        begins_here = root is None and not str(path).startswith("/")
        self._left = _names(f"{Path.cwd()}/{path}" if begins_here else str(path))
        self._behind = len(self._left) + 1
        self._links = 0
        self._folders: list[int] = []
        self._names: list[str] = []
        self.name = "."

    def __enter__(self) -> Self:
        """Open the root folder."""
        self._folders.append(os.open("/", _LOOK) if self._root is None else os.dup(self._root))
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close every folder."""
        while self._folders:
            os.close(self._folders.pop())

    @property
    def folder(self) -> int:
        """The folder that the walk has come to."""
        return self._folders[-1]

    @property
    def path(self) -> Path:
        """Where the walk stands."""
        return Path("/", *self._names, self.name)

    @property
    def behind(self) -> tuple[str, ...] | None:
        """Of a walk within the target of a link: the names that stand behind that link; None where it is in none."""
        if len(self._left) < self._behind:
            return None
        return tuple(name for name in reversed(self._left[: self._behind]) if name != ".")

    def hops(self) -> Iterator[Hop]:
        """Every place that the path leads through, in the kernel's order; OSError where it does not go on.

        Links that go round in a circle are an OSError too. Each descriptor is open until the next hop is asked for.
        """
        yield Hop(os.fstat(self.folder), self.folder)
        while self._left:
            if self.name != ".":
                raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR))
            name = self._left.pop()
            if name == ".":
                continue
            if name == "..":
                self._up()
                continue
            descriptor = os.open(name, _LOOK, dir_fd=self.folder)
            self.name = name
            try:
                status = os.fstat(descriptor)
                yield Hop(status, descriptor)
                if stat.S_ISLNK(status.st_mode):
                    self.name = "."
                    self._follow(os.readlink("", dir_fd=descriptor))
                elif stat.S_ISDIR(status.st_mode):
                    self.name = "."
                    self._names.append(name)
                    self._folders.append(os.dup(descriptor))
            finally:
                os.close(descriptor)

    def to_the_end(self) -> Self:
        """Go the whole way; OSError where it does not lead to anything."""
        for _ in self.hops():
            pass
        return self

    def _up(self) -> None:
        """Nothing is above the root folder."""
        if self._names:
            os.close(self._folders.pop())
            self._names.pop()

    def _follow(self, target: str) -> None:
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(ELOOP, os.strerror(ELOOP))
        self._behind = min(self._behind, len(self._left))
        if target.startswith("/"):
            while self._names:
                self._up()
        self._left += _names(target)


def _names(path: str) -> list[str]:
    """The names of a path, the last one first; a dot stands for the end of one that has to be a folder."""
    names = [name for name in reversed(path.split("/")) if name not in ("", ".")]
    return [".", *names] if path.endswith(("/", "/.")) else names
