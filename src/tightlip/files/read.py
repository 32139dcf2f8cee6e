"""Reads a file that may be anything: only what is regular, no more than a configuration can be, and never waiting."""

import os
import stat
from collections.abc import Sequence
from errno import ENAMETOOLONG, ENOENT, ENOTDIR
from pathlib import Path

from tightlip.products._product import NO_FILE, SPECIAL, Absent

MOST_BYTES = 16 << 20

# Without O_NONBLOCK a FIFO would keep us waiting for a writer; without O_NOCTTY a terminal would become ours.
READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC


def content(descriptor: int) -> bytes | Absent:
    """The bytes of a regular file, whose descriptor is closed; Absent for whatever else it is. OSError as it comes."""
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return no_regular(status.st_mode)
        if status.st_size > MOST_BYTES:
            return TOO_LARGE  # a sparse one would be sixteen megabytes of work each time
        data = file.read(MOST_BYTES + 1)
    return data if len(data) <= MOST_BYTES else TOO_LARGE


def read_once(path: Path) -> bytes | Absent:
    """All bytes of a regular file, by one bounded read; Absent for whatever else is there, and OSError as it comes.

    A FIFO or a device that somebody has put there keeps nobody waiting.
    """
    return content(os.open(path, READ))


def is_regular(mode: int) -> bool | Absent:
    """Whether a pattern means what has this mode: a regular file it does, a folder not; of others nobody knows."""
    return stat.S_ISREG(mode) or (False if stat.S_ISDIR(mode) else SPECIAL)


def no_regular(mode: int) -> Absent:
    """Why what has this mode is not read."""
    return NO_FILE if stat.S_ISDIR(mode) else SPECIAL


class LeadsNowhere(OSError):
    """What is named is a link without anything at its end, or stands behind one: where it leads there may be more."""

    def __init__(self, behind: Sequence[str]) -> None:
        """``behind`` are the names that are left of the path; none where it is the link itself that is named."""
        self.why = "a link on the way to it leads nowhere" if behind else NOWHERE
        super().__init__(ENOENT, self.why)


def why_not(error: OSError | ValueError) -> Absent:
    """What the machine says; a path with a NUL in it is a ValueError."""
    if isinstance(error, LeadsNowhere):
        return Absent(error.why, hidden=True)
    if isinstance(error, OSError):
        return Absent(error.strerror or str(error), hidden=error.errno not in (*NOT_THERE, ENAMETOOLONG))
    return Absent("no path at all")


NOWHERE = "it is a link that leads nowhere"
NOT_THERE = (ENOENT, ENOTDIR)

TOO_FAR = Absent("its folders and links lead too far about", hidden=True)
TOO_LARGE = Absent(f"it holds more than {MOST_BYTES >> 20} MiB", hidden=True)
