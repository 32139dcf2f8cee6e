"""Finds the files that a shell pattern means, on any kind of host: `*`, `?`, `[…]` and `{a,b}`, never a hidden name."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import translate
from functools import lru_cache
from itertools import islice

MOST_FILES = 10_000

_MOST_FOLDERS = 1_000
_MOST_ALTERNATIVES = 100
# Characters of all that the braces of one pattern stand for: a few kilobytes of them could stand for terabytes.
_MOST_WRITTEN = 1 << 20
_MAGIC = re.compile(r"[*?[]")
# One pair of braces without another in it; the innermost are written out first.
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


def matching(pattern: str, names: Callable[[str], Iterable[str]], is_file: Callable[[str], bool]) -> tuple[str, ...]:
    """The files of an absolute pattern, in the order of their bytes, each once, at most MOST_FILES.

    ``names`` lists a folder (nothing where it cannot be listed), ``is_file`` tells a regular file, links followed.
    """
    found = (path for each in _alternatives(pattern) for path in _paths(each, names) if is_file(path))
    return tuple(sorted(dict.fromkeys(islice(found, MOST_FILES)), key=os.fsencode))


def fits(path: str, pattern: str) -> bool:
    """Whether a path is one that the pattern means."""
    parts = path.split("/")
    return any(_all_fit(parts, each.split("/")) for each in _alternatives(pattern))


def _alternatives(pattern: str) -> list[str]:
    """The pattern without braces, once for each way to read them."""
    waiting = [pattern]
    plain: list[str] = []
    left = _MOST_WRITTEN
    while waiting and len(waiting) + len(plain) <= _MOST_ALTERNATIVES:
        each = waiting.pop(0)
        if (braces := _BRACES.search(each)) is None:
            plain.append(each)
            continue
        head, tail = each[: braces.start()], each[braces.end() :]
        choices = braces[1].split(",")
        left -= len(choices) * (len(head) + len(tail)) + len(braces[1])
        if left < 0:
            break  # what is not written out names no file
        waiting += [f"{head}{choice}{tail}" for choice in choices]
    return plain + waiting


def _paths(pattern: str, names: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """What is there by the names of folders alone; the last name may be that of anything."""
    *parents, last = [part for part in pattern.split("/") if part not in ("", ".")] or [""]
    folders = [""]
    for part in parents:
        folders = list(islice(_below(folders, part, names), _MOST_FOLDERS))
    return _below(folders, last, names)


def _below(folders: Iterable[str], part: str, names: Callable[[str], Iterable[str]]) -> Iterator[str]:
    for folder in folders:
        if _MAGIC.search(part):
            yield from (f"{folder}/{name}" for name in names(folder or "/") if _fits(name, part))
        else:
            yield f"{folder}/{part}"


def _all_fit(parts: list[str], patterns: list[str]) -> bool:
    return len(parts) == len(patterns) and all(
        _fits(part, each) if _MAGIC.search(each) else part == each for part, each in zip(parts, patterns, strict=True)
    )


def _fits(name: str, part: str) -> bool:
    """As glob(3): what begins with a dot is meant only by a pattern that begins with one."""
    return (part.startswith(".") or not name.startswith(".")) and bool(_compiled(part).match(name))


@lru_cache(maxsize=256)
def _compiled(part: str) -> re.Pattern[str]:
    return re.compile(translate(part))
