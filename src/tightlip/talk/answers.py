"""Telling answers from what is none: a line that cannot be an answer is passed over, and noted once."""

from collections.abc import Callable, Generator

from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.steps import HEAR_LINE, Dialogue, Note, Step
from tightlip.talk.text import words

_DETAIL_LIMIT = 80


def hear_answer(is_answer: Callable[[bytes], bool]) -> Generator[Step, bytes, bytes]:
    """The next line that is an answer by the protocol's grammar; a server that never gives one is timed out."""
    line = yield HEAR_LINE
    if is_answer(line):
        return line
    yield from unexpected(line)
    while not is_answer(line := (yield HEAR_LINE)):
        pass
    return line


def unexpected(line: bytes) -> Dialogue:
    """Note an answer that the question did not ask for."""
    yield Note(Oddity(OddityName.UNEXPECTED_REPLY, words(line[:_DETAIL_LIMIT])))
