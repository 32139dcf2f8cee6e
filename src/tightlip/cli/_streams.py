"""Output streams whose failures have a name: results that cannot be written, a reader that has gone, mute messages."""

import os
from collections.abc import Callable, Iterable
from io import TextIOBase
from typing import NoReturn, TextIO, cast

from tightlip.model.errors import unwritten


class ReaderGone(Exception):
    """Whoever read our results has gone, as head(1) does."""


def for_results(file: TextIO) -> TextIO:
    """``file``; writing to it raises ReaderGone or TightlipError where the system refuses, and never an OSError."""
    return cast(TextIO, _Watched(file, _name))  # it has what is called here of a TextIO


def for_messages(file: TextIO) -> TextIO:
    """``file``; messages that the system refuses are lost: that nobody reads them stops nothing."""
    return cast(TextIO, _Watched(file, _lose))


class _Watched(TextIOBase):
    """A stream that goes on as /dev/null after a refusal, so that neither we nor Python try again at the end."""

    def __init__(self, file: TextIO, refused: Callable[[OSError], None]) -> None:
        """Hand on to ``file``; tell ``refused`` of what the system refuses."""
        self._file = file
        self._refused = refused

    @property
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has it as an attribute
        """That of the stream."""
        return self._file.encoding

    def fileno(self) -> int:
        """The stream's descriptor."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._file.isatty()

    def write(self, text: str) -> int:
        """Write, or say why not."""
        try:
            return self._file.write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]  # a text stream has lines of text
        """Write each."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hand on what is buffered, or say why not."""
        try:
            self._file.flush()
        except OSError as error:
            self._give_up(error)

    def truncate(self, size: int | None = None) -> int:
        """Cut, or say why not."""
        try:
            return self._file.truncate(size)
        except OSError as error:
            self._give_up(error)
            return size or 0

    def _give_up(self, error: OSError) -> None:
        _become_null(self._file.fileno())
        self._refused(error)


def _become_null(descriptor: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(null, descriptor)
    os.close(null)


def _name(error: OSError) -> NoReturn:
    if isinstance(error, BrokenPipeError):
        raise ReaderGone from None
    raise unwritten("cannot write the results", error, "write them elsewhere, with -o FILE") from None


def _lose(_error: OSError) -> None:
    """There is nowhere to say it."""
