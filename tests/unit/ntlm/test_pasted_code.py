"""What debuggers, programs and documents print a message as, and what stands behind it; read whole, or not at all.

The forms are those of gdb 13 (`x/8xb`, `<name+offset>`), WinDbg (`db`), coreutils' od, Wireshark's "as Escaped String",
and source code of Rust, Java, JavaScript, Python, C and bash.
"""

from base64 import b64encode
from collections.abc import Callable

import pytest

from tests.unit.costing import at_most
from tests.unit.ntlm import wire
from tightlip.ntlm.armour import read_any

TYPE2 = wire.WINDOWS
BASE64 = b64encode(TYPE2).decode()
# 120 bytes: their base64 needs no padding.
UNPADDED = wire.SAMBA
PACKET = bytes(range(40, 60)) + b"\r\n+ " + BASE64.encode() + b"\r\n"


def rows(data: bytes, form: Callable[[int, bytes], str], width: int = 16) -> str:
    """A line for each so many bytes, made of their offset and themselves."""
    return "".join(f"{form(at, data[at : at + width])}\n" for at in range(0, len(data), width))


def gdb(at: int, row: bytes) -> str:
    """A row of `x/8xb`."""
    return f"0x{0x7FFE0000 + at:x}:\t" + "\t".join(f"0x{byte:02x}" for byte in row)


def named(at: int, row: bytes) -> str:
    """The same below a symbol."""
    name = f"buf+{at}" if at else "buf"
    return f"0x{0x7FFFFFFFD000 + at:x} <{name}>:\t" + "\t".join(f"0x{byte:02x}" for byte in row)


def windbg(at: int, row: bytes) -> str:
    """A row of `db` on 64 bits."""
    characters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
    return f"00007ff6`{0x12345670 + at:08x}  {row[:8].hex(' ')}-{row[8:].hex(' ')}  {characters}"


def decimal(at: int, row: bytes) -> str:
    """A row of `od -t u1`."""
    return f"{at:07o}" + "".join(f"{byte:4d}" for byte in row)


def escaped(row: bytes) -> str:
    """Every byte as an escape."""
    return "".join(f"\\x{byte:02x}" for byte in row)


def broken(text: str, by: str) -> str:
    """Sixty characters a line."""
    return by.join(text[at : at + 60] for at in range(0, len(text), 60))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(rows(TYPE2, gdb, 8), id="gdb"),
        pytest.param(rows(TYPE2, named, 8), id="gdb-below-a-symbol"),
        pytest.param(rows(b"\0\0" + TYPE2, gdb, 8), id="gdb-from-before"),
        pytest.param("(gdb) x/222xb buf\n" + rows(TYPE2, gdb, 8) + "(gdb) q\n", id="gdb-session"),
        pytest.param(rows(TYPE2, windbg), id="windbg"),
        pytest.param(rows(TYPE2, windbg).replace("00007ff6`", ""), id="windbg-32-bits"),
        pytest.param(rows(TYPE2, decimal) + f"{len(TYPE2):07o}\n", id="od-decimal"),
    ],
)
def test_dumps_of_debuggers_are_read(text: str) -> None:
    """Addresses are no part of the message."""
    assert read_any(text) == (TYPE2,)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n".join(rows(TYPE2, gdb, 8).splitlines()[:3] + ["0x7ffe0028:\t0x00"]), id="gdb-with-a-gap"),
        pytest.param(f"000000 {TYPE2[:16].hex(' ')}\n000030 {TYPE2[48:64].hex(' ')}\n", id="rows-with-a-gap"),
        pytest.param(f"{TYPE2[:16].hex(' ')}\n*\n{TYPE2[16:32].hex(' ')}\n", id="od-An-with-equal-rows-left-out"),
        pytest.param(f"0x4e544c4d:\t{TYPE2.hex()}", id="an-address"),
    ],
)
def test_what_could_only_be_guessed_is_not_read(text: str) -> None:
    """Nothing, rather than addresses among the bytes or a message that ends too early."""
    assert [message for message in read_any(text) if b"NTLMSSP" in message] == []


@pytest.mark.parametrize("after", ["QUIT\n", "AUTH NTLM\n", "STLS", "and so on\n", "\n\nQUIT\r\n"])
@pytest.mark.parametrize("before", ["+ ", "334 ", ""])
def test_what_follows_a_message_is_no_part_of_it(before: str, after: str) -> None:
    """Base64 without padding ends at its line, or its word, with or without more lines of its own."""
    text = b64encode(UNPADDED).decode()
    assert read_any(f"{before}{text}\n{after}") == (UNPADDED,)
    assert read_any(f"{before}{text} {after}") == (UNPADDED,)
    assert read_any(f"{before}{text[:64]}\n{text[64:]}\n{after}") == (UNPADDED,)


