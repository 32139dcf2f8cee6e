"""Whether what a path leads to is in the hands of root, or ours: what others name is believed only then."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path


def is_trusted(path: str) -> bool:
    """Whether nobody but root and we can change the file, or put another in its place anywhere on the way to it."""
    try:
        named = Path(path)
        return named.is_absolute() and all(map(_is_ours, [*_way(named), *_way(named.resolve(strict=True))]))
    except (OSError, ValueError, RuntimeError):
        return False


def _way(path: Path) -> Iterator[Path]:
    yield path
    yield from path.parents


def _is_ours(path: Path) -> bool:
    """In a sticky folder others may make files, and not touch those of root; a link has no rights of its own."""
    status = path.lstat()
    if status.st_uid not in (0, os.geteuid()):
        return False
    if stat.S_ISLNK(status.st_mode) or (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX):
        return True
    shared = stat.S_IWOTH | (stat.S_IWGRP if status.st_gid != 0 else 0)
    return not status.st_mode & shared
