"""Approvals: what is signed cannot be altered, and what is no approval approves nothing."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tightlip.model.errors import UsageError
from tightlip.remediate.approval import Approval, decode_lines, encode_line, is_genuine, key_text, read_key, sign

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def approval(**parts: Any) -> Approval:
    """An approval that is not signed yet."""
    usual: dict[str, Any] = {
        "plan": "ab" * 32,
        "host": "mx1 (0123456789abcdef)",
        "by": "anna",
        "made": NOW,
        "expires": NOW + timedelta(days=14),
        "window": None,
        "key": "",
    }
    return Approval(**usual | parts)


def test_what_was_signed_is_genuine_also_after_writing_it_down() -> None:
    """One line of a file, read again."""
    signed = sign(approval(by="Anna Ä. \n, change 4711"), KEY)
    (read,) = decode_lines(encode_line(signed))
    assert read == signed
    assert is_genuine(read)
    assert encode_line(signed).count(b"\n") == 1


@pytest.mark.parametrize(
    "altered",
    [
        {"plan": "cd" * 32},
        {"host": "mx2"},
        {"by": "bert"},
        {"made": NOW - timedelta(seconds=1)},
        {"expires": NOW + timedelta(days=15)},
        {"window": "Sat 02:00-04:00 UTC"},
        {"key": key_text(OTHER.public_key())},
        {"signature": ""},
        {"signature": b64encode(b"x" * 64).decode()},
        {"signature": "é"},
        {"signature": "no base64!"},
        {"key": "ed25519:é"},
        {"key": "nonsense"},
        {"key": "ed25519:AAAA"},
    ],
    ids=str,
)
def test_whatever_is_altered_afterwards_is_not_genuine(altered: dict[str, Any]) -> None:
    """Each part is under the signature; hostile text raises nothing."""
    assert not is_genuine(replace(sign(approval(), KEY), **altered))


def test_the_signer_is_named_whatever_the_approval_said_before() -> None:
    """Nobody signs in another's name."""
    assert sign(approval(key=key_text(OTHER.public_key())), KEY).key == key_text(KEY.public_key())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_no_approval(content: bytes) -> None:
    """A damaged file raises nothing."""
    assert decode_lines(content) == ()


def test_good_lines_among_bad_ones_are_read() -> None:
    """Half a line, nesting without end, an approval whose moment has no zone."""
    signed = encode_line(sign(approval(), KEY))
    zoneless = msgspec.json.encode(msgspec.to_builtins(approval()) | {"made": "2026-11-24T12:00:00"})
    assert len(decode_lines(signed[:40] + b"\n" + signed + b"[" * 100_000 + b"\n" + zoneless + b"\n" + signed)) == 2


def test_a_public_key_reads_back() -> None:
    """With its name behind it, as policies have it."""
    text = key_text(KEY.public_key())
    assert key_text(read_key(f"{text} anna, head of mail")) == text


@pytest.mark.parametrize("text", ["", "ed25519:", "ed25519:AAAA", "rsa:AAAA", "ed25519:é", "ed25519: AAAA"])
def test_what_is_no_key_is_refused(text: str) -> None:
    """By name."""
    with pytest.raises(UsageError, match="is no public key"):
        read_key(text)
