"""NTLMSSP inside SPNEGO: put in as the RFC says, taken out of whatever comes."""

import pytest
from spnego._spnego import NegState, NegTokenInit, NegTokenResp, unpack_token

from tests.unit.ntlm import wire
from tightlip.model.oddity import OddityName
from tightlip.ntlm.negotiate import CURRENT
from tightlip.ntlm.spnego import unwrap, wrap_negotiate

NTLMSSP_OID = "1.3.6.1.4.1.311.2.2.10"
KERBEROS_OID = "1.2.840.113554.1.2.2"


def response(token: bytes | None, state: NegState = NegState.accept_incomplete, mech: str = NTLMSSP_OID) -> bytes:
    """A NegTokenResp as an independent library writes it."""
    return NegTokenResp(neg_state=state, supported_mech=mech, response_token=token).pack()


def test_the_envelope_is_minimal_der() -> None:
    """The bytes of a NegTokenInit around a one-byte token, written by hand."""
    assert wrap_negotiate(b"T") == bytes.fromhex(
        "6021 06062b0601050502 a017 3015 a00e 300c 060a2b06010401823702020a a203 040154"
    )


def test_another_library_reads_our_envelope() -> None:
    """One mechanism, NTLMSSP, and the type 1 as its token."""
    token = unpack_token(wrap_negotiate(CURRENT))
    assert isinstance(token, NegTokenInit)
    assert list(token.mech_types) == [NTLMSSP_OID]
    assert token.mech_token == CURRENT


@pytest.mark.parametrize("size", [100, 127, 128, 255, 256, 70_000])
def test_what_is_wrapped_is_unwrapped(size: int) -> None:
    """Every length form of DER is written and read."""
    message = b"NTLMSSP\0" + bytes(size - 8)
    assert unwrap(wrap_negotiate(message)) == (message, ())


def test_a_response_is_unwrapped() -> None:
    """The challenge comes out of another library's NegTokenResp untouched."""
    assert unwrap(response(wire.WINDOWS)) == (wire.WINDOWS, ())


def test_a_message_without_an_envelope_is_taken_as_it_is() -> None:
    """Some servers answer SPNEGO with bare NTLMSSP."""
    message, oddities = unwrap(wire.WINDOWS)
    assert message == wire.WINDOWS
    assert [oddity.name for oddity in oddities] == [OddityName.NTLMSSP_OUTSIDE_SPNEGO]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"\xa1\x85" + bytes(20) + wire.WINDOWS, id="a-length-of-five-bytes"),
        pytest.param(b"\xa1\x80\x30\x80" + wire.WINDOWS, id="indefinite-lengths"),
        pytest.param(response(wire.WINDOWS).replace(b"\x30", b"\x31", 1), id="no-sequence"),
        pytest.param(b"\x02\x01\x05" + wire.WINDOWS, id="another-tag"),
    ],
)
def test_a_broken_envelope_hides_nothing(broken: bytes) -> None:
    """The message is found by its signature, and the oddity says where."""
    message, oddities = unwrap(broken)
    assert message.startswith(wire.WINDOWS)
    assert [(oddity.name, oddity.offset) for oddity in oddities] == [
        (OddityName.SPNEGO_MALFORMED, broken.index(b"NTLMSSP\0"))
    ]


def test_bytes_after_the_envelope_are_told() -> None:
    """The token is whole; what follows is odd."""
    whole = response(wire.WINDOWS)
    message, oddities = unwrap(whole + b"more")
    assert message == wire.WINDOWS
    assert [(oddity.name, oddity.offset) for oddity in oddities] == [(OddityName.SPNEGO_MALFORMED, len(whole))]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(response(None, NegState.reject), "reject, NTLMSSP", id="reject"),
        pytest.param(response(b"krb", mech=KERBEROS_OID), "accept-incomplete, Kerberos", id="kerberos"),
    ],
)
def test_a_sound_answer_without_ntlm_says_what_it_is(raw: bytes, said: str) -> None:
    """A refusal inside SPNEGO is no malformed message."""
    message, oddities = unwrap(raw)
    assert message == b""
    assert [(oddity.name, oddity.detail) for oddity in oddities] == [(OddityName.SPNEGO_WITHOUT_NTLM, said)]


@pytest.mark.parametrize("raw", [b"", b"\xa1", b"\xa1\x02\x30", b"no idea"])
def test_what_is_no_token_gives_nothing(raw: bytes) -> None:
    """No message and one oddity."""
    message, oddities = unwrap(raw)
    assert message == b""
    assert [oddity.name for oddity in oddities] == [OddityName.SPNEGO_MALFORMED]
