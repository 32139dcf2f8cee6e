"""Bytes out of source code: string literals with escapes, as Python prints bytes, and lists of numbers."""

import re
from collections.abc import Iterator

from tightlip.ntlm.layout import SIGNATURE
from tightlip.ntlm.search import fits

# What is worth a look behind escapes: a message, or one in base64 that nobody sees without undoing them.
_SIGNATURES = re.compile(SIGNATURE + rb"[\1-\3]\0\0\0|TlRMTVNTUA|5UTE1TU1AA|OVExNU1NQA")
_BYTES_LITERAL = re.compile(rb"""\b[bB](?:'((?:\\.|[^'\\\n])*+)'|"((?:\\.|[^"\\\n])*+)")""")
_LITERAL = re.compile(rb"""'((?:\\.|[^'\\\n])*+)'|"((?:\\.|[^"\\\n])*+)\"""")
_UNQUOTED = re.compile(rb"(NTLMSSP\\.*)")
# Literals with nothing else between them are one.
_BETWEEN = re.compile(rb"[\s\\+$]*")
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|u00([0-9A-Fa-f]{2})|([0-7]{1,3})|(.))")
# Where Rust reads a zero and figures behind it, and C one number of up to three figures.
_OF_RUST = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|u00([0-9A-Fa-f]{2})|(0)|(.))")
_ZERO_AND_FIGURES = re.compile(rb"(?<!\\)(?:\\\\)*\\0[0-7]")
_NUMBERED = re.compile(rb"(?<!\\)(?:\\\\)*\\[1-7]")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}

_NUMBER = rb"(?:0[xX][0-9A-Fa-f]{1,2}|-?[0-9]{1,3})(?:_?[ui]8)?"
_NUMBERS = re.compile(rb"(?<![\w.-])" + _NUMBER + rb"(?:[\s,;]+" + _NUMBER + rb"(?![\w.]))++")
_CAST = re.compile(rb"\(\s*byte\s*\)\s*")
_SUFFIX = re.compile(rb"_?[ui]8\Z")
_SEPARATORS = re.compile(rb"[\s,;]+")


def read_literals(text: bytes) -> Iterator[bytes]:
    """What the literals with escapes in ``text`` that hold a signature spell, adjacent ones joined.

    Where the shell took the quotes away, the rest of the line is the literal. What Rust and C read differently is
    given where the lengths in the message tell which it is.
    """
    if b"\\" not in text:
        return
    for pattern in (_BYTES_LITERAL, _LITERAL, _UNQUOTED):
        bodies = (body for body in _bodies(text, pattern) if b"\\" in body and not _SIGNATURES.search(body))
        found = [spelled for spelled in map(_unescaped, bodies) if not spelled or _SIGNATURES.search(spelled)]
        if found:
            yield from found
            break


def read_numbers(text: bytes) -> Iterator[bytes]:
    """What lists of decimal numbers spell, signed or not, with hexadecimal ones (0x) among them."""
    for found in _NUMBERS.finditer(_CAST.sub(b"", text)):
        numbers = [_SUFFIX.sub(b"", number) for number in _SEPARATORS.split(found[0])]
        values = [int(number, 16 if b"x" in number.lower() else 10) for number in numbers]
        if all(-128 <= value <= 255 for value in values):
            yield bytes(value & 0xFF for value in values)


def _bodies(text: bytes, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
    joined = b""
    end = 0
    for found in pattern.finditer(text):
        if joined and not _BETWEEN.fullmatch(text, end, found.start()):
            yield joined
            joined = b""
        joined += found[found.lastindex or 0]
        end = found.end()
    yield joined


def _unescaped(body: bytes) -> bytes:
    """What a literal spells; nothing where it holds a message that Rust and C read differently, and neither fits."""
    spelled = _ESCAPE.sub(_character, body)
    if not _ZERO_AND_FIGURES.search(body) or _NUMBERED.search(body):
        return spelled
    other = _OF_RUST.sub(_character, body)
    if not (_SIGNATURES.search(spelled) or _SIGNATURES.search(other)):
        return spelled
    return next((each for each in (spelled, other) if fits(each)), b"")


def _character(found: re.Match[bytes]) -> bytes:
    if digits := found[1] or found[2]:
        return bytes.fromhex(digits.decode())
    if octal := found[3]:
        return bytes((int(octal, 8) & 0xFF,))
    return _LETTERS.get(found[4], found[4])
