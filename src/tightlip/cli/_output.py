"""Where results and messages go: results to stdout or a private file, messages to stderr."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

from cyclopts import Parameter
from rich.console import Console

from tightlip.cli._folding import folded
from tightlip.cli._streams import for_results
from tightlip.model.errors import UsageError
from tightlip.reports._escape import visible
from tightlip.reports._report import Colour, Style

# The option of every command that prints results: what goes into results().
Output = Annotated[str | None, Parameter(name=("--output", "-o"), allow_leading_hyphen=True)]

_DATABASE = b"SQLite format 3\0"


@contextmanager
def results(path: str | None) -> Iterator[TextIO]:
    """Stdout, or a file that only its owner may read: results hold the very data that leaked.

    What the file held before is there until start_over().
    """
    if path is None or path == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    _refuse_others(Path(path))
    try:
        descriptor = _open_private(path)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}", "name a file in a folder that you may write"
        ) from None
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


def _refuse_others(path: Path) -> None:
    """A report must neither replace a store nor fall into a file that another user owns and may read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return
        with path.open("rb") as file:
            is_store = file.read(len(_DATABASE)) == _DATABASE
    except OSError:
        return  # it is missing, or opening it will say what is wrong
    if is_store:
        raise UsageError(f"{path} is a database: a report would destroy it", "name another file")
    if status.st_uid != os.geteuid():
        raise UsageError(f"{path} belongs to another user", "remove it first, or name another file")


def _open_private(path: str) -> int:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    status = os.fstat(descriptor)
    # Never of a device such as /dev/null, and no file of somebody else's.
    if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
        os.fchmod(descriptor, 0o600)
    return descriptor
