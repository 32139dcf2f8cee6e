"""The entry points: challenges, conversations, and certificates of peers, as many as there is time for."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from secrets import token_hex
from time import monotonic

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fuzz.bending import bent, cases
from tests.house.told import Tell
from tests.unit.network.shown import certificate
from tests.unit.protocols.holding import asking, play
from tests.unit.protocols.test_any_bytes import PROBES, in_reads
from tightlip.lab.shelf import shipped_talks
from tightlip.model.endpoint import Security
from tightlip.model.facts import Door
from tightlip.network.certificate import read_certificate
from tightlip.ntlm.anatomy import spans
from tightlip.ntlm.armour import decode_base64
from tightlip.ntlm.reading import read_challenge
from tightlip.ntlm.search import challenge_in
from tightlip.talk.recipe import type2

SECONDS = float(os.environ.get("TIGHTLIP_FUZZ_SECONDS", "2"))
SEED = os.environ.get("TIGHTLIP_FUZZ_SEED") or token_hex(4)

CHALLENGES = (
    type2("target=CORP nb_computer=MX1 nb_domain=CORP dns_computer=mx1.corp.example version=10.0.17763"),
    type2("target=CORP nb_computer=MX1 dns_domain=corp.example dns_tree=corp.example time=2024-01-01T00:00:00Z"),
    type2(""),
)
DOORS = (Door.AUTH, Door.SPNEGO, Door.GSSAPI)
CERTIFICATES = tuple(
    certificate(names=names, addresses=addresses).public_bytes(Encoding.DER)
    for names, addresses in ((("mail.example.org",), ()), (("*.example.org", "mx.example.org"), ("192.0.2.7",)))
)


def for_as_long_as_there_is_time(tries: Iterator[Callable[[], object]], what: str, tell: Tell) -> None:
    """Try one after the other; whatever is raised names the case."""
    until, done = monotonic() + SECONDS, 0
    for done, attempt in enumerate(tries, 1):
        try:
            attempt()
        except Exception as error:
            raise AssertionError(f"{what}, case {done - 1}, TIGHTLIP_FUZZ_SEED={SEED}") from error
        if monotonic() > until:
            break
    tell("told", f"{done:,} bent {what} in {SECONDS:g} s, seed {SEED}: 0 exceptions")
    assert done > 0


def test_challenges(record_property: Tell) -> None:
    """Read through any door, taken apart for a person, found in other bytes, and in base64."""
    tries = (lambda data=each.data: _read(data) for each in cases(SEED, CHALLENGES))
    for_as_long_as_there_is_time(tries, "challenges", record_property)


def test_conversations(record_property: Tell) -> None:
    """Any server's part of a dialogue, bent on its way, in any state, whatever it is asked."""
    tries = (lambda number=number: _hold(number) for number in count())
    for_as_long_as_there_is_time(tries, "conversations", record_property)


def test_certificates(record_property: Tell) -> None:
    """Read, or called unreadable."""
    tries = (
        lambda data=each.data: read_certificate(data, "mail.example.org", "TLSv1.3", "AES")
        for each in cases(SEED, CERTIFICATES)
    )
    for_as_long_as_there_is_time(tries, "certificates", record_property)


@pytest.mark.parametrize("data", [*CHALLENGES, *CERTIFICATES])
def test_bending_changes_something(data: bytes) -> None:
    """Most of the time: what is never bent is never tried."""
    dice = Random(SEED)
    assert sum(bent(data, dice) != data for _ in range(100)) > 80


def _read(data: bytes) -> None:
    for door in DOORS:
        read_challenge(door, data)
    spans(data)
    challenge_in(data)
    decode_base64(data)


def _hold(number: int) -> None:
    dice = Random(f"{SEED}/{number}")
    state, probes = dice.choice(list(Security)), dice.choices(PROBES, k=dice.randrange(1, 5))
    talk = dice.choice(_TALKS)

    def bend(data: bytes) -> bytes:
        return bent(data, dice) if dice.random() < 0.5 else data

    play(talk, asking(state, *probes), in_reads, bend)


_TALKS = shipped_talks()
