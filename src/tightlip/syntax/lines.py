"""Physical lines, what no lens can read in them, and their text."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sized

from msgspec import Struct

from tightlip.syntax.reading import Unread
from tightlip.syntax.spans import Span

# Nobody writes a larger configuration by hand, and nobody needs to edit a generated one of this size.
LARGEST_TEXT = 4 * 2**20
MOST_UNREAD = 100
# Of each some six hundred bytes are kept; ten thousand domains with a certificate each come to forty thousand.
MOST_ENTRIES = 100_000

_CONTROL = re.compile(rb"[\0-\x08\x0b-\x1f\x7f]")
_BOM = b"\xef\xbb\xbf"


class Line(Struct, frozen=True, gc=False):
    """One physical line: its number from 1, the span of its content, and where the next one begins."""

    number: int
    start: int
    end: int
    next: int


class Unreadables:
    """Collects the lines that could not be read, the first hundred of them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: list[Unread] = []

    def add(self, line: int, why: str) -> None:
        """Remember a line, unless it is already or there are too many."""
        if len(self._found) < MOST_UNREAD and not (self._found and self._found[-1].line == line):
            self._found.append(Unread(line, why))

    def ends(self, line: int, entries: Sized) -> bool:
        """Whether this line is behind the last statement that is read of any text; it is remembered if so."""
        if len(entries) < MOST_ENTRIES:
            return False
        self.add(line, f"more than {MOST_ENTRIES:,} statements: what follows was not read")
        return True

    def all(self) -> tuple[Unread, ...]:
        """What was collected, by line."""
        return tuple(sorted(self._found, key=lambda each: each.line))


class LineNumbers:
    """The number of the line that a position is in, at the price of one look at the text, however often it is asked."""

    def __init__(self, text: bytes) -> None:
        """Find the line ends; of four million, sixteen megabytes are kept."""
        self._ends = array("I", (each.start() for each in re.finditer(rb"\n", text)))

    def at(self, position: int) -> int:
        """The number, from 1."""
        return bisect_left(self._ends, position) + 1


def lines(text: bytes) -> Iterator[Line]:
    """The lines of a text; each ends with LF or CRLF, the last perhaps with neither."""
    start, number = 0, 1
    while start < len(text):
        found = text.find(b"\n", start)
        after = found + 1 if found >= 0 else len(text)
        end = found if found >= 0 else len(text)
        if found > start and text[found - 1] == 0x0D:
            end -= 1
        yield Line(number, start, end, after)
        start, number = after, number + 1


def newline_of(text: bytes) -> bytes:
    """The line end that this text uses: that of its first line."""
    first = text.find(b"\n")
    return b"\r\n" if first > 0 and text[first - 1] == 0x0D else b"\n"


def oversized(text: bytes) -> str:
    """Why a text is not looked at at all; empty where it is."""
    if len(text) > LARGEST_TEXT:
        return f"larger than {LARGEST_TEXT} bytes"
    if text.startswith((b"\xff\xfe", b"\xfe\xff", _BOM)):
        return "begins with a byte order mark: save it as UTF-8 without one"
    return ""


def strange(content: bytes) -> str:
    """Why no lens trusts a line, whatever its grammar; empty where there is no reason."""
    found = _CONTROL.search(content)
    return f"control character 0x{content[found.start()]:02x}" if found else ""


def spoken(raw: bytes) -> str:
    """Bytes as text that can be stored and shown: UTF-8, and where it is none, Latin-1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def trimmed(text: bytes, span: Span) -> Span:
    """A span without white space at its ends."""
    content = text[span.start : span.end]
    start = span.start + len(content) - len(content.lstrip())
    return Span(start, start + len(content.strip()))


def comment_text(above: list[bytes], behind: bytes = b"") -> str:
    """Comment lines as one text, without their marks."""
    return "\n".join(spoken(each.lstrip(b"#").strip()) for each in [*above, behind] if each)
