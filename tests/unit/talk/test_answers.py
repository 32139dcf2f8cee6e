"""What counts as an answer, and what the shared part of every exchange notes."""

import pytest

from tightlip.model.endpoint import Security
from tightlip.model.facts import Banner, Challenge, Door, Fact, Mechanisms
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.answers import hear_answer
from tightlip.talk.question import Question
from tightlip.talk.sasl import challenged, listed, words
from tightlip.talk.session import Session
from tightlip.talk.steps import Dialogue, note


def facts_of(dialogue: Dialogue, heard: bytes = b"") -> list[Fact]:
    """All that a dialogue notes when it hears this."""
    session = Session(dialogue)
    session.begin()
    session.receive(heard)
    session.close()
    return session.facts


def answered() -> Dialogue:
    """Notes the first line that begins with a plus."""
    yield from note(Banner(words((yield from hear_answer(lambda line: line.startswith(b"+"))))))


def test_strays_are_passed_over_and_noted_once() -> None:
    """However many lines come before the answer, the first is noted, shortened, and the answer heard."""
    long = b"x" * 200
    heard = facts_of(answered(), long + b"\r\nmore\r\n\r\n+OK\r\n")
    assert heard == [Oddity(OddityName.UNEXPECTED_REPLY, "x" * 80), Banner("+OK")]


def test_an_answer_at_once_is_not_odd() -> None:
    """Nothing is noted beside the answer."""
    assert facts_of(answered(), b"+\r\n") == [Banner("+")]


def test_listed_names_are_each_there_once() -> None:
    """Upper case, in the server's order, doubles left out."""
    assert facts_of(listed([b"ntlm", b"PLAIN", b"NTLM"], Door.X_EXPS)) == [Mechanisms(("NTLM", "PLAIN"), Door.X_EXPS)]


def test_endless_lists_are_cut() -> None:
    """A hundred names are kept, and it is said that there were more."""
    mechanisms, oddity = facts_of(listed(b"M%d" % number for number in range(101)))
    assert isinstance(mechanisms, Mechanisms)
    assert mechanisms.names == tuple(f"M{number}" for number in range(100))
    assert oddity == Oddity(OddityName.LIST_TOO_LONG, "mechanisms")


@pytest.mark.parametrize(("encoded", "raw"), [(b"", b""), (b"=", b""), (b"aGVsbG8=", b"hello"), (b"go on!", b"go on!")])
def test_a_challenge_keeps_what_came(encoded: bytes, raw: bytes) -> None:
    """An empty challenge stays empty; words where base64 belongs are kept as they came."""
    challenge = facts_of(challenged(Question(Security.PLAIN), encoded))[0]
    assert isinstance(challenge, Challenge)
    assert challenge.raw == raw


def test_words_keep_every_byte() -> None:
    """UTF-8 is read as such, and what is none byte by byte."""
    assert (words("grün".encode()), words(b"gr\xfcn")) == ("grün", "grün")
