"""Where a new statement goes: on its own line, indented as its siblings, with the line end of the text."""

from collections.abc import Iterable

from tightlip.syntax.lines import newline_of
from tightlip.syntax.reading import Entry, Kind, Reading
from tightlip.syntax.spans import Span, Splice


def after(reading: Reading, anchor: Entry, statement: bytes, indentation: bytes | None = None) -> Splice:
    """The statement on a line of its own behind an entry, indented as the entry unless told otherwise."""
    if indentation is None:
        indentation = indentation_of(reading.text, anchor.span.start)
    return line_at(reading.text, line_end(reading.text, anchor.span.end), indentation + statement)


def at_end(reading: Reading, statement: bytes) -> Splice:
    """The statement behind the last entry outside all blocks, or where there is none, at the end of the text."""
    outer = last(each for each in reading.entries if each.within is None)
    if outer is None:
        return line_at(reading.text, len(reading.text), statement)
    return after(reading, outer, statement, b"" if outer.kind is Kind.BLOCK else None)


def line_at(text: bytes, position: int, content: bytes) -> Splice:
    """An insertion of a line at a line's start, or at the end of a text whose last line may be unended."""
    newline = newline_of(text)
    if 0 < position == len(text) and not text.endswith(b"\n"):
        return Splice(Span(position, position), newline + content)
    return Splice(Span(position, position), content + newline)


def line_end(text: bytes, position: int) -> int:
    """The start of the line behind the one with this position; the end of the text behind the last."""
    found = text.find(b"\n", position)
    return len(text) if found < 0 else found + 1


def line_start(text: bytes, position: int) -> int:
    """The start of the line with this position."""
    return text.rfind(b"\n", 0, position) + 1


def indentation_of(text: bytes, position: int) -> bytes:
    """The white space that the line with this position begins with."""
    start = line_start(text, position)
    content = text[start:position]
    return content[: len(content) - len(content.lstrip(b" \t"))]


def last(entries: Iterable[Entry]) -> Entry | None:
    """The last of some entries."""
    return next(reversed(list(entries)), None)
