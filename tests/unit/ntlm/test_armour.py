"""Messages in the text they travel in: base64 from servers, anything from people."""

from base64 import b64encode, urlsafe_b64encode

import pytest

from tests.unit.ntlm import wire
from tightlip.model.oddity import OddityName
from tightlip.ntlm.armour import decode_base64, read_any, strip_prefix
from tightlip.ntlm.negotiate import CURRENT
from tightlip.ntlm.spnego import wrap_negotiate

WINDOWS = b64encode(wire.WINDOWS)
# Bytes whose base64 needs padding and both characters that the URL-safe alphabet changes.
AWKWARD = b"NTLMSSP\0\2\0\0\0\xfb\xff\xfe\xfb"

XXD = """\
00000000: 4e54 4c4d 5353 5000 0200 0000 0600 0600  NTLMSSP.........
00000010: 3000 0000 0582 0200 0123 4567 89ab cdef  0........#Eg....
00000020: 0000 0000 0000 0000 0000 0000 0000 0000  ................
00000030: 4400 4f00 4d00                           D.O.M.
"""
HEXDUMP = """\
00000000  4e 54 4c 4d 53 53 50 00  02 00 00 00 06 00 06 00  |NTLMSSP.........|
00000010  30 00 00 00 05 82 02 00  01 23 45 67 89 ab cd ef  |0........#Eg....|
00000020  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
00000030  44 00 4f 00 4d 00                                 |D.O.M.|
00000036
"""
WIRESHARK = """\
0000   4e 54 4c 4d 53 53 50 00 02 00 00 00 06 00 06 00   NTLMSSP.........
0010   30 00 00 00 05 82 02 00 01 23 45 67 89 ab cd ef   0........#Eg....
0020   00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   ab cd ..........
0030   44 00 4f 00 4d 00                                 D.O.M.
"""
OD = """\
0000000 4e 54 4c 4d 53 53 50 00 02 00 00 00 06 00 06 00
0000020 30 00 00 00 05 82 02 00 01 23 45 67 89 ab cd ef
0000040 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
0000060 44 00 4f 00 4d 00
0000066
"""
DUMPED = wire.Message(flags=0x00028205, name=wire.utf16("DOM"), info_field=bytes(8)).encode()


def test_sound_base64_is_decoded_without_a_word() -> None:
    """The strict path, padding included."""
    assert decode_base64(WINDOWS) == (wire.WINDOWS, ())
    assert decode_base64(b64encode(AWKWARD)) == (AWKWARD, ())
    assert decode_base64(b"") == (b"", ())


def test_a_lone_equals_sign_is_an_empty_message() -> None:
    """SASL profiles write zero bytes that way, NNTP's 383 for one."""
    assert decode_base64(b"=") == (b"", ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(b64encode(AWKWARD).rstrip(b"="), "padding", id="no-padding"),
        pytest.param(b64encode(AWKWARD) + b"==", "padding", id="too-much-padding"),
        pytest.param(b" " + b64encode(AWKWARD) + b"\r\n", "white space", id="white-space-around"),
        pytest.param(b64encode(AWKWARD)[:8] + b"\r\n\t" + b64encode(AWKWARD)[8:], "white space", id="folded"),
        pytest.param(urlsafe_b64encode(AWKWARD), "URL-safe alphabet", id="url-safe"),
        pytest.param(b"say: " + b64encode(AWKWARD) + b" !", "7 other bytes around it", id="text-around"),
    ],
)
def test_loose_base64_is_decoded_and_told(text: bytes, reason: str) -> None:
    """The bytes are the same as from the sound text, and the oddity says what was forgiven."""
    decoded, oddities = decode_base64(text)
    assert decoded == AWKWARD
    assert [(oddity.name, oddity.detail) for oddity in oddities] == [(OddityName.BASE64_LOOSE, reason)]


def test_base64_cut_in_the_middle_gives_what_came() -> None:
    """A dangling character carries no whole byte and is dropped."""
    decoded, oddities = decode_base64(WINDOWS[:81])
    assert decoded == wire.WINDOWS[:60]
    assert [oddity.detail for oddity in oddities] == ["a dangling character"]


