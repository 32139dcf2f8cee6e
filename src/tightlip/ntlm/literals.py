"""Bytes out of source code: string literals with escapes, as Python prints bytes, and lists of numbers."""

import re
from collections.abc import Iterator

# What is worth a look: the signature with its end written as an escape.
_ESCAPED = re.compile(rb"NTLMSSP\\(?:x00|u0000|0{1,3}(?![0-7]))")
_BYTES_LITERAL = re.compile(rb"""\b[bB](?:'((?:\\.|[^'\\\n])*+)'|"((?:\\.|[^"\\\n])*+)")""")
_LITERAL = re.compile(rb"""'((?:\\.|[^'\\\n])*+)'|"((?:\\.|[^"\\\n])*+)\"""")
_UNQUOTED = re.compile(rb"(NTLMSSP\\.*)")
# Literals with nothing else between them are one.
_BETWEEN = re.compile(rb"[\s\\+]*")
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|u00([0-9A-Fa-f]{2})|([0-7]{1,3})|(.))")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}

_NUMBER = rb"(?:0[xX][0-9A-Fa-f]{1,2}|-?[0-9]{1,3})"
_NUMBERS = re.compile(rb"(?<![\w.-])" + _NUMBER + rb"(?:[\s,;]+" + _NUMBER + rb"(?![\w.]))++")
_SEPARATORS = re.compile(rb"[\s,;]+")


def read_literals(text: bytes) -> Iterator[bytes]:
    """What the literals in ``text`` that hold a signature spell, adjacent ones joined.

    Where the shell took the quotes away, the rest of the line is the literal.
    """
    if not _ESCAPED.search(text):
        return
    for pattern in (_BYTES_LITERAL, _LITERAL, _UNQUOTED):
        bodies = [body for body in _bodies(text, pattern) if _ESCAPED.search(body)]
        if bodies:
            yield from map(_unescaped, bodies)
            break


def read_numbers(text: bytes) -> Iterator[bytes]:
    """What lists of decimal numbers spell, signed or not, with hexadecimal ones (0x) among them."""
    for found in _NUMBERS.finditer(text):
        values = [int(number, 16 if b"x" in number.lower() else 10) for number in _SEPARATORS.split(found[0])]
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
    return _ESCAPE.sub(_character, body)


def _character(found: re.Match[bytes]) -> bytes:
    if digits := found[1] or found[2]:
        return bytes.fromhex(digits.decode())
    if octal := found[3]:
        return bytes((int(octal, 8) & 0xFF,))
    return _LETTERS.get(found[4], found[4])
