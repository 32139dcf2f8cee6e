"""Finds the files that a shell pattern means, on any kind of host: `*`, `?`, `[…]` and `{a,b}`, never a hidden name.

Patterns and folders may be made to hurt: what is written out, listed and looked at for one pattern has bounds, and a
listing says by which of them it was cut.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import translate
from functools import lru_cache
from itertools import islice, pairwise

from msgspec import Struct

from tightlip.products._product import Absent

MOST_FILES = 10_000
MOST_NAMES = 100_000

_MOST_FOLDERS = 1_000
_MOST_ALTERNATIVES = 100
# Characters of all that comes of one pattern's braces, on the way too.
_MOST_WRITTEN = 1 << 20
# No path that can be opened is longer (PATH_MAX of linux/limits.h).
_LONGEST = 4_096
_SHORT = 32
_MAGIC = re.compile(r"[*?[]")
_BRACE = re.compile(r"[{},]")


class Listing(Struct, frozen=True):
    """The files of a pattern; ``cut`` says why they may not be all, empty where they are.

    ``closed`` may be more of them, or folders of some, and cannot be looked at: links that lead nowhere, what is kept
    from us, FIFOs, sockets and devices.
    """

    files: tuple[str, ...]
    cut: str = ""
    closed: tuple[str, ...] = ()


def matching(
    pattern: str, names: Callable[[str], Iterable[str] | Absent], is_file: Callable[[str], bool | Absent]
) -> Listing:
    """The files of an absolute pattern, at most MOST_FILES: one way to read its braces after the other, each sorted.

    ``names`` lists a folder, ``is_file`` tells a regular file, links followed; both say why they cannot.
    """
    search = _Search(names)
    found: dict[str, None] = {}
    for each in search.alternatives(pattern):
        files = sorted(islice(search.files(each, is_file), MOST_FILES + 1), key=os.fsencode)
        found |= dict.fromkeys(files)
        if len(found) > MOST_FILES:
            return Listing(tuple(islice(found, MOST_FILES)), f"more than {MOST_FILES:,} files", tuple(search.closed))
    return Listing(tuple(found), search.cut, tuple(search.closed))


def fits(path: str, pattern: str) -> bool:
    """Whether a path is one that the pattern means."""
    parts = path.split("/")
    return any(_all_fit(parts, each.split("/")) for each in _Search(lambda _: ()).alternatives(pattern))


class _Search:
    """One pattern being followed; ``cut`` says why not everywhere, ``closed`` is what could not be looked at."""

    def __init__(self, names: Callable[[str], Iterable[str] | Absent]) -> None:
        self.cut = ""
        self.closed: dict[str, None] = {}
        self._names = names
        self._left = MOST_NAMES

    def alternatives(self, pattern: str) -> Iterator[str]:
        """The pattern without braces, once for each way to read them, in glob(3)'s order: the leftmost pair first."""
        waiting, found, left = [iter((pattern,))], 0, _MOST_WRITTEN
        while waiting:
            each = next(waiting[-1], None)
            if each is None:
                waiting.pop()
                continue
            left -= len(each)
            if left < 0 or found == _MOST_ALTERNATIVES:
                self.cut = f"its braces stand for more than {_MOST_ALTERNATIVES} patterns, or for too long ones"
                return
            if choices := _choices(each):
                waiting.append(choices)
            elif len(each) > _LONGEST:
                self.cut = "it is longer than a path can be"
            else:
                found += 1
                yield each

    def files(self, pattern: str, is_file: Callable[[str], bool | Absent]) -> Iterator[str]:
        """What of paths() is a regular file."""
        for path in self.paths(pattern):
            answer = is_file(path)
            if isinstance(answer, Absent):
                self._leave(path, answer)
            elif answer:
                yield path

    def paths(self, pattern: str) -> Iterator[str]:
        """What is there by the names of folders alone; the last name may be that of anything."""
        *parents, last = [part for part in pattern.split("/") if part not in ("", ".")] or [""]
        folders = [""]
        for part in parents:
            folders = list(islice(self._below(folders, part), _MOST_FOLDERS + 1))
            if len(folders) > _MOST_FOLDERS:
                self.cut = f"more than {_MOST_FOLDERS:,} folders"
                folders.pop()
        return self._below(folders, last)

    def _below(self, folders: Iterable[str], part: str) -> Iterator[str]:
        # What is matched with a long part takes longer.
        price = 1 + len(part) // _SHORT
        for folder in folders:
            if not self._may_look(1):
                return
            if not _MAGIC.search(part):
                yield f"{folder}/{part}"
                continue
            names = self._names(folder or "/")
            if isinstance(names, Absent):
                self._leave(folder or "/", names)
                continue
            for name in names:
                if not self._may_look(price):
                    return
                if _fits(name, part):
                    yield f"{folder}/{name}"

    def _leave(self, path: str, why: Absent) -> None:
        """Keep what may be there for all we know."""
        if why.hidden and len(self.closed) < MOST_FILES:
            self.closed[path] = None

    def _may_look(self, price: int) -> bool:
        self._left -= price
        if self._left < 0:
            self.cut = f"more than {MOST_NAMES:,} names to look at"
        return self._left >= 0


def _choices(pattern: str) -> Iterator[str] | None:
    """The pattern with each of what the first braces hold in their place; None where none match."""
    depth, cuts = 0, list[int]()
    for mark in _BRACE.finditer(pattern, max(pattern.find("{"), 0)):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if depth == (1 if mark[0] != "}" else 0):
            cuts.append(mark.start())
        if depth <= 0:
            break
    if depth or not cuts:
        return None
    head, tail = pattern[: cuts[0]], pattern[cuts[-1] + 1 :]
    return (f"{head}{pattern[start + 1 : end]}{tail}" for start, end in pairwise(cuts))


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
