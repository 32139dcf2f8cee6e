"""Whether a process sees the files that we see, by its mounts and ours (proc_pid_mountinfo(5)).

A service may have a mount namespace of its own, and systemd gives most services one: other files may stand at the usual
paths, while the root folder is the same. What is mounted on itself, as systemd protects a folder, is no difference, and
some places hold no configuration. Everybody may read this of any process, where the root folder is for root to know.
"""

import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

# Where a service has folders and files of its own without being another machine: no server has its settings there, but
# for one whose arguments say so.
_NO_SETTINGS = (
    *(f"/{folder}" for folder in ("boot", "dev", "home", "media", "proc", "root", "run", "sys", "tmp", "var/tmp")),
    *("/var/lib/containers", "/var/lib/docker", "/var/lib/kubelet", "/var/lib/lxcfs"),
    *("/etc/hostname", "/etc/hosts", "/etc/localtime", "/etc/machine-id", "/etc/resolv.conf"),
)
# What systemd puts in front of a folder that a service may not look into.
_INACCESSIBLE = "/systemd/inaccessible/"
_ESCAPED = re.compile(rb"\\([0-7]{3})")
# Sights of one shape are alike: a machine has few namespaces, and many processes.
_KEPT = 64


class _Mount(Struct, frozen=True, gc=False):
    """What is mounted at a path: a folder of a file system, by its device and its path in there."""

    number: bytes
    parent: bytes
    device: bytes
    folder: str


def other_files(pid: int, arguments: Iterable[str] = ()) -> str | None:
    """Where a process sees other files than we do, "" where nowhere; None where that may not be known.

    A path, "/" for another root folder. What its ``arguments`` name is looked at wherever it lies.
    """
    try:
        theirs, ours = (Path("/proc", each, "mountinfo").read_bytes() for each in (str(pid), "self"))
    except OSError:
        return None
    return "" if theirs == ours else _difference(theirs, ours, arguments)


def own_folders(pid: int) -> tuple[str, ...]:
    """The places without settings where a process sees other files than we do, such as a private ``/tmp``."""
    try:
        theirs, ours = (Path("/proc", each, "mountinfo").read_bytes() for each in (str(pid), "self"))
    except OSError:
        return ()
    return () if theirs == ours else _without_settings(theirs, ours)


def _difference(theirs: bytes, ours: bytes, arguments: Iterable[str] = ()) -> str:
    """The first place that counts."""
    words = tuple(arguments)
    differing = _differences(theirs, ours)
    return next((path for path in differing if _holds_settings(path) or any(_names(word, path) for word in words)), "")


@lru_cache(_KEPT)
def _differences(theirs: bytes, ours: bytes) -> tuple[str, ...]:
    there, here = _read(theirs), _read(ours)
    return tuple(
        path
        for path in sorted({*there, *here})
        if not (path in there and _INACCESSIBLE in there[path].folder) and _source(path, there) != _source(path, here)
    )


@lru_cache(_KEPT)
def _without_settings(theirs: bytes, ours: bytes) -> tuple[str, ...]:
    """What is shut for the process is no file of ours either."""
    shut = (path for path, mount in _read(theirs).items() if _INACCESSIBLE in mount.folder)
    return tuple(sorted(each for each in (*_differences(theirs, ours), *shut) if not _holds_settings(each)))


def _holds_settings(path: str) -> bool:
    return not any(path == each or path.startswith(f"{each}/") for each in _NO_SETTINGS)


def _names(word: str, path: str) -> bool:
    """Whether an argument names the place or what lies in it, whatever option stands in front."""
    return word.endswith(path) or f"{path}/" in word


def _read(mountinfo: bytes) -> Mapping[str, _Mount]:
    """What is seen at each path: the uppermost mount there, where no later one above the path covers it."""
    rows = [line.split(b" ", 5) for line in mountinfo.splitlines()]
    stacks: dict[str, dict[bytes, _Mount]] = {}
    for row in (each for each in rows if len(each) > 5):
        mount = _Mount(row[0], row[1], row[2], _text(row[3]))
        # What is mounted on nothing that we are shown is at the bottom; the first root folder is its own parent.
        stacks.setdefault(_text(row[4]), {})[b"" if mount.parent == mount.number else mount.parent] = mount
    numbers = {each.number for stack in stacks.values() for each in stack.values()}
    seen: dict[str, _Mount] = {}
    for path in sorted(stacks, key=len):
        stack, below = stacks[path], _above(path, seen)
        top = stack.get(below.number) if below else _bottom(stack, numbers)
        if top is None:
            continue  # covered
        for _ in stack:
            top = stack.get(top.number, top)
        seen[path] = top
    return seen


def _bottom(stack: Mapping[bytes, _Mount], numbers: set[bytes]) -> _Mount | None:
    return next((mount for parent, mount in stack.items() if parent not in numbers), None)


def _above(path: str, seen: Mapping[str, _Mount]) -> _Mount | None:
    """The mount that the folder of a path is in."""
    while path != "/":
        path = os.path.dirname(path)  # noqa: PTH120 - a text of another process, and no path of ours
        if mount := seen.get(path):
            return mount
    return None


def _source(path: str, mounts: Mapping[str, _Mount]) -> tuple[bytes, str] | None:
    """The device and the path in it that a path leads to; None where nothing is mounted above it."""
    at = path
    while (mount := mounts.get(at)) is None:
        if at == "/":
            return None
        at = os.path.dirname(at)  # noqa: PTH120 - as above
    return mount.device, "/".join(name for name in f"{mount.folder}/{path[len(at) :]}".split("/") if name)


def _text(field: bytes) -> str:
    """Space, tab, line feed and backslash are written as three octal digits."""
    return os.fsdecode(_ESCAPED.sub(lambda found: bytes((int(found[1], 8) & 0xFF,)), field))
