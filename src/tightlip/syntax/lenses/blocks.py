"""Dovecot's files, 2.3 and 2.4: settings, nested blocks and includes, a statement a line.

The rules are those of the program's own reader: a backslash goes on, a comment or empty line cuts a continuation
off, ``#`` outside of quotes begins a comment wherever it stands, nothing may follow ``{`` or ``}`` on its line.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec.structs import replace

from tightlip.syntax.lenses.spelling import add, add_block, spell, unescaped
from tightlip.syntax.lines import Line, Unreadables, comment_text, lines, oversized, spoken, strange, trimmed
from tightlip.syntax.logical import LONE_BACKSLASH, Joined, comments
from tightlip.syntax.reading import Entry, Form, Kind, Lens, Reading
from tightlip.syntax.spans import Span

_KEPT = 4
# Deeper than anything Dovecot has a use for.
DEEPEST = 32

_QUOTED_OR_HASH = re.compile(rb"""[^'"#]+|"(?:[^"\\]++|\\.?)*+"?|'(?:[^'\\]++|\\.?)*+'?|#""", re.DOTALL)
_KEY = re.compile(rb'"((?:[^"\\]++|\\.)*+)"\s*|([^\s=]+)\s*')
_OPENING = re.compile(rb'(?:"([^"]*)"\s*|([^\s"{]\S*)\s+|(@\S+)\s+(\S+)\s+)?\{')
# What a setting says: its value, how that is written, where, and its stretches on their lines.
_Value = tuple[str, Form, Span, tuple[Span, ...]]
_INCLUDES = {b"!include": Kind.INCLUDE, b"!include_try": Kind.INCLUDE_IF_THERE}


@lru_cache(_KEPT)
def read(text: bytes) -> Reading:
    """Read one file; whether 2.3 or 2.4 knows its settings is not this room's question.

    The last ones are kept: an edit is proven by reading its outcome, which whoever asked for it then reads again.
    """
    if why := oversized(text):
        unread = Unreadables()
        unread.add(1, why)
        return Reading(lens=DOVECOT, text=text, entries=(), unread=unread.all())
    return _Reader(text).reading()


class _Reader:
    """One pass over one text; ``open`` holds the numbers of the blocks that are open."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.entries: list[Entry] = []
        self.unread = Unreadables()
        self.open: list[int] = []

    def reading(self) -> Reading:
        for statement in _statements(self.text, self.unread):
            if self.unread.ends(statement[0], self.entries):
                break
            self._take(*statement)
            if len(self.open) > DEEPEST:
                self.unread.add(statement[0], f"nested deeper than {DEEPEST} blocks; what follows was not read")
                break
        for number in self.open:
            self.unread.add(self.entries[number].line, "a block that this file does not close")
        return Reading(lens=DOVECOT, text=self.text, entries=tuple(self.entries), unread=self.unread.all())

    def _take(self, line: int, joined: Joined, above: list[bytes], behind: bytes) -> None:
        whole = joined.span(0, len(joined.content))
        if joined.content == b"}":
            self._close(line, whole)
            return
        key = _KEY.match(joined.content)
        if key is None:
            self.unread.add(line, "no name")
            return
        name = key[1] if key[1] is not None else key[2]
        rest = joined.content[key.end() :]
        if rest.startswith(b"="):
            self.entries.append(self._entry(line, name, whole, _value(self.text, joined, key.end() + 1), above, behind))
        elif name == b"}" and not rest:
            self._close(line, whole)
        else:
            at = joined.span(key.end(), len(joined.content))
            entry = self._entry(line, name, whole, ("", Form.PLAIN, at, ()), above, behind)
            if name in _INCLUDES:
                self.entries.append(replace(entry, kind=_INCLUDES[name], value=spoken(rest), pieces=(at,)))
            else:
                self._begin(entry, name, rest)

    def _entry(self, line: int, name: bytes, span: Span, value: _Value, above: list[bytes], behind: bytes) -> Entry:
        text, form, at, pieces = value
        return Entry(
            kind=Kind.SETTING,
            name=spoken(unescaped(name)),
            value=text,
            span=span,
            at=at,
            line=line,
            path=self._path(),
            form=form,
            pieces=pieces,
            within=self.open[-1] if self.open else None,
            comment=comment_text(above, behind) if above or behind else "",
        )

    def _path(self) -> tuple[str, ...]:
        return self.entries[self.open[-1]].full if self.open else ()

    def _begin(self, entry: Entry, kind: bytes, rest: bytes) -> None:
        head = _OPENING.match(rest)
        if head is None or (head[3] and kind != b"group"):
            self.unread.add(entry.line, "neither a setting nor the opening of a block")
        elif head.end() < len(rest):
            self.unread.add(entry.line, "something behind {, where Dovecot wants the end of the line")
        else:
            words = [kind, *(unescaped(word) for word in head.groups() if word)]
            self.open.append(len(self.entries))
            name = " ".join(spoken(word) for word in words)
            self.entries.append(replace(entry, kind=Kind.BLOCK, name=name, at=Span(entry.span.end, entry.span.end)))

    def _close(self, line: int, brace: Span) -> None:
        if not self.open:
            self.unread.add(line, "closes a block that this file does not open")
            return
        number = self.open.pop()
        block = self.entries[number]
        body = Span(block.at.start, brace.start)
        self.entries[number] = replace(block, span=Span(block.span.start, brace.end), at=body)


def _statements(text: bytes, unread: Unreadables) -> Iterator[tuple[int, Joined, list[bytes], bytes]]:
    """Each statement: the number of its first line, its content, the comments above it and behind it."""
    parts, above, first = list[Span](), list[bytes](), 0
    for line in lines(text):
        body, comment = _halves(text, line)
        content = text[body.start : body.end]
        first = first if parts else line.number
        if why := strange(text[line.start : line.end]):
            unread.add(first, why)
        elif not content and parts:
            unread.add(first, "goes on into a comment or an empty line, so that Dovecot drops it")
        elif not content:
            above = comments(above, comment)
            continue
        elif content.endswith(b"\\"):
            part = trimmed(text, Span(body.start, body.end - 1))
            if not parts and part.start == part.end:
                unread.add(first, LONE_BACKSLASH)
            parts += [part] if part.start < part.end else []
            continue
        else:
            yield first, Joined(text, [*parts, body], b" "), above, comment
        parts, above = [], []
    if parts:
        unread.add(first, "goes on behind the end of the file")


def _halves(text: bytes, line: Line) -> tuple[Span, bytes]:
    """A line's statement without white space around it, and its comment."""
    whole = trimmed(text, Span(line.start, line.end))
    start = whole.start
    if text.find(b"#", start, whole.end) < 0:
        return whole, b""
    for token in _QUOTED_OR_HASH.finditer(text, start, line.end):
        if token[0] == b"#":
            return trimmed(text, Span(start, token.start())), text[token.start() : line.end].strip()
    return whole, b""


def _value(text: bytes, joined: Joined, start: int) -> _Value:
    """A setting's value, which begins at or behind an offset."""
    content = joined.content
    raw = content[start:].lstrip()
    start = len(content) - len(raw)
    if not raw:
        sign = joined.place(len(content) - 1) + 1
        return "", Form.PLAIN, Span(sign, sign), (Span(sign, sign),)
    at = joined.span(start, len(content))
    if raw.startswith(b"<"):
        return spoken(raw[1:].lstrip()), Form.FILE, at, (at,)
    if raw in (b'"', b"'"):
        # Dovecot takes the one for its own end.
        return "", Form.QUOTED, at, (at,)
    pieces = tuple(trimmed(text, piece) for piece in joined.stretches(start, len(content)))
    if len(raw) > 1 and raw[:1] == raw[-1:] and raw[:1] in (b'"', b"'"):
        inner = (Span(at.start + 1, at.end - 1),) if len(pieces) == 1 else pieces
        return spoken(unescaped(raw[1:-1])), Form.QUOTED, at, inner
    return spoken(raw), Form.PLAIN, at, pieces


# Of these, 2.3 makes a new one each time it meets a block without a name.
_APART = frozenset({"passdb", "userdb", "namespace"})

DOVECOT = Lens(name="Dovecot's configuration", read=read, spell=spell, add=add, add_block=add_block, apart=_APART)
