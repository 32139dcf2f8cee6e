"""Whose a file is: reads those that may widen the scope, and tells whether a path is in the hands of root, or ours."""

import os
import stat
from collections.abc import Iterator
from errno import ELOOP
from pathlib import Path

from tightlip.model.errors import Exit, TightlipError, UsageError

# Some ten thousand scope entries.
_LARGEST = 4 << 20
# As many links as Linux itself follows.
_MOST_LINKS = 40


def read_trusted(path: Path) -> str | None:
    """The text of a file, None where there is none; UsageError where it cannot be read or trusted."""
    try:
        # Without O_NONBLOCK a FIFO would keep us waiting for a writer.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            _check(path, os.fstat(file.fileno()))
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise UsageError(f"{path} is larger than {_LARGEST >> 20} MiB")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: not UTF-8") from None


def is_trusted(path: str) -> bool:
    """Whether nobody but root and we can change the file, or put another in its place anywhere on the way to it."""
    return not distrust(path)


def distrust(path: str) -> str:
    """Why a file is not trusted, empty where it is: who else could change it, or where, or that it is not there."""
    if not path.startswith("/"):
        return f"{path} is no absolute path"
    try:
        open_to_others = next((each for each in hops(Path(path)) if not _is_ours(each)), None)
    except (OSError, ValueError) as error:
        return f"{path} cannot be looked at: {error.strerror if isinstance(error, OSError) else 'no path at all'}"
    return f"others than root and you may write {open_to_others}" if open_to_others else ""


def refuse_untrusted(path: Path, what: str) -> None:
    """TightlipError (exit 6) where others may change what is there, or may make it; ``what`` begins the sentence."""
    try:
        for each in hops(path):
            if not _is_ours(each):
                told = f"{what} is {path}, and others than you and root may write {each}"
                raise TightlipError(
                    told, f"see whose {each} is, and what is in it, before you chmod go-w", Exit.REFUSED
                )
    except FileNotFoundError:
        return  # whoever makes the rest of it is one of those who may write so far
    except OSError as error:
        raise UsageError(f"cannot look at {path}: {error.strerror}", "see tightlip doctor") from None


def hops(path: Path) -> Iterator[Path]:
    """Every place that a path leads through, in the kernel's order: folders, links, the folders of what these name.

    OSError where links go round in a circle. What is not there is a place too.
    """
    at, left, links = Path("/"), [*reversed(path.absolute().parts[1:])], 0
    yield at
    while left:
        part = left.pop()
        at = at.parent if part == ".." else at / part
        yield at
        if at.is_symlink():
            links += 1
            if links > _MOST_LINKS:
                raise OSError(ELOOP, os.strerror(ELOOP))
            target = at.readlink()
            left += reversed(target.parts[1:] if target.is_absolute() else target.parts)
            at = Path("/") if target.is_absolute() else at.parent


def _is_ours(path: Path) -> bool:
    """In a sticky folder others may make files, and not touch those of root; a link has no rights of its own."""
    status = path.lstat()
    if status.st_uid not in (0, os.geteuid()):
        return False
    if stat.S_ISLNK(status.st_mode) or (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX):
        return True
    shared = stat.S_IWOTH | (stat.S_IWGRP if status.st_gid != 0 else 0)
    return not status.st_mode & shared


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path} is not a file")
    if status.st_mode & stat.S_IWOTH:
        raise UsageError(f"{path} can be written by everybody, and it may widen the scope", f"chmod o-w {path}")
    if status.st_uid not in (0, os.geteuid()):
        raise UsageError(f"{path} belongs to another user, and it may widen the scope", "copy it to a file of your own")
