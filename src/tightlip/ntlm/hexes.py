"""Bytes out of hexadecimal as people paste it: plain, spaced, with 0x or colons, or somewhere in a line."""

import re
from collections.abc import Iterator

_MARKS = re.compile(rb"0[xX]|\\x|[\s:,;\-]")
# An address before the bytes, or between them: what is no dump of a kind that is known is not read with these in it.
_ADDRESSED = re.compile(
    rb"""^[ \t]*(?:0x)?(?:[0-9A-F]{4,16}:\s | [0-9A-F]{4,16}:?[ \t]+(?:0x)?[0-9A-F]{2}\b
    | [0-9A-F]{5,16}[ \t]+[0-9A-F]{4}\b)""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_DIGITS = re.compile(rb"[0-9A-Fa-f]+")
# The signature, its bytes parted by the same mark or by none, and all bytes that follow in the same manner.
_IN_LINE = re.compile(
    rb"4e(?P<mark>[ :\-]?)" + rb"(?P=mark)".join(b"54 4c 4d 53 53 50 00".split()) + rb"(?:(?P=mark)[0-9a-f]{2})*+",
    re.IGNORECASE,
)


def read_hex(text: bytes) -> bytes | None:
    """The bytes that hex digits spell, None where ``text`` holds anything else, or addresses.

    An odd last digit is dropped.
    """
    if _ADDRESSED.search(text):
        return None
    digits = _MARKS.sub(b"", text)
    if not _DIGITS.fullmatch(digits):
        return None
    return bytes.fromhex(digits[: len(digits) & ~1].decode())


def hex_in(line: bytes) -> Iterator[bytes]:
    """The messages that stand in a line as hex, from their signatures on, whatever stands around them."""
    for found in _IN_LINE.finditer(line):
        yield bytes.fromhex(_MARKS.sub(b"", found[0]).decode())
