"""Hex dumps told from the text around them, and the bytes they spell: a row counts only where its offsets agree."""

import re
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct


class Part(Struct, frozen=True):
    """A dump's bytes, or text between dumps."""

    data: bytes
    is_dump: bool = False


class _Row(Struct, frozen=True):
    """One row: its offset as written, the hex and text behind it; a squeezed row (``*``) has no offset."""

    offset: bytes
    rest: bytes = b""


# Comment signs, quotes and table bars may stand before a row.
_BEFORE = rb"[\s|>\"'#/]*"
_MARKED = re.compile(_BEFORE + rb"(?:0x)?([0-9A-Fa-f]{4,16}):[ \t|]*([0-9A-Fa-f]{2}.*)?", re.DOTALL)
_UNMARKED = re.compile(_BEFORE + rb"([0-9A-Fa-f]{4,16})(?:[ \t|]+([0-9A-Fa-f]{2}(?![0-9A-Za-z]*:).*))?\s*", re.DOTALL)
# gdb's x/xb: an address, perhaps a name in angle brackets, and bytes with 0x.
_DEBUGGER = re.compile(_BEFORE + rb"0x([0-9A-Fa-f]{4,16})(?: <[^>]*>)?:((?:\s+0x[0-9A-Fa-f]{2})+)\s*")
# WinDbg's db: an address in halves, and a hyphen in the middle of the row.
_HALVES = re.compile(rb"\s*([0-9A-Fa-f]{8})`([0-9A-Fa-f]{8}) {2}([0-9A-Fa-f]{2}[ -].*)", re.DOTALL)
_HYPHENATED = re.compile(rb"\s*([0-9A-Fa-f]{8}) {2}((?:[0-9A-Fa-f]{2} ){7}[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2} .*)", re.DOTALL)
# od -t u1: each number fills four columns.
_DECIMAL = re.compile(rb"\s*([0-9A-Fa-f]{6,8})((?: {3}[0-9]| {2}[0-9]{2}| [0-9]{3})+)\s*")
_SQUEEZED = _Row(b"")
_PAD = re.compile(rb"\|| {3,}|\t")
_GROUP = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_ZERO = re.compile(rb"0+")
_USUAL_WIDTH, _WIDEST = 16, 64
# An offset of four digits, a blank and a byte.
_SHORTEST = 7
_MOST_SQUEEZED = 4096

# A row without an offset: its bytes one by one, then perhaps the same as characters.
_BARE = re.compile(_BEFORE + rb"([0-9A-Fa-f]{2}(?:[ -][0-9A-Fa-f]{2}(?![0-9A-Za-z])){3,}+)(.*)", re.DOTALL)


def parted(text: bytes) -> Iterator[Part]:
    """Dumps (tcpdump, xxd, hexdump, od, Wireshark, specifications) and the text around them, in their order.

    Rows that look like a dump's and disagree with each other are part of no text either: what stands beside the hex is
    no message of its own.
    """
    rows: list[_Row] = []
    lines: list[bytes] = []
    for line in text.splitlines(keepends=True):
        row = _row(line, rows)
        if row is None or (rows and row.rest and _ZERO.fullmatch(row.offset)):
            yield from _dump(rows)
            rows = []
        if row is None:
            lines.append(line)
            continue
        if lines:
            yield Part(b"".join(lines))
            lines = []
        rows.append(row)
    yield from _dump(rows)
    if lines:
        yield Part(b"".join(lines))


def bare_rows(text: bytes) -> Iterator[bytes]:
    """The bytes of rows of single hex bytes without offsets, as far as rows of one width follow each other."""
    block: list[bytes] = []
    for line in text.splitlines():
        found = _BARE.match(line)
        row = bytes.fromhex(found[1].replace(b"-", b" ").decode()) if found else b""
        if found and found[2].strip() and len(row) > _USUAL_WIDTH:
            row = row[:_USUAL_WIDTH]
        if block and (not row or len(block[-1]) != len(block[0])):
            yield b"".join(block)
            block = []
        if row:
            block.append(row)
    if block:
        yield b"".join(block)


def is_squeezed(text: bytes) -> bool:
    """Whether rows without offsets have one that stands for nobody knows how many (`od -An`)."""
    lines = text.splitlines()
    return any(line.strip() == b"*" and _BARE.match(above) for above, line in pairwise(lines))


def _row(line: bytes, before: list[_Row]) -> _Row | None:
    if before and line.strip() == b"*":
        return _SQUEEZED
    if not before and len(line) < _SHORTEST:
        return None
    if tool := _row_of_tool(line):
        return tool
    if found := _MARKED.match(line):
        is_end = bool(before) and not line[found.end() :].strip()
        return _Row(found[1], found[2] or b"") if found[2] or is_end else None
    # Without a colon four digits may be data as well: the first offset of a dump is zero.
    found = _UNMARKED.fullmatch(line)
    if found is None or not (before or (found[2] and _ZERO.fullmatch(found[1]))):
        return None
    return _Row(found[1], found[2] or b"")


def _row_of_tool(line: bytes) -> _Row | None:
    """A row that can be nothing else."""
    if found := _DEBUGGER.fullmatch(line):
        return _Row(found[1], found[2].replace(b"0x", b"").replace(b"\t", b" ").strip())
    if found := _HALVES.fullmatch(line):
        return _Row(found[1] + found[2], found[3])
    if found := _HYPHENATED.fullmatch(line):
        return _Row(found[1], found[2])
    if found := _DECIMAL.fullmatch(line):
        numbers = [int(number) for number in found[2].split()]
        return _Row(found[1], bytes(numbers).hex(" ").encode()) if max(numbers) < 256 else None
    return None


def _dump(rows: list[_Row]) -> Iterator[Part]:
    bases = (base for base in (16, 8, 10) if _agrees(rows, base))
    base = next(bases, None)
    if base is not None:
        yield Part(_joined(rows, base), is_dump=True)


def _agrees(rows: list[_Row], base: int) -> bool:
    try:
        offsets = [int(row.offset, base) if row.offset else None for row in rows]
    except ValueError:
        return False
    for (row, offset), following in pairwise([*zip(rows, offsets, strict=True)]):
        if offset is None or following[1] is None:
            continue
        width, found = following[1] - offset, _bytes(row, _WIDEST)
        # Octal and decimal offsets come without a column of text, which could look like more bytes.
        if not 0 < width <= _WIDEST or len(found) < width or (base != 16 and len(found) != width):
            return False
    # A row by itself may be any words, unless it is a first one.
    return bool(offsets) and bool(rows[0].rest) and (len(rows) > 1 or offsets[0] == 0)


def _joined(rows: list[_Row], base: int) -> bytes:
    found = b""
    width = _USUAL_WIDTH
    start = int(rows[0].offset, base)
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        if not row.offset:
            missing = int(following.offset, base) - start - len(found) if following and following.offset else 0
            missing = min(missing, _MOST_SQUEEZED)
            found += (found[-width:] * (missing // width + 1))[: max(missing, 0)]
            continue
        if following and following.offset:
            width = int(following.offset, base) - int(row.offset, base)
        found += _bytes(row, width)
    return found


def _bytes(row: _Row, width: int) -> bytes:
    # The text column may look like hex too: it begins after a run of padding, or when the row is full.
    digits = b""
    for group in _PAD.split(row.rest, maxsplit=1)[0].replace(b"-", b" ").split():
        if len(digits) >= 2 * width or not _GROUP.fullmatch(group):
            break
        digits += group
    return bytes.fromhex(digits[: 2 * width].decode())
