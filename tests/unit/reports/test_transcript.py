"""The annotated transcript: who said what, what it meant, long base64 folded."""

from base64 import b64encode

import pytest

from tests.unit.reports.challenges import EXCHANGE
from tightlip import registry
from tightlip.model.observation import Line, Speaker
from tightlip.reports._transcript import BYTES_KEPT, said, trimmed
from tightlip.talk.protocol import Protocol

CHALLENGE = b64encode(EXCHANGE)
VERBS = [
    (name, verb, meaning)
    for name, protocol in registry.gather("protocols", Protocol).items()
    for verb, meaning in protocol.commands.items()
]


@pytest.mark.parametrize(
    ("speaker", "data", "note"),
    [
        (Speaker.CLIENT, b"CAPA", "asks what is offered"),
        (Speaker.CLIENT, b"EHLO [192.0.2.99]", "greets, and asks what is offered"),
        (Speaker.CLIENT, b"a1 AUTHENTICATE NTLM", "asks for a login mechanism"),
        (Speaker.CLIENT, b"a3 LOGOUT", "says goodbye"),
        (Speaker.CLIENT, b"*", "takes it back: nobody logs in"),
        (Speaker.CLIENT, b'"*"', "takes it back: nobody logs in"),
        (Speaker.CLIENT, b"X-EXPS NTLM", "asks for a login mechanism between Exchange servers"),
        (Speaker.CLIENT, b"AUTHINFO GENERIC NTLM", "asks for a login mechanism"),
        (Speaker.CLIENT, b"authinfo generic", "asks for a login mechanism"),
        (Speaker.CLIENT, b"AUTHINFO USER tightlip", "asks whether a password would be taken, and sends none"),
        (Speaker.CLIENT, b"AUTHINFO PASS anna", ""),
        (Speaker.CLIENT, b"TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGNFAAAADw==", "NTLM type 1: names nobody"),
        (Speaker.SERVER, b"334 " + CHALLENGE, "NTLM type 2: the challenge, decoded below"),
        (Speaker.SERVER, b"+OK QUIT", ""),
        (Speaker.NOTE, b"QUIT", ""),
    ],
)
def test_a_line_is_explained_where_it_needs_it(speaker: Speaker, data: bytes, note: str) -> None:
    """Our commands and the two NTLM messages; what the server words itself stands for itself."""
    assert said([Line(speaker, data)])[0].note == note


@pytest.mark.parametrize(("protocol", "verb", "meaning"), VERBS)
def test_every_verb_of_a_protocol_is_explained_in_its_own_words(protocol: str, verb: str, meaning: str) -> None:
    """Protocols that share a verb mean the same by it."""
    assert said([Line(Speaker.CLIENT, f"{verb} NTLM".encode())])[0].note == meaning, protocol


def test_every_protocol_says_what_its_verbs_mean() -> None:
    """How it asks for a login, takes that back and leaves."""
    assert {name for name, _, _ in VERBS} == set(registry.names("protocols"))


def test_long_base64_is_folded() -> None:
    """Its prefix and first characters are shown with its length; the whole line is kept."""
    line = said([Line(Speaker.SERVER, b"334 " + CHALLENGE)])[0]
    assert line.text == f"334 {CHALLENGE[:20].decode()}… ({len(CHALLENGE)} characters of base64)"
    assert line.folded == f"334 {CHALLENGE.decode()}"


def test_a_short_line_is_not_folded() -> None:
    """Ordinary replies are shown whole."""
    line = said([Line(Speaker.SERVER, b"+OK ready")])[0]
    assert (line.text, line.folded) == ("+OK ready", None)


def test_a_short_transcript_is_kept_as_it_is() -> None:
    """Nothing is cut and nothing added."""
    lines = (Line(Speaker.SERVER, b"x" * BYTES_KEPT),)
    assert trimmed(lines) is lines


def test_a_long_transcript_is_cut_and_says_so() -> None:
    """The first bytes stay, a note of ours tells of the rest."""
    kept = trimmed(tuple(Line(Speaker.SERVER, b"x" * 1000) for _ in range(20)))
    assert sum(len(line.data) for line in kept[:-1]) == BYTES_KEPT
    assert kept[-1].speaker is Speaker.NOTE
