"""A challenge is found wherever it stands in what a server says, and only there."""

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spnego._spnego import NegState, NegTokenResp

from tests.unit.costing import at_most
from tests.unit.ntlm import wire
from tightlip.ntlm.negotiate import CURRENT
from tightlip.ntlm.search import challenge_in

TYPE2 = wire.WINDOWS
LINE = b64encode(TYPE2)
NTLMSSP = "1.3.6.1.4.1.311.2.2.10"


def enveloped(type2: bytes, mic: bytes | None = None) -> bytes:
    """A challenge in the envelope that another implementation writes, with or without a mechListMIC behind it."""
    token = NegTokenResp(
        neg_state=NegState.accept_incomplete, supported_mech=NTLMSSP, response_token=type2, mech_list_mic=mic
    )
    return token.pack()


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(LINE, id="bare"),
        pytest.param(b"+ " + LINE + b"\r\n", id="usual"),
        pytest.param(b"+" + LINE, id="no-space"),
        pytest.param(b"+OK " + LINE + b"\r\n", id="after-ok"),
        pytest.param(b"+OK" + LINE, id="glued-to-ok"),
        pytest.param(b"334-" + LINE + b"\r\n334 more\r\n", id="first-of-two-lines"),
        pytest.param(b"334-go on\r\n334 " + LINE + b"\r\n", id="second-of-two-lines"),
        pytest.param(b"334 NTLM supported: " + LINE + b" (now you)\r\n", id="among-words"),
        pytest.param(b'"' + LINE + b'"\r\n', id="quoted"),
        pytest.param(b'NO "' + LINE + b'"\r\n', id="in-a-refusal"),
        pytest.param(b"{%d}\r\n%b\r\n" % (len(LINE), LINE), id="literal"),
        pytest.param(b"* OK [X " + LINE + b"] ready\r\na1 OK done\r\n", id="untagged"),
        pytest.param(b"+ " + TYPE2, id="raw"),
        pytest.param(b"+ " + b64encode(CURRENT) + b"\r\n+ " + LINE + b"\r\n", id="behind-an-echo"),
    ],
)
def test_a_challenge_is_found_in_any_place(said: bytes) -> None:
    """Whatever stands before and behind it, the message is the one that the server wrote."""
    assert challenge_in(said) == TYPE2


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"334-" + LINE[:76] + b"\r\n334-" + LINE[76:152] + b"\r\n334 " + LINE[152:] + b"\r\n", id="lines"),
        pytest.param(b"+ " + LINE[:90] + b"\r\n+ " + LINE[90:] + b"\r\n", id="odd-cut"),
        pytest.param(b'"' + LINE[:64] + b'"\r\n"' + LINE[64:] + b'"\r\n', id="quoted-lines"),
        pytest.param(b"334 " + LINE[:12] + b" the rest follows: " + LINE[12:], id="words-after-the-mark"),
        pytest.param(b"334 " + LINE[:120] + b" (go on) " + LINE[120:], id="words-between"),
        pytest.param(b"334-" + LINE[:7] + b"\r\n334 " + LINE[7:], id="cut-in-the-signature"),
        pytest.param(b"334 " + LINE[:-4] + b" " + LINE[-4:], id="a-short-end"),
    ],
)
def test_a_challenge_in_pieces_is_put_together(said: bytes) -> None:
    """Line ends, reply codes and a few words between the pieces are no part of it."""
    assert challenge_in(said) == TYPE2


@pytest.mark.parametrize("before", [b"", b"x: ", b"+", b"+ ", b"334 ", b"WWW-Authenticate: Negotiate "])
@pytest.mark.parametrize("name", ["A", "AB", "ABC", "M" * 100])
@pytest.mark.parametrize("mic", [None, b"\1\0\0\0" + bytes(12)])
def test_an_envelope_is_taken_off_at_any_alignment(before: bytes, name: str, mic: bytes | None) -> None:
    """The envelope of another implementation, whose signature falls on every place of a base64 group."""
    type2 = wire.Message(flags=0x00028205, name=wire.utf16(name), info_field=bytes(8)).encode()
    for shift in range(3):
        packed = b"\x60" * shift + enveloped(type2, mic)
        assert challenge_in(before + b64encode(packed) + b"\r\n") == type2
        assert challenge_in(before + packed) == type2


