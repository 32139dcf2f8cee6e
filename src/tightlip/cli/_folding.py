"""Long lines folded for a reader at a terminal; in a log, a pipe or a file each stays one line."""

from shutil import get_terminal_size
from textwrap import fill
from typing import TextIO

_NARROWEST = 40


def folded(line: str, file: TextIO, hang: int = 2) -> str:
    """``line`` as it goes to ``file``: where that is a terminal, at most as wide, what follows ``hang`` further in.

    Words stay whole: they may be commands and paths, to be copied.
    """
    if not file.isatty():
        return line
    width = max(get_terminal_size().columns, _NARROWEST)
    return fill(line, width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False)
