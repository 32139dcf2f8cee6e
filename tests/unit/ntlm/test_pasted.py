"""What people paste, as real tools print it, and as specifications and source code hold it: the messages, or nothing.

The files in ``dumps/`` are the output of tcpdump 4.99.3 (packets of a conversation on loopback), od of coreutils 9.1,
hexdump and xxd of Debian 12.
"""

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.costing import at_most
from tests.unit.ntlm import gss_ntlmssp, wire
from tightlip.ntlm.armour import read_any
from tightlip.ntlm.negotiate import CURRENT
from tightlip.ntlm.spnego import wrap_negotiate

DUMPS = Path(__file__).parent / "dumps"
TYPE2 = wire.WINDOWS
# The message that the squeezed dumps were made from: more than two rows of it are zeros.
SQUEEZED = wire.Message(
    flags=0x00820205,
    name=wire.utf16("MX1"),
    info=wire.pair(3, wire.utf16("mx1")) + wire.pair(8, bytes(96)) + wire.end(),
).encode()
ENVELOPED = gss_ntlmssp.WRAPPED
SHREDS = [
    *(
        "00000000: ",
        "0x0010:  ",
        "0000020 ",
        "\n",
        "*\n",
        "4e 54 4c 4d 53 53 50 00 ",
        "02 00 00 00 ",
        "|",
        "- ",
        "b'",
        '"',
    ),
    *("NTLMSSP\\x00", "\\2\\0\\0\\0", "78, 84, 76, 77, 83, 83, 80, 0, ", "2, 0, 0, 0, ", "-1 999 ", "TlRMTVNTUAACAAAA"),
    *("5UTE1TU1AAAgAAAA", "OVExNU1NQAAIAAAA", "oRQ", "334-", "=", "4e54", "\x00", "ffff "),
]
BASE64 = b64encode(TYPE2).decode()


def printed(data: bytes, *, offset: str = "", between: str = " ", text: str = "    {}", bar: str = "") -> str:
    """Rows of sixteen bytes as specifications print them: offset, hex, characters."""
    lines = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        characters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        hexes = row.hex(between).ljust(47)
        lines.append(f"{bar}{offset.format(at)}{bar}{hexes}{bar}{text.format(characters)}{bar}".rstrip())
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("option", ["x", "X", "xx", "XX"])
def test_packets_of_tcpdump_are_looked_into(option: str) -> None:
    """A type 1 and a type 2 in base64 and a raw type 2, each in a packet; the column of text is no part of it."""
    assert read_any((DUMPS / f"tcpdump-{option}.txt").read_bytes()) == (CURRENT, TYPE2, TYPE2)


def test_a_packet_of_tcpdump_without_its_first_line_is_enough() -> None:
    """As copied out of a terminal; before, its offsets were read as bytes of a message."""
    rows = [line for line in (DUMPS / "tcpdump-x.txt").read_text().splitlines() if line.startswith("\t")]
    begun = [number for number, row in enumerate(rows) if row.startswith("\t0x0000:")]
    assert read_any("\n".join(rows[begun[2] :])) == (TYPE2,)


@pytest.mark.parametrize("name", ["od", "od-A-x", "od-A-d", "hexdump-C", "xxd"])
def test_dumps_of_other_tools_are_read(name: str) -> None:
    """Offsets are hexadecimal, octal or decimal, whichever agrees with the rows."""
    assert read_any((DUMPS / f"{name}.txt").read_bytes()) == (TYPE2,)


@pytest.mark.parametrize("name", ["od", "od-A-x", "od-A-d", "hexdump-C"])
def test_rows_that_a_tool_left_out_as_equal_are_filled_in(name: str) -> None:
    """An asterisk stands for as many rows like the last as are missing to the next offset."""
    assert read_any((DUMPS / f"squeezed-{name}.txt").read_bytes()) == (SQUEEZED,)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(printed(TYPE2, offset="{:08x}:"), id="ms-pop3"),
        pytest.param(printed(TYPE2, offset="{:07x}: ", text=" {}"), id="ms-nlmp"),
        pytest.param("The message:\n\n" + printed(TYPE2, offset="{:07x}: ", text=" {}") + "\nEnd.", id="with-words"),
        pytest.param(printed(TYPE2, text=" {}"), id="without-offsets"),
        pytest.param(printed(TYPE2, text=""), id="hex-alone"),
        pytest.param("Frame:\n" + printed(TYPE2, text=""), id="hex-below-a-word"),
        pytest.param(printed(TYPE2, offset=" {:08x} ", bar="|"), id="table"),
        pytest.param(printed(TYPE2, offset=" {:04X}h: ", text=" {}").replace("h:", ":"), id="short-offsets"),
        pytest.param(
            "\n".join(f'"{line}",' for line in printed(TYPE2, offset="{:07x}: ", text=" {}").splitlines()), id="quoted"
        ),
        pytest.param(f"11: Type 2 (222 bytes): FF FA 25 {TYPE2.hex(' ').upper()} (end)", id="hex-in-a-line"),
    ],
)
def test_dumps_of_specifications_are_read(text: str) -> None:
    """Written after the layout of Microsoft's documents (MS-NLMP 4.2, MS-POP3 4.1), with and without offsets."""
    assert read_any(text) == (TYPE2,)


