"""Where results and messages go: results to stdout or a private file, messages to stderr."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import ELOOP
from typing import Annotated, TextIO

from cyclopts import Parameter
from rich.console import Console

from tightlip.cli._folding import folded
from tightlip.cli._streams import for_results
from tightlip.model.errors import UsageError, unwritten
from tightlip.reports._escape import visible
from tightlip.reports._report import Colour, Style

# The option of every command that prints results: what goes into results().
Output = Annotated[str | None, Parameter(name=("--output", "-o"), allow_leading_hyphen=True)]

_WHERE = "name a file in a folder that you may write"
_DATABASE = b"SQLite format 3\0"
# The devices /dev/null and /dev/full (devices.txt of Linux), which hold nothing.
_HOLD_NOTHING = (os.makedev(1, 3), os.makedev(1, 7))


@contextmanager
def results(path: str | None) -> Iterator[TextIO]:
    """Stdout, or a file that only its owner may read: results hold the very data that leaked.

    What the file held before is there until start_over().
    """
    if path is None or path == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    descriptor = _open_private(path)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        watched = for_results(file)
        try:
            yield watched
        finally:
            watched.flush()


def write_all(pieces: Iterable[str], file: TextIO) -> None:
    """Write pieces as they come; on a terminal or pipe each one at once."""
    start_over(file)
    prompt = file is sys.stdout
    for piece in pieces:
        file.write(piece)
        if prompt:
            file.flush()


def start_over(file: TextIO) -> None:
    """Drop what an earlier report left in the file, now that there is a new one."""
    if file is not sys.stdout and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.truncate(0)


def style_for(file: TextIO) -> Style:
    """What ``file``'s reader can show: colour on a terminal unless NO_COLOR is set, 80 columns elsewhere."""
    console = Console(file=file)
    if not console.is_terminal or console.no_color:
        return Style(width=console.width if console.is_terminal else 80)
    colour = Colour.TRUE if console.color_system == "truecolor" else Colour.STANDARD
    return Style(width=console.width, colour=colour)


def say(message: str) -> None:
    """A message for the person at the terminal."""
    sys.stderr.write(folded(visible(message), sys.stderr) + "\n")


def _open_private(path: str) -> int:
    """A regular file of ours, which is no store, or /dev/null; UsageError for anything else, which is left alone.

    It is looked at by the descriptor that is written to: no link is followed, and a FIFO keeps nobody waiting.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        if error.errno == ELOOP:
            raise UsageError(f"{path} is a symbolic link", "name the file itself; -o - is standard output") from None
        raise unwritten(f"cannot write {path}", error, _WHERE) from None
    except ValueError:
        raise UsageError(f"cannot write {path}: no path at all", _WHERE) from None
    status = os.fstat(descriptor)
    try:
        if stat.S_ISREG(status.st_mode):
            _refuse_others(path, descriptor, status)
            os.fchmod(descriptor, 0o600)
        elif not stat.S_ISCHR(status.st_mode) or status.st_rdev not in _HOLD_NOTHING:
            raise UsageError(f"{path} is not a regular file", "name one; -o - is standard output")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_others(path: str, descriptor: int, status: os.stat_result) -> None:
    """A report must neither replace a store nor fall into a file that another user owns and may read."""
    if os.pread(descriptor, len(_DATABASE), 0) == _DATABASE:
        raise UsageError(f"{path} is a database: a report would destroy it", "name another file")
    if status.st_uid != os.geteuid():
        raise UsageError(f"{path} belongs to another user", "remove it first, or name another file")
