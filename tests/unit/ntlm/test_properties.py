"""What holds for any bytes: nothing raises, nothing grows, nothing is left out."""

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.ntlm import challenges, wire
from tightlip.model.facts import Challenge, Door
from tightlip.ntlm import parse_challenge
from tightlip.ntlm.anatomy import spans
from tightlip.ntlm.armour import decode_base64, read_any, strip_prefix
from tightlip.ntlm.reading import read_challenge
from tightlip.ntlm.spnego import unwrap, wrap_negotiate

ANY = challenges.damaged() | challenges.sound() | st.binary(max_size=400)
ENVELOPED = st.builds(wrap_negotiate, ANY)
TEXT = st.text(max_size=300) | st.text("TlRMVNUA0123456789abcdef+/=-_ :\t\nx|", max_size=300)


@given(challenges.sound())
def test_a_sound_challenge_has_no_oddity(raw: bytes) -> None:
    """Whatever its shape, order of pairs and names."""
    assert parse_challenge(raw).oddities == ()


@given(challenges.damaged() | st.binary(max_size=400))
@example(b"NTLMSSP\0\2\0\0\0" + b"\xff" * 60)
def test_any_bytes_are_read_and_the_outcome_is_bounded(raw: bytes) -> None:
    """Never an exception; no name is longer than the bytes it came from; lists are short."""
    message = parse_challenge(raw)
    assert len(message.av_pairs) <= 64
    assert sum(4 + len(value) for _, value in message.av_pairs) <= len(raw)
    assert all(len(name) <= len(raw) for name in message.disclosure.names)
    assert len(message.oddities) <= 2 * len(message.av_pairs) + 24
    assert all(len(oddity.detail) < 200 for oddity in message.oddities)
    assert all(0 <= (oddity.offset or 0) <= max(len(raw), 40) for oddity in message.oddities)


@given(challenges.damaged())
def test_a_message_that_lost_its_tail_is_never_silent(raw: bytes) -> None:
    """A challenge whose fields point behind its end has an oddity."""
    name_end = int.from_bytes(raw[12:14], "little") + int.from_bytes(raw[16:20], "little")
    if raw[:12] != b"NTLMSSP\0\2\0\0\0" or len(raw) < 32 or name_end > len(raw):
        assert parse_challenge(raw).oddities


@given(st.sampled_from(Door), ANY | ENVELOPED)
def test_any_fact_survives_being_stored(door: Door, raw: bytes) -> None:
    """Damaged text never becomes a string that cannot be written; the fact comes back equal."""
    challenge = read_challenge(door, raw)
    assert msgspec.json.decode(msgspec.json.encode(challenge), type=Challenge) == challenge


@given(ANY | ENVELOPED)
def test_spans_cover_any_bytes_exactly(raw: bytes) -> None:
    """In order, without gap or overlap, none empty, from the first byte to the last."""
    found = spans(raw)
    assert [span.start for span in found] == [0, *(span.end for span in found[:-1])][: len(found)]
    assert all(span.start < span.end for span in found)
    assert (found[-1].end if found else 0) == len(raw)


@given(ANY | ENVELOPED)
def test_unwrapping_loses_no_message(raw: bytes) -> None:
    """Where a signature is, a message is found, and it is a piece of what came."""
    message, oddities = unwrap(raw)
    assert message in raw
    assert message.startswith(b"NTLMSSP\0") == (b"NTLMSSP\0" in raw)
    assert message or oddities


@given(st.binary(max_size=300) | TEXT.map(str.encode))
def test_any_text_is_dearmoured_within_bounds(text: bytes) -> None:
    """Base64 never grows, and what is not strict is told."""
    decoded, oddities = decode_base64(text)
    assert len(decoded) <= len(text)
    assert len(oddities) <= 2
    assert strip_prefix(text) in text


@given(TEXT | st.binary(max_size=300))
def test_anything_pasted_is_read_without_complaint(text: str | bytes) -> None:
    """A tuple of bytes, no longer than the input."""
    size = len(text.encode("utf-8", "replace")) if isinstance(text, str) else 2 * len(text)
    assert sum(map(len, read_any(text))) <= size


def test_long_hostile_text_takes_linear_time() -> None:
    """A megabyte of what makes careless patterns slow is read at once (the run's time-out is the judge)."""
    for filler in (b" ", b"+ ", b"=", b"TlRMTVNTUA", b"0000 ", b"4e ", b'"'):
        read_any(filler * (1_000_000 // len(filler)) + b"!")
    assert parse_challenge(wire.WINDOWS + bytes(1_000_000)).disclosure.target_name == "CORPLAB"
