"""Telling answers from what is none: a line that cannot be an answer is passed over, and noted once."""

from collections.abc import Callable, Generator

from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.steps import HEAR_LINE, HEAR_LIST, Dialogue, Note, Step
from tightlip.talk.text import words

_DETAIL_LIMIT = 80
# A list without an end: no server has this many capabilities.
_LIST_LIMIT = 200


def hear_answer(is_answer: Callable[[bytes], bool]) -> Generator[Step, bytes, bytes]:
    """The next line that is an answer by the protocol's grammar; a server that never gives one is timed out."""
    line = yield HEAR_LINE
    if is_answer(line):
        return line
    yield from unexpected(line)
    while not is_answer(line := (yield HEAR_LINE)):
        pass
    return line


def hear_list(called: str) -> Generator[Step, bytes, list[bytes]]:
    """The lines up to the lone dot, in upper case; ``called`` is what an oddity about the list calls it."""
    lines = (yield HEAR_LIST).upper().split(b"\r\n")
    del lines[-1]  # what follows the last CRLF
    if len(lines) >= _LIST_LIMIT:
        yield Note(Oddity(OddityName.LIST_TOO_LONG, called))
        del lines[_LIST_LIMIT:]
    return lines


def unexpected(line: bytes) -> Dialogue:
    """Note an answer that the question did not ask for."""
    yield Note(Oddity(OddityName.UNEXPECTED_REPLY, words(line[:_DETAIL_LIMIT])))