@pytest.mark.parametrize("text", [b"NTLM supported", b"hello!", b"\xff\xfe", b"A", b"a=b=c", "grüß".encode()])
def test_what_is_no_base64_says_so(text: bytes) -> None:
    """No bytes are made up."""
    decoded, oddities = decode_base64(text)
    assert decoded == b""
    assert [oddity.name for oddity in oddities] == [OddityName.NOT_BASE64]


@pytest.mark.parametrize(
    "before",
    [
        "",
        "+ ",
        "+",
        "+OK ",
        "334 ",
        "383 ",
        "NTLM ",
        "Negotiate ",
        "WWW-Authenticate: NTLM ",
        "proxy-authenticate: Negotiate ",
        "Authorization: NTLM ",
        "S: + ",
        "S: 334 ",
        "< 334 ",
        '"',
        "{344}\r\n",
        'AUTHENTICATE "NTLM" "',
        "AUTHINFO GENERIC NTLM ",
        "AUTH NTLM ",
        "  \t",
    ],
)
def test_what_protocols_put_before_a_message_is_stripped(before: str) -> None:
    """Only the base64 is left, whichever dialogue it was copied from."""
    after = '"' if before.endswith('"') else "\r\n"
    assert strip_prefix(before + WINDOWS.decode() + after) == WINDOWS


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(wire.WINDOWS, id="raw"),
        pytest.param(WINDOWS, id="base64"),
        pytest.param(b"\xef\xbb\xbf" + WINDOWS + b"\n", id="base64-with-a-bom"),
        pytest.param(("\ufeff" + WINDOWS.decode()).encode("utf-16-le"), id="a-file-of-powershell"),
        pytest.param(b"\n".join(WINDOWS[at : at + 76] for at in range(0, len(WINDOWS), 76)), id="wrapped"),
        pytest.param("S: + " + WINDOWS.decode(), id="a-transcript-line"),
        pytest.param(f"C: AUTH NTLM\nS: +\nS: + {WINDOWS.decode()}\nC: *\n", id="a-transcript"),
        pytest.param(wire.WINDOWS.hex(), id="hex"),
        pytest.param(wire.WINDOWS.hex().upper(), id="upper-case-hex"),
        pytest.param(wire.WINDOWS.hex(" ", 2), id="spaced-hex"),
        pytest.param(wire.WINDOWS.hex(":"), id="colons"),
        pytest.param("0x" + wire.WINDOWS.hex(), id="0x"),
        pytest.param(", ".join(f"0x{byte:02x}" for byte in wire.WINDOWS), id="a-c-array"),
        pytest.param("".join(f"\\x{byte:02x}" for byte in wire.WINDOWS), id="escapes"),
    ],
)
def test_a_message_is_read_from_any_spelling(text: str | bytes) -> None:
    """One message, the same bytes each time."""
    assert read_any(text) == (wire.WINDOWS,)


@pytest.mark.parametrize(
    "dump",
    [
        pytest.param(XXD, id="xxd"),
        pytest.param(HEXDUMP, id="hexdump-C"),
        pytest.param(WIRESHARK, id="wireshark"),
        pytest.param(OD, id="od"),
    ],
)
def test_a_message_is_read_from_a_dump(dump: str) -> None:
    """Offsets and the text column are no part of it, even where the text looks like hex."""
    assert read_any(dump) == (DUMPED,)


def test_all_messages_of_a_transcript_are_read_in_order() -> None:
    """Type 1 and type 2 both come out."""
    text = f"C: AUTH NTLM\nS: +\nC: {b64encode(CURRENT).decode()}\nS: + {WINDOWS.decode()}\n"
    assert read_any(text) == (CURRENT, wire.WINDOWS)


def test_an_enveloped_message_keeps_its_envelope() -> None:
    """Taking it off is the reader's business."""
    wrapped = wrap_negotiate(CURRENT)
    assert read_any(wrapped) == (wrapped,)
    assert read_any("Authorization: Negotiate " + b64encode(wrapped).decode()) == (wrapped,)


def test_text_that_spells_no_message_is_handed_on() -> None:
    """Other bytes are given for the reader to judge; words give nothing."""
    assert read_any("deadbeef") == (b"\xde\xad\xbe\xef",)
    assert read_any("334 AAECAw==") == (b"\0\1\2\3",)
    assert read_any("what is this?") == ()
    assert read_any("") == ()
