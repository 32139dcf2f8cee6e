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
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from tightlip.hosts._host import HostKind, Reach
from tightlip.hosts._patterns import MOST_NAMES, Listing, matching
from tightlip.hosts._reading import (
    FOLDER,
    NOT_THERE,
    READ,
    TOO_FAR,
    LeadsNowhere,
    content,
    is_regular,
    no_regular,
    why_not,
)
from tightlip.model.errors import UsageError
from tightlip.products._product import Absent, Command, Process, Ran

# As the kernel counts (path_resolution(7)).
_MOST_LINKS = 40
# Names on one path, those of its links too; and on all paths that one pattern leads to.
_MOST_STEPS = 512
_MOST_STEPS_OF_A_PATTERN = 200_000
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


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
        steps = _Steps(_MOST_STEPS)
        try:
            with _Trail(self._root) as trail:
                found = _walk(path, trail, steps)
                if found.is_folder:
                    os.close(
                        os.open(found.name or ".", FOLDER | os.O_NOFOLLOW, dir_fd=trail.here)
                    )  # may be kept from us
                if not found.is_file:
                    return no_regular(found.mode)
                return content(os.open(found.name, READ | os.O_NOFOLLOW, dir_fd=trail.here))
        except (OSError, ValueError) as error:
            return TOO_FAR if steps.too_few else why_not(error)

    def stands(self, path: str) -> bool:
        """Whether there is anything of this name, the last link not followed."""
        folder, _, name = path.rpartition("/")
        try:
            with _Trail(self._root) as trail:
                _walk(f"{folder}/.", trail, _Steps(_MOST_STEPS))
                os.stat(name, dir_fd=trail.here, follow_symlinks=False)
        except (OSError, ValueError):
            return False
        return True

    def matching(self, pattern: str) -> Listing:
        """The regular files that match a shell pattern, sorted; at most 10,000, and why not all."""
        steps = _Steps(_MOST_STEPS_OF_A_PATTERN)
        listing = matching(pattern, partial(self._names, steps), partial(self._is_file, steps))
        return replace(listing, cut=listing.cut or TOO_FAR.why) if steps.too_few else listing

    def processes(self) -> Iterable[Process]:
        """None: nothing runs in a copy."""
        return ()

    def run(self, command: Command) -> Ran | Absent:
        """Never: a command of this machine knows nothing of the copied one."""
        return Absent(f"{command.argv[0]} is not run for a copied tree")

    def _is_file(self, steps: "_Steps", path: str) -> bool | Absent:
        try:
            with _Trail(self._root) as trail:
                return is_regular(_walk(path, trail, steps).mode)
        except (OSError, ValueError) as error:
            return why_not(error)

    def _names(self, steps: "_Steps", path: str) -> list[str] | Absent:
        try:
            with ExitStack() as opened:
                trail = opened.enter_context(_Trail(self._root))
                _walk(f"{path}/.", trail, steps)
                folder = os.open(".", FOLDER, dir_fd=trail.here)
                opened.callback(os.close, folder)
                entries = opened.enter_context(os.scandir(folder))
                return [entry.name for entry in islice(entries, MOST_NAMES + 1)]
        except (OSError, ValueError) as error:
            return why_not(error)


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


class _Steps:
    """How many names may still be walked; ``too_few`` once there was need of more."""

    def __init__(self, left: int) -> None:
        self.too_few = False
        self._left = left

    def take(self) -> bool:
        """One of them, if there is one left."""
        self._left -= 1
        self.too_few = self._left < 0
        return not self.too_few


class _Trail:
    """The folders from the root to where a walk has come, open until it has left them."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._folders: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.restart()

    @property
    def here(self) -> int:
        """The folder that it has come to."""
        return self._folders[-1] if self._folders else self._root

    def down(self, found: int) -> None:
        """Go on with what was opened."""
        self._folders.append(found)

    def up(self) -> None:
        """Back to the folder above; at the root that is the root itself."""
        if self._folders:
            os.close(self._folders.pop())

    def restart(self) -> None:
        """Back to the root."""
        while self._folders:
            self.up()


class _Found(Struct, frozen=True):
    """The last name of a path, in the folder where its trail ends; "" where the path means that folder itself."""

    name: str
    mode: int

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.mode)


def _walk(path: str, trail: _Trail, steps: _Steps) -> _Found:
    """Follow a path from the root on, a step a name."""
    waiting = deque(path.split("/"))
    links = 0
    # As many names as this, or more, are waiting while the target of a link is walked.
    behind = len(waiting) + 1
    for _ in range(_MOST_STEPS):
        if not waiting or not steps.take():
            break
        name = waiting.popleft()
        if name == "..":
            trail.up()
        elif name not in ("", "."):
            try:
                trail.down(os.open(name, _LOOK, dir_fd=trail.here))
            except OSError as error:
                if error.errno in NOT_THERE and len(waiting) >= behind:
                    raise _nowhere(waiting, behind) from None
                raise
            mode = os.fstat(trail.here).st_mode
            if stat.S_ISLNK(mode):
                links += 1
                behind = min(behind, len(waiting))
                target = os.readlink("", dir_fd=trail.here)
                trail.up()
                waiting.extendleft(reversed(target.split("/")))
                if target.startswith("/"):
                    trail.restart()
            elif not waiting:
                trail.up()
                return _Found(name, mode)
        if links > _MOST_LINKS:
            raise OSError(ELOOP, os.strerror(ELOOP))
    if waiting:
        steps.too_few = True
        raise OSError(ENAMETOOLONG, os.strerror(ENAMETOOLONG))
    return _Found("", stat.S_IFDIR)


def _nowhere(waiting: deque[str], behind: int) -> LeadsNowhere:
    """The error for a link before the last ``behind`` names."""
    own = list(waiting)[len(waiting) - behind :]
    return LeadsNowhere([name for name in own if name not in ("", ".")])


HOST = HostKind(title="a copied tree (--root)")
