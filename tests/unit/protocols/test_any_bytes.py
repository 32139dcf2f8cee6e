"""Whatever the bytes and however they arrive: the same facts, an end, and no exception but "too long"."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.protocols.holding import Bend, Cut, Held, hold, play
from tightlip.lab.shelf import shipped_talks
from tightlip.model.endpoint import Security
from tightlip.model.facts import Door
from tightlip.registry import names
from tightlip.talk.question import Question, Subject
from tightlip.talk.script import Talk

# Half a megabyte byte by byte says nothing that a few thousand bytes do not, and takes minutes.
LONG = 20_000

TALKS = shipped_talks()
CASES = [(talk, state) for talk in TALKS for state in talk.states]
NAMES = [f"{talk.protocol}/{talk.claim}/{state}" for talk, state in CASES]
NOISE = (
    b"\r\n",
    b"\n",
    b"*",
    b"+",
    b" ",
    b"{9}",
    b"{99999}\r\n",
    b'"',
    b"\\",
    b"(",
    b"334 ",
    b"250-",
    b"\x00",
    b"\xff",
)

questions = st.builds(
    Question,
    security=st.sampled_from(Security),
    door=st.sampled_from([Door.AUTH, Door.SPNEGO, Door.GENERIC]),
    subject=st.sampled_from(Subject),
)


def as_said(data: bytes) -> bytes:
    """No bending."""
    return data


def in_reads(data: bytes) -> Iterator[bytes]:
    """As a socket gives it when everything has arrived."""
    return (data[start : start + 16_384] for start in range(0, len(data), 16_384))


def one_by_one(data: bytes) -> Iterator[bytes]:
    """Every byte alone; a very long piece only at its start."""
    yield from (data[place : place + 1] for place in range(min(len(data), LONG)))
    yield from in_reads(data[LONG:])


def at_random(seed: int) -> Cut:
    """Pieces of random length."""
    dice = random.Random(seed)

    def cut(data: bytes) -> Iterator[bytes]:
        while data:
            length = dice.choice((1, 2, 3, 7, 30, 200, 5_000))
            yield data[:length]
            data = data[length:]

    return cut


def mutated(seed: int) -> Bend:
    """Bytes changed, lost, doubled and put in, here and there."""
    dice = random.Random(seed)

    def bend(data: bytes) -> bytes:
        for _ in range(dice.randrange(4)):
            place = dice.randrange(len(data) + 1)
            match dice.randrange(4):
                case 0:
                    data = data[:place] + dice.randbytes(1) + data[place + 1 :]
                case 1:
                    data = data[:place] + data[place + dice.randrange(40) :]
                case 2:
                    data = data[:place] + data[max(0, place - 20) :]
                case _:
                    data = data[:place] + dice.choice(NOISE) + data[place:]
        return data

    return bend


@pytest.mark.parametrize(("talk", "state"), CASES, ids=NAMES)
def test_facts_do_not_depend_on_the_cutting(talk: Talk, state: Security) -> None:
    """Byte by byte and at random cuts a talk teaches what it teaches in one go, and we say the same."""
    question = Question(state)
    whole = play(talk, question, in_reads, as_said)
    assert play(talk, question, one_by_one, as_said) == whole
    assert play(talk, question, at_random(len(talk.claim)), as_said) == whole


@settings(max_examples=1500, deadline=None)
@given(talk=st.sampled_from(TALKS), question=questions, seed=st.integers(0, 2**32))
def test_mutated_servers_are_borne(talk: Talk, question: Question, seed: int) -> None:
    """A server whose bytes are damaged is heard to an end; cut differently it teaches the same."""
    whole = play(talk, question, in_reads, mutated(seed))
    assert play(talk, question, at_random(seed), mutated(seed)) == whole


@settings(max_examples=500, deadline=None)
@given(
    name=st.sampled_from(names("protocols")), question=questions, answers=st.lists(st.binary(max_size=40), max_size=12)
)
def test_noise_is_borne(name: str, question: Question, answers: list[bytes]) -> None:
    """Random bytes end no dialogue with an exception."""
    lines = [b"".join((each, b"\r\n")) for each in answers]
    assert isinstance(hold(name, question, lines), Held)
