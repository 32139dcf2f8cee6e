"""Logical lines: physical ones put together as a grammar says, which remember where each byte came from."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from msgspec import Struct

from tightlip.syntax.lines import lines, strange
from tightlip.syntax.spans import Span

# A longer comment belongs to the file rather than to the statement below it.
MOST_COMMENT = 40
# sasl_config_init() reads with fgets() into 4,096 bytes, and takes what is left of a line for one of its own.
_LONGEST_SINGLE = 4_095
_CUT = f"longer than {_LONGEST_SINGLE:,} bytes: the program takes the rest for a line of its own"
LONE_BACKSLASH = "a backslash alone in front of a statement"


class Logical(Struct, frozen=True, kw_only=True):
    """One logical line: the number of its first line, its parts, comments above it, and why it cannot be read."""

    number: int
    parts: list[Span]
    above: list[bytes]
    why: str = ""


class Joined:
    """A logical line: stretches of the text put together with ``glue`` between them."""

    def __init__(self, text: bytes, parts: list[Span], glue: bytes = b"") -> None:
        """Put the stretches together."""
        self.parts = parts
        if len(parts) == 1:  # most of them
            self._starts = [0]
            self.content = text[parts[0].start : parts[0].end]
            return
        self.content = glue.join(text[part.start : part.end] for part in parts)
        sizes = (part.end - part.start + len(glue) for part in parts)
        self._starts = [0, *accumulate(sizes)][: len(parts)]

    def place(self, offset: int) -> int:
        """Where the text has the byte that the logical line has at ``offset``; its end, for the offset behind it."""
        if len(self.parts) == 1:
            return min(self.parts[0].start + offset, self.parts[0].end)
        number = max(bisect_right(self._starts, offset) - 1, 0)
        part = self.parts[number]
        return min(part.start + offset - self._starts[number], part.end)

    def span(self, start: int, end: int) -> Span:
        """The span of the text from one offset up to another."""
        if len(self.parts) == 1:
            part = self.parts[0]
            return Span(min(part.start + start, part.end), min(part.start + max(start, end), part.end))
        first = self.place(start)
        return Span(first, self.place(end - 1) + 1) if end > start else Span(first, first)

    def stretches(self, start: int, end: int) -> tuple[Span, ...]:
        """The same without what lies between the parts."""
        if len(self.parts) == 1:
            return (self.span(start, end),)
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, max(end - 1, start)) - 1
        cuts = []
        for number in range(max(first, 0), last + 1):
            part, origin = self.parts[number], self._starts[number]
            low = part.start + max(start - origin, 0)
            cuts.append(Span(low, max(low, min(part.start + end - origin, part.end))))
        return tuple(cuts)


def indented(text: bytes) -> Iterator[Logical]:
    """Postfix's files: white space at the start goes on with the line before, comments may stand between."""
    above, between, parts, number, why = list[bytes](), list[bytes](), list[Span](), 0, ""
    for line in lines(text):
        content = text[line.start : line.end]
        if not content.strip() or content.lstrip().startswith(b"#"):
            between = comments(between, content.strip())
            continue
        if parts and not content[:1].isspace():
            yield Logical(number=number, parts=parts, above=above, why=why)
            parts = []
        if not parts:
            number, above = line.number, between
            why = "begins with white space" if content[:1].isspace() else ""
        parts.append(Span(line.start, line.end))
        between, why = [], why or strange(content)
    if parts:
        yield Logical(number=number, parts=parts, above=above, why=why)


def backslashed(text: bytes) -> Iterator[Logical]:
    """Cyrus' imapd.conf: a backslash as a line's last byte goes on, in comments too."""
    above, parts, number, why = list[bytes](), list[Span](), 0, ""
    for line in lines(text):
        content = text[line.start : line.end]
        number, why = number if parts else line.number, why or strange(content)
        if content.strip() == b"\\" and not parts:
            why = LONE_BACKSLASH
        # The server looks for a backslash right before LF; one before CRLF is no continuation.
        if content.endswith(b"\\") and line.next == line.end + 1:
            parts.append(Span(line.start, line.end - 1))
            continue
        parts.append(Span(line.start, line.end))
        whole = Joined(text, parts).content.strip()
        if whole and not whole.startswith(b"#"):
            yield Logical(number=number, parts=parts, above=above, why=why)
        above = comments(above, whole)
        parts, why = [], ""
    if parts:
        yield Logical(number=number, parts=parts, above=above, why=why or "goes on behind the end of the file")


def single(text: bytes) -> Iterator[Logical]:
    """One line, one statement: Cyrus SASL's smtpd.conf. Of what is too long the rest may be one, of a comment too."""
    above: list[bytes] = []
    for line in lines(text):
        content = text[line.start : line.end].strip()
        why = _CUT if len(text[line.start : line.next].removesuffix(b"\n")) > _LONGEST_SINGLE else ""
        if why or (content and not content.startswith(b"#")):
            part = Span(line.start, line.end)
            yield Logical(number=line.number, parts=[part], above=above, why=why or strange(content))
        above = comments(above, content)


def comments(above: list[bytes], line: bytes) -> list[bytes]:
    """The comments that stand directly above what follows a line: this one too if it is one, else none."""
    return [*above[1 - MOST_COMMENT :], line] if line.startswith(b"#") else []