def test_the_url_safe_alphabet_is_read() -> None:
    """As decode_base64 does for one line."""
    type2 = wire.Message(flags=0x00028205, name=wire.utf16("\ufbff\uffbf\ufffe"), info_field=bytes(8)).encode()
    assert b"_" in urlsafe_b64encode(type2)
    assert challenge_in(b"+ " + urlsafe_b64encode(type2)) == type2


@pytest.mark.parametrize("cut", [16, 30, 47, 60, len(TYPE2) - 1])
def test_a_challenge_cut_short_is_given_as_far_as_it_goes(cut: int) -> None:
    """The words behind it are not taken for the missing part."""
    said = b"334 " + b64encode(TYPE2[:cut]).rstrip(b"=") + b" AUTHENTICATION Mechanism1 is not allowed\r\n"
    found = challenge_in(said)
    assert found is not None
    assert TYPE2.startswith(found[:cut])
    assert len(found) == cut


def test_a_lying_envelope_hides_nothing() -> None:
    """A stated length that would cut the names off is not believed."""
    packed = bytes.fromhex("a1063004a2020401") + TYPE2
    assert challenge_in(b64encode(packed)) == TYPE2


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"+ \r\n",
        b"+OK\r\n",
        b"-ERR [AUTH] Unsupported authentication mechanism.\r\n",
        b"334 NTLM supported\r\n",
        b"334 " + b64encode(CURRENT) + b"\r\n",
        b"334 TlRMTVNTUAAC\r\n",
        b"334 TlRMTVNTUAACxxxxAAAA",
        b"5UTE1TU1AAAgAAAA",
        b"+ 5UTE1TU1AAAgAAAA",
        b"334 VXNlcm5hbWU6\r\n",
    ],
)
def test_what_is_no_challenge_is_none(said: bytes) -> None:
    """Prompts, refusals, our own message and a signature without a type are no challenge."""
    assert challenge_in(said) is None


def test_a_mark_without_a_message_does_not_hide_the_one_behind_it() -> None:
    """The first that is a challenge is given."""
    assert challenge_in(b"334 TlRMTVNTUAACxxxx " + LINE) == TYPE2


@given(st.binary(max_size=300), st.binary(max_size=300), st.sampled_from([LINE, LINE[:30], TYPE2, b"5UTE1TU1AAAg"]))
def test_nothing_makes_it_raise(before: bytes, behind: bytes, middle: bytes) -> None:
    """What is given begins as a type 2 message, whatever the bytes around it."""
    found = challenge_in(before + middle + behind)
    assert found is None or found.startswith(b"NTLMSSP\0\2\0\0\0")


@pytest.mark.parametrize(
    "unit",
    [
        b"TlRMTVNTUAAC",
        b"TlRMTVNTUAACAAAA",
        b"TlRMTVNTUAAC ",
        b"TlRMTVNTUAACAAAA/w== ",
        b"TlRMTVNTUAACAAAA ZZZZZZZZ ",
        b"ABCDEFGHI\r\n",
        b"5UTE1TU1AAAgAAAA OVExNU1NQAAIAAAA\r\n",
        b"\r\n",
        b" \t",
        b'"' * 7,
    ],
)
def test_hostile_lines_are_looked_through_in_no_time(unit: bytes) -> None:
    """64 KiB of what each branch would like to begin again and again at."""
    with at_most(seconds=0.5, mebibytes=16):
        challenge_in(unit * ((64 << 10) // len(unit)))
