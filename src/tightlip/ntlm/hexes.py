"""Bytes out of hexadecimal as people paste it: plain, spaced, with 0x or colons, or a dump with offsets."""

import re

_OFFSET = re.compile(rb"\s*([0-9A-Fa-f]{4,16}):?[ \t]+")
_PAD = re.compile(rb"\|| {3,}|\t")
_GROUP = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_MARKS = re.compile(rb"0[xX]|\\x|[\s:,;\-]")
_WIDEST = 64
_DIGITS = re.compile(rb"[0-9A-Fa-f]+")


def read_hex(text: bytes) -> bytes | None:
    """The bytes that hex digits or a dump (xxd, hexdump -C, od -tx1, Wireshark) spell, None if it is neither.

    A dump is known by its first offset, which is zero. An odd last digit is dropped.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    first = _OFFSET.match(lines[0])
    if first and not int(first[1], 16):
        return _read_dump(lines)
    digits = _MARKS.sub(b"", text)
    if not _DIGITS.fullmatch(digits):
        return None
    return bytes.fromhex(digits[: len(digits) & ~1].decode())


def _read_dump(lines: list[bytes]) -> bytes:
    offsets = [match for line in lines[:2] if (match := _OFFSET.match(line))]
    width = int(offsets[1][1], 16) if len(offsets) == 2 else 0
    if not 0 < width <= _WIDEST:
        width = 16
    rows = (_read_row(line[match.end() :], width) for line in lines if (match := _OFFSET.match(line)))
    return b"".join(rows)


def _read_row(row: bytes, width: int) -> bytes:
    # The text column may look like hex too: it begins after a run of padding, or when the row is full.
    digits = b""
    for group in _PAD.split(row, maxsplit=1)[0].split():
        if len(digits) >= 2 * width or not _GROUP.fullmatch(group):
            break
        digits += group
    return bytes.fromhex(digits.decode())
