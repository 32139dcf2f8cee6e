"""A process's arguments and environment (proc(5)), where they are no longer than a server's: anybody can start more."""

import os
from pathlib import Path

_LONGEST = 64 << 10
_MOST = 1_000


def arguments(pid: int) -> tuple[str, ...]:
    """The words it was started with, or has written in their place; none of one that has too many. OSError if gone."""
    text = _read(pid, "cmdline")
    if text is None:
        return ()
    # Who writes a title over them may leave out the zero byte at the end of each.
    words = text.removesuffix("\0").split("\0" if text.endswith("\0") else " ") if text else []
    if len(words) == 1 and " " in words[0] and text.endswith("\0"):
        words = words[0].split(" ")
    return tuple(words) if len(words) <= _MOST else ()


def environment(pid: int) -> dict[str, str] | None:
    """Its variables when it was started; None where they may not be read, or are too many."""
    try:
        text = _read(pid, "environ")
    except OSError:
        return None
    pairs = (each.partition("=") for each in (text or "").split("\0") if "=" in each)
    return None if text is None else {name: value for name, _, value in pairs}


def _read(pid: int, name: str) -> str | None:
    with Path("/proc", str(pid), name).open("rb") as file:
        content = file.read(_LONGEST + 1)
    return None if len(content) > _LONGEST else os.fsdecode(content)