def test_a_part_of_a_larger_dump_is_read() -> None:
    """The first offset is not zero where the rows before it were left out."""
    rows = printed(bytes(64) + TYPE2, offset="{:08x}: ").splitlines()
    assert read_any("\n".join(rows[3:])) == (TYPE2,)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(repr(TYPE2), id="repr"),
        pytest.param(f"challenge = {TYPE2!r}\nreply(challenge)\n", id="assignment"),
        pytest.param(repr(TYPE2)[2:-1], id="the-shell-took-the-quotes"),
        pytest.param(f"it's {TYPE2!r}", id="behind-an-apostrophe"),
        pytest.param(f"(\n    {TYPE2[:90]!r}\n    {TYPE2[90:]!r}\n)", id="two-lines"),
        pytest.param(
            '{"ntlm": "' + "".join(f"\\u{b:04x}" if not 64 < b < 91 else chr(b) for b in TYPE2) + '"}', id="json"
        ),
        pytest.param('"' + "".join(f"\\{b:03o}" if not 64 < b < 91 else chr(b) for b in TYPE2) + '"', id="octal"),
        pytest.param(str(list(TYPE2)), id="decimal-list"),
        pytest.param(" ".join(map(str, TYPE2)), id="decimal-words"),
        pytest.param("\n".join(map(str, TYPE2)), id="decimal-lines"),
        pytest.param("byte[] m = { " + ", ".join(str(b - 256 * (b > 127)) for b in TYPE2) + " };", id="java"),
        pytest.param("{78, 0x54, 0x4C, " + ", ".join(map(str, TYPE2[3:])) + "}", id="mixed"),
    ],
)
def test_source_code_is_read(text: str) -> None:
    """Literals with escapes, adjacent ones as one, and lists of numbers, signed or not."""
    assert read_any(text) == (TYPE2,)


@pytest.mark.parametrize("name", ["it's", 'say "x"', "back\\slash", "\r\n\t", "both ' and \""])
def test_every_byte_of_a_python_literal_is_the_same(name: str) -> None:
    """Quotes, backslashes and line ends inside the message are Python's business to escape and ours to undo."""
    message = wire.Message(flags=0x00008206, name=name.encode(), info=None).encode()
    assert read_any(repr(message)) == (message,)


@pytest.mark.parametrize(
    "text",
    [
        "foo: {}",
        "{}",
        "SASL> {} <",
        "2026-11-28T06:17:48Z mail01 imapd[77]: sent {}, waiting",
        "<- 334 {}",
        '{{"token":"{}"}}',
    ],
)
def test_base64_behind_an_unknown_prefix_is_read(text: str) -> None:
    """With its envelope, which the reader takes off: of ours, and of gss-ntlmssp's answer."""
    for message in (wrap_negotiate(CURRENT), ENVELOPED, TYPE2):
        assert read_any(text.format(b64encode(message).decode())) == (message,)


def test_base64_that_a_document_broke_into_lines_is_put_together() -> None:
    """The first line has a prefix and the others have none, as in MS-POP3 4.1."""
    lines = [BASE64[at : at + 66] for at in range(0, len(BASE64), 66)]
    assert read_any(" + " + "\n ".join(lines) + "\n\nThat is all.\n") == (TYPE2,)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("".join(line[48:] for line in printed(TYPE2).splitlines()), id="only-characters"),
        pytest.param((DUMPS / "tcpdump-X.txt").read_text()[-700:-300], id="middle-of-a-packet"),
        pytest.param("\t0x0030:  05d8 a00d 2b20 546c 524d 5456 4e54 5541  ....+.TlRMTVNTUA\n", id="a-row-of-tcpdump"),
        pytest.param("  0x0040:  546c 524d 5456 4e54 5541 4143 4141 4141  TlRMTVNTUAACAAAA\n", id="a-row-of-base64"),
        pytest.param("b'NTLMSSP\\x00'", id="signature-alone"),
        pytest.param("NTLMSSP\\x00\\x09\\x00\\x00\\x00 is no type", id="no-type"),
        pytest.param("78, 84, 76, 77, 83, 83, 80, 0, 2, 0, 0, 0, 999, 1", id="no-bytes"),
        pytest.param("78 84 76 77", id="too-few"),
        pytest.param("foo: TlRMTVNTUAAC", id="too-short-behind-a-prefix"),
        pytest.param("oRQwEqADCgEBoQsGCSqGSIL3EgECAg==", id="spnego-of-kerberos"),
    ],
)
def test_nothing_certain_is_nothing(text: str) -> None:
    """No message is made of the column of text, of rows out of order, or of a signature without a type."""
    assert [message for message in read_any(text) if b"NTLMSSP" in message] == []


def test_rows_that_disagree_with_their_offsets_make_no_message() -> None:
    """Where a row is missing in the middle, nobody knows what the message said."""
    rows = printed(TYPE2, offset="{:08x}: ").splitlines()
    assert read_any("\n".join(rows[:3] + rows[5:])) == ()


@settings(max_examples=300)
@given(st.lists(st.sampled_from(SHREDS) | st.text(max_size=9), max_size=12))
def test_nothing_that_is_pasted_makes_it_raise(shreds: list[str]) -> None:
    """Whatever comes together, what is found has a signature or is the whole of what was spelled."""
    text = "".join(shreds)
    found = read_any(text)
    assert len(found) < 2 or all(b"NTLMSSP\0" in message for message in found)


@pytest.mark.parametrize(
    "unit",
    [
        b"TlRMTVNTUAACAAAA\n",
        b"00000000: 4e 54\n",
        b"0000 4e 54\n*\n",
        b"0000 00\n*\nffff0000 00\n",
        b"b'NTLMSSP\\x00",
        b"'\"",
        b"78 84 ",
        b"4e 54 4c 4d 53 53 50 00 ",
        b"4e 54 4c 4d\n",
        b"foo: oRQ",
        b"|||||",
        b"5UTE1TU1AAAgAAAA ",
    ],
)
def test_hostile_text_is_looked_through_in_no_time(unit: bytes) -> None:
    """A quarter of a megabyte of what each reader would like to begin again and again at."""
    with at_most(seconds=6, mebibytes=200):
        read_any(unit * ((256 << 10) // len(unit)))
