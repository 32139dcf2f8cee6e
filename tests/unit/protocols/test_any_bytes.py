"""Whatever the bytes and however they arrive: the same facts, an end, and no exception but "too long"."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.protocols.holding import Bend, Cut, Held, asking, hold, play
from tightlip.lab.shelf import shipped_talks
from tightlip.model.endpoint import Security
from tightlip.model.facts import Control, Door, Opening
from tightlip.model.oddity import Oddity, OddityName
from tightlip.registry import names
from tightlip.talk.probes import ControlProbe, PasswordProbe, PathProbe, Probe
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

Asked = tuple[Security, tuple[Probe, ...]]
"""In which state, and what."""

PROBES: list[Probe] = [
    PathProbe(),
    PathProbe(Door.GENERIC),
    PathProbe(Door.SPNEGO, "GSS-SPNEGO"),
    PathProbe(Door.GSSAPI, "GSSAPI", opening=Opening.INITIAL_RESPONSE),
    ControlProbe(Control.UNKNOWN_MECHANISM, "X-TIGHTLIP"),
    ControlProbe(Control.LISTED_MECHANISM, "PLAIN"),
    ControlProbe(Control.UNKNOWN_COMMAND, "STIGHTLIP"),
    ControlProbe(Control.KNOWN_COMMAND, "QUIT"),
    PasswordProbe(),
]
askings = st.tuples(st.sampled_from(Security), st.lists(st.sampled_from(PROBES), min_size=1, max_size=4).map(tuple))


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
    whole = play(talk, asking(state), in_reads, as_said)
    assert play(talk, asking(state), one_by_one, as_said) == whole
    assert play(talk, asking(state), at_random(len(talk.claim)), as_said) == whole


@settings(max_examples=1500)
@given(talk=st.sampled_from(TALKS), asked=askings, seed=st.integers(0, 2**32))
def test_mutated_servers_are_borne(talk: Talk, asked: Asked, seed: int) -> None:
    """A server whose bytes are damaged is heard to an end; cut differently it teaches the same.

    Unless it answers before it was asked: what came early is set aside, and what came late is not.
    """
    state, probes = asked
    whole = play(talk, asking(state, *probes), in_reads, mutated(seed))
    cut = play(talk, asking(state, *probes), at_random(seed), mutated(seed))
    assert cut == whole or is_out_of_step(whole)


@settings(max_examples=500)
@given(name=st.sampled_from(names("protocols")), asked=askings, answers=st.lists(st.binary(max_size=40), max_size=12))
def test_noise_is_borne(name: str, asked: Asked, answers: list[bytes]) -> None:
    """Random bytes end no dialogue with an exception."""
    lines = [b"".join((each, b"\r\n")) for each in answers]
    state, probes = asked
    assert isinstance(hold(name, asking(state, *probes), lines), Held)


def is_out_of_step(held: Held) -> bool:
    """Whether something came before it was asked for."""
    return any(isinstance(fact, Oddity) and fact.name is OddityName.OUT_OF_STEP for fact in held.facts)