def test_two_messages_are_two() -> None:
    """In lines of their own, on one line, and in a list."""
    text = b64encode(UNPADDED).decode()
    for both in (f"+ {text}\nQUIT\n334 {BASE64}\nAUTH\n", f"{text} {BASE64}\n", f'["{text}", "{BASE64}"]'):
        assert read_any(both) == (UNPADDED, TYPE2)


def rust(message: bytes) -> str:
    """As Rust prints bytes: letters and figures stand for themselves behind a zero, too."""
    shown = (
        "\\0" if not byte else chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\x{byte:02x}" for byte in message
    )
    return f'b"{"".join(shown)}"'


@pytest.mark.parametrize("name", ["01", "7", "x"])
def test_zeros_of_rust_are_zeros(name: str) -> None:
    """`\\01` is a zero and a figure where the lengths in the message want that; C's reading is not guessed."""
    message = wire.Message(
        flags=0x00828205, name=wire.utf16(name), info=wire.pair(1, wire.utf16("1A2")) + wire.end()
    ).encode()
    assert "\\01" in rust(message)
    assert read_any(rust(message)) == (message,)
    assert read_any(rust(message[:-1])) == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('String s = "' + broken(BASE64, '" +\n    "') + '";', id="java"),
        pytest.param("const s = '" + broken(BASE64, "'\n  + '") + "'", id="javascript"),
        pytest.param('{"blob": "' + broken(BASE64, "\\n") + '\\n"}', id="json"),
        pytest.param('{"blob": "' + broken(BASE64, "\\r\\n") + '"}', id="json-crlf"),
        pytest.param("+ " + broken(BASE64, "=\r\n").removesuffix("=") + "=3D\r\n", id="quoted-printable"),
    ],
)
def test_base64_is_followed_over_a_break(text: str) -> None:
    """As source code, JSON and quoted-printable have it."""
    assert read_any(text) == (TYPE2,)


def test_a_message_that_was_cut_is_not_mended_with_another() -> None:
    """Two literals beside each other, the first of which ends too early."""
    assert read_any(f'["{BASE64[:100]}"\n "{BASE64}"]') == (TYPE2[:75], TYPE2)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(rows(TYPE2, lambda _, row: f'"{escaped(row)}" \\'), id="wireshark-escaped"),
        pytest.param(rows(PACKET, lambda _, row: f'"{escaped(row)}" \\'), id="wireshark-escaped-packet"),
        pytest.param("(" + rows(TYPE2, lambda _, row: f" b'{escaped(row)}'") + ")", id="python-lines"),
        pytest.param(f"printf %s $'{escaped(TYPE2)}' | nc", id="bash"),
        pytest.param("byte[] m = {" + ", ".join(f"(byte)0x{byte:02X}" for byte in TYPE2) + "};", id="java-casts"),
        pytest.param("let m = [" + ", ".join(f"{byte}u8" for byte in TYPE2) + "];", id="rust-numbers"),
        pytest.param("let m = [0x4eu8, " + ", ".join(f"0x{byte:02x}" for byte in TYPE2[1:]) + "];", id="rust-hex"),
        pytest.param(rows(PACKET, lambda _, row: ", ".join(f"0x{byte:02x}" for byte in row) + ","), id="c-of-a-packet"),
        pytest.param(PACKET.hex(), id="hex-of-a-packet"),
    ],
)
def test_more_source_code_is_read(text: str) -> None:
    """Bytes all of which are escaped or cast, and packets with a line of base64 in them."""
    assert read_any(text) == (TYPE2,)


@pytest.mark.parametrize(
    "unit",
    [
        b"QUIT ",
        b"AAAA ",
        b"'\\x4e' ",
        b"\\0001",
        b"(byte)0x4e,",
        b"0x7ffe0000:\t0x4e\n",
        b"4e 54 4c 4d\n*\n",
        b'"\\n"+\n',
    ],
)
def test_hostile_code_is_looked_through_in_no_time(unit: bytes) -> None:
    """A quarter of a megabyte, by itself and behind the beginning of a message."""
    for head in (b"", BASE64.encode() + b" ", BASE64[:40].encode() + b" "):
        with at_most(seconds=6, mebibytes=200):
            read_any(head + unit * ((256 << 10) // len(unit)))
