"""Places in a text, replacements at places, and how sets of replacements are carried out and joined.

Texts are bytes: a configuration may hold Latin-1, broken UTF-8 or both, and what is not touched stays as it was.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from msgspec import Struct


class Span(Struct, frozen=True, order=True, gc=False):
    """The bytes from ``start`` up to, not including, ``end``."""

    start: int
    end: int


class Splice(Struct, frozen=True, gc=False):
    """What is to stand in the place of a span; an empty span is an insertion."""

    span: Span
    replacement: bytes


def apply(text: bytes, splices: Sequence[Splice]) -> bytes:
    """The text with every splice done; ``apply(text, []) == text``.

    Splices stand in order and do not overlap; spans count in the text as it was. ValueError otherwise.
    """
    _refuse_disorder(splices, len(text))
    parts, done = [], 0
    for splice in splices:
        parts += [text[done : splice.span.start], splice.replacement]
        done = splice.span.end
    return b"".join([*parts, text[done:]])


def compose(text: bytes, first: Sequence[Splice], second: Sequence[Splice]) -> tuple[Splice, ...]:
    """Splices on ``text`` that do at once what ``first``, and then ``second`` on its outcome, would do."""
    _refuse_disorder(first, len(text))
    outcome = len(text) + sum(len(each.replacement) - each.span.end + each.span.start for each in first)
    _refuse_disorder(second, outcome)
    kept = _cut(list(_pieces(len(text), first)), second)
    return tuple(_gaps(kept, len(text)))


def digest(text: bytes) -> str:
    """The sha256 of a text, in hex."""
    return sha256(text).hexdigest()


def _refuse_disorder(splices: Sequence[Splice], size: int) -> None:
    done, insertion = 0, -1
    for splice in splices:
        start, end = splice.span.start, splice.span.end
        if not done <= start <= end <= size or start == end == insertion:
            raise ValueError(f"splice {start}-{end} overlaps, is out of order or out of range")
        done, insertion = end, (end if start == end else -1)


# A stretch of a text in the making: bytes kept from the original, or new ones.
_Piece = Span | bytes


def _pieces(size: int, splices: Sequence[Splice]) -> Iterator[_Piece]:
    done = 0
    for splice in splices:
        yield Span(done, splice.span.start)
        yield splice.replacement
        done = splice.span.end
    yield Span(done, size)


def _cut(pieces: list[_Piece], splices: Sequence[Splice]) -> Iterator[_Piece]:
    """The pieces with the splices done, whose spans count along the pieces."""
    at = done = 0
    for splice in splices:
        at, kept = _take(pieces, at, done, splice.span.start)
        yield from kept
        yield splice.replacement
        at, _ = _take(pieces, at, splice.span.start, splice.span.end)
        done = splice.span.end
    yield from pieces[at:]


def _take(pieces: list[_Piece], at: int, start: int, end: int) -> tuple[int, list[_Piece]]:
    """Take ``end - start`` bytes off the pieces from number ``at`` on; the number that comes next, and the taken."""
    taken: list[_Piece] = []
    left = end - start
    while left > 0:
        head, rest = _halve(pieces[at], left)
        taken.append(head)
        left -= _size(head)
        if _size(rest):
            pieces[at] = rest
        else:
            at += 1
    return at, taken


def _halve(piece: _Piece, size: int) -> tuple[_Piece, _Piece]:
    if isinstance(piece, bytes):
        return piece[:size], piece[size:]
    middle = min(piece.start + size, piece.end)
    return Span(piece.start, middle), Span(middle, piece.end)


def _size(piece: _Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.end - piece.start


def _gaps(pieces: Iterator[_Piece], size: int) -> Iterator[Splice]:
    """The splices that turn the original into the pieces: what stands between two kept stretches."""
    done, new = 0, b""
    for piece in [*(each for each in pieces if _size(each)), Span(size, size)]:
        if isinstance(piece, bytes):
            new += piece
            continue
        if new or piece.start > done:
            yield Splice(Span(done, piece.start), new)
        done, new = piece.end, b""
