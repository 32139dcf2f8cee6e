"""A copied tree: every path, `..` and symbolic link is followed below its root, as the host itself would follow it.

Paths are walked below the tree's root (files/walk), so that nothing of this machine is read, whatever the tree holds
and whoever changes it meanwhile. No command is run.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from errno import ENAMETOOLONG
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from tightlip.files.read import (
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
from tightlip.files.walk import Walk
from tightlip.hosts._host import HostKind, Reach
from tightlip.hosts._patterns import MOST_NAMES, Listing, matching
from tightlip.model.errors import UsageError
from tightlip.products._product import Absent, Command, Process, Ran

# Names on one path, those of its links too; and on all paths that one pattern leads to.
_MOST_STEPS = 512
_MOST_STEPS_OF_A_PATTERN = 200_000


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
        # What leads to a process's root folder is not followed: it is another one than ours, and called /.
        self.place = str(Path(root).absolute() if root.startswith("/proc/") else Path(root).resolve())
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
            with _walked(path, self._root, steps) as (walk, mode):
                if stat.S_ISDIR(mode):
                    os.close(os.open(".", FOLDER, dir_fd=walk.folder))  # may be kept from us
                if not stat.S_ISREG(mode):
                    return no_regular(mode)
                return content(os.open(walk.name, READ | os.O_NOFOLLOW, dir_fd=walk.folder))
        except (OSError, ValueError) as error:
            return TOO_FAR if steps.too_few else why_not(error)

    def stands(self, path: str) -> bool:
        """Whether there is anything of this name, the last link not followed."""
        folder, _, name = path.rpartition("/")
        try:
            with _walked(folder, self._root, _Steps(_MOST_STEPS)) as (walk, mode):
                os.stat(name, dir_fd=walk.folder, follow_symlinks=False)
                return stat.S_ISDIR(mode)
        except (OSError, ValueError):
            return False

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
            with _walked(path, self._root, steps) as (_, mode):
                return is_regular(mode)
        except (OSError, ValueError) as error:
            return why_not(error)

    def _names(self, steps: "_Steps", path: str) -> list[str] | Absent:
        try:
            with ExitStack() as opened:
                walk, _ = opened.enter_context(_walked(path, self._root, steps))
                folder = os.open(walk.name, FOLDER | os.O_NOFOLLOW, dir_fd=walk.folder)
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


@contextmanager
def _walked(path: str, root: int, steps: _Steps) -> Iterator[tuple[Walk, int]]:
    """A path from the root on, a step a name, at its end; and the mode of what is there."""
    with Walk(path, root) as walk:
        mode = stat.S_IFDIR
        own = _Steps(_MOST_STEPS)
        try:
            for hop in walk.hops():
                mode = hop.status.st_mode
                if not (steps.take() and own.take()):
                    steps.too_few = True
                    raise OSError(ENAMETOOLONG, os.strerror(ENAMETOOLONG))
        except OSError as error:
            if error.errno in NOT_THERE and walk.behind is not None:
                raise LeadsNowhere(walk.behind) from None
            raise
        yield walk, mode


HOST = HostKind(title="a copied tree (--root)")
