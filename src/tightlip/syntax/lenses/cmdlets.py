"""What Exchange's cmdlets said, as JSON: every value with its place; it is read and never written back.

Objects and lists are blocks, the outermost excepted; the name of a value is its key, or its number in a list, from 0.
"""

import json
import re
from enum import Enum, auto

from msgspec import Struct
from msgspec.structs import replace

from tightlip.syntax.lines import MOST_ENTRIES, LineNumbers, Unreadables, oversized, spoken
from tightlip.syntax.reading import Entry, Form, Kind, Lens, Path, Reading
from tightlip.syntax.spans import Span

DEEPEST = 64

_TOKEN = re.compile(
    rb'[ \t\r\n]*(?:(?P<mark>[][{}:,])|(?P<string>"(?:[^"\\\x00-\x1f]++|\\.)*+")|(?P<end>\Z)'
    rb"|(?P<bare>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null))"
)
_BOM = b"\xef\xbb\xbf"


def read(text: bytes) -> Reading:
    """Read one JSON document, with or without the byte order mark that PowerShell likes to write."""
    unread = Unreadables()
    begin = len(_BOM) if text.startswith(_BOM) else 0
    if why := oversized(text[begin:]):
        unread.add(1, why)
        return Reading(lens=CMDLETS, text=text, entries=(), unread=unread.all())
    reader = _Reader(text)
    if fault := reader.read(begin):
        unread.add(reader.numbers.at(reader.at), fault)
    return Reading(lens=CMDLETS, text=text, entries=tuple(reader.entries), unread=unread.all())


class _Want(Enum):
    """What may come next."""

    VALUE = auto()
    VALUE_OR_END = auto()
    KEY = auto()
    KEY_OR_END = auto()
    COLON = auto()
    COMMA_OR_END = auto()
    NOTHING = auto()


class _Open(Struct):
    """A list or object that is open: its entry's number (None for the outermost), and what the next value is named."""

    number: int | None
    closing: bytes
    path: Path
    key: str = ""
    count: int = 0


class _Reader:
    """One pass over one document: a state, and the containers that are open."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.at = 0
        self.entries: list[Entry] = []
        self.open: list[_Open] = []
        self.want = _Want.VALUE
        self.numbers = LineNumbers(text)

    def read(self, begin: int) -> str:
        """Read on to the end; why that failed, with the position in ``at``; empty where it did not."""
        self.at = begin
        while token := _TOKEN.match(self.text, self.at):
            if token.lastgroup == "end":
                return "" if self.want is _Want.NOTHING else "ends in the middle"
            self.at = token.start(token.lastgroup or 0)
            if not self._take(token):
                return "not JSON"
            if len(self.open) > DEEPEST:
                return f"nested deeper than {DEEPEST} levels"
            if len(self.entries) > MOST_ENTRIES:
                return f"more than {MOST_ENTRIES:,} values"
            self.at = token.end()
        self.at += len(self.text[self.at :]) - len(self.text[self.at :].lstrip(b" \t\r\n"))
        return "not JSON"

    def _take(self, token: re.Match[bytes]) -> bool:
        mark = token["mark"]
        match self.want:
            case _Want.VALUE_OR_END | _Want.KEY_OR_END | _Want.COMMA_OR_END if mark and mark == self.open[-1].closing:
                return self._close(token.end())
            case _Want.VALUE | _Want.VALUE_OR_END if mark in (None, b"{", b"["):
                return self._value(token)
            case _Want.KEY | _Want.KEY_OR_END if token["string"]:
                self.open[-1].key = _text(token["string"])
                self.want = _Want.COLON
            case _Want.COLON if mark == b":":
                self.want = _Want.VALUE
            case _Want.COMMA_OR_END if mark == b",":
                self.want = _Want.KEY if self.open[-1].closing == b"}" else _Want.VALUE
            case _:
                return False
        return True

    def _value(self, token: re.Match[bytes]) -> bool:
        group = token.lastgroup or "bare"
        span = Span(token.start(group), token.end(group))
        name = self._name()
        path = self.open[-1].path if self.open else ()
        kind = Kind.BLOCK if group == "mark" else Kind.SETTING
        entry = Entry(kind=kind, name=name, value="", span=span, at=span, line=self.numbers.at(span.start), path=path)
        entry = replace(entry, within=self.open[-1].number if self.open else None)
        if kind is Kind.SETTING:
            quoted = group == "string"
            value = _text(token[group]) if quoted else spoken(token[group])
            form = Form.QUOTED if quoted else Form.PLAIN
            self.entries.append(replace(entry, value=value, form=form, pieces=(span,)))
            self.want = _Want.COMMA_OR_END if self.open else _Want.NOTHING
            return True
        number = len(self.entries) if self.open else None
        inner = (*path, name) if self.open else ()
        if self.open:
            self.entries.append(entry)
        self.open.append(_Open(number, b"}" if token["mark"] == b"{" else b"]", inner))
        self.want = _Want.KEY_OR_END if token["mark"] == b"{" else _Want.VALUE_OR_END
        return True

    def _name(self) -> str:
        if not self.open:
            return ""
        home = self.open[-1]
        home.count += 1
        return home.key if home.closing == b"}" else str(home.count - 1)

    def _close(self, end: int) -> bool:
        number = self.open.pop().number
        if number is not None:
            entry = self.entries[number]
            body = Span(entry.span.start + 1, end - 1)
            self.entries[number] = replace(entry, span=Span(entry.span.start, end), at=body)
        self.want = _Want.COMMA_OR_END if self.open else _Want.NOTHING
        return True


def _text(raw: bytes) -> str:
    """The text of a JSON string; a half of a surrogate pair becomes a question mark."""
    try:
        said = str(json.loads(spoken(raw)))
    except ValueError:
        return spoken(raw[1:-1])
    return said.encode("utf-8", "replace").decode()


def _spell(value: str, form: Form) -> bytes:
    return json.dumps(value).encode() if form is not Form.FILE else b""


CMDLETS = Lens(name="the output of a cmdlet", read=read, spell=_spell)
