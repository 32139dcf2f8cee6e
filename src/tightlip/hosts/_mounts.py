"""Whether a process sees the files that we see, by its mounts and ours (proc_pid_mountinfo(5)).

A service may have a mount namespace of its own, and systemd gives most services one: other files may stand at the usual
paths, while the root folder is the same. What is mounted on itself, as systemd protects a folder, is no difference, and
some places hold no configuration. Everybody may read this of any process, where the root folder is for root to know.
"""

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

# Where a service has folders and files of its own without being another machine: no server has its settings there.
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
    device: bytes
    folder: str


def other_files(pid: int) -> str | None:
    """Where a process sees other files than we do, "" where nowhere; None where that may not be known.

    A path, "/" for another root folder.
    """
    try:
        theirs, ours = (Path("/proc", each, "mountinfo").read_bytes() for each in (str(pid), "self"))
    except OSError:
        return None
    return "" if theirs == ours else _difference(theirs, ours)


@lru_cache(_KEPT)
def _difference(theirs: bytes, ours: bytes) -> str:
    there, here = _read(theirs), _read(ours)
    for path in sorted({*there, *here}):
        is_same = there.get(path) == here.get(path) or _source(path, there) == _source(path, here)
        if not is_same and _holds_settings(path, there):
            return path
    return ""


def _holds_settings(path: str, mounts: Mapping[str, _Mount]) -> bool:
    is_shut = path in mounts and _INACCESSIBLE in mounts[path].folder
    return not is_shut and not any(path == each or path.startswith(f"{each}/") for each in _NO_SETTINGS)


def _read(mountinfo: bytes) -> Mapping[str, _Mount]:
    """What is mounted last at each path, and so is seen there."""
    rows = (line.split(b" ", 5) for line in mountinfo.splitlines())
    return {_text(row[4]): _Mount(row[0], row[2], _text(row[3])) for row in rows if len(row) > 5}


def _source(path: str, mounts: Mapping[str, _Mount]) -> tuple[bytes, str] | None:
    """The device and the path in it that a path leads to; None where nothing is mounted above it."""
    at = path
    while (mount := mounts.get(at)) is None:
        if at == "/":
            return None
        at = os.path.dirname(at)  # noqa: PTH120 - a text of another process, and no path of ours
    return mount.device, "/".join(name for name in f"{mount.folder}/{path[len(at) :]}".split("/") if name)


def _text(field: bytes) -> str:
    """Space, tab, line feed and backslash are written as three octal digits."""
    return os.fsdecode(_ESCAPED.sub(lambda found: bytes((int(found[1], 8) & 0xFF,)), field))
