"""A list of mechanisms as the GSSAPI library reads it: name, OID, plugin and options, a line each."""

import re

from tightlip.syntax.lines import Unreadables, lines, oversized, spoken, strange
from tightlip.syntax.reading import Entry, Form, Kind, Lens, Reading
from tightlip.syntax.spans import Span

# As the library reads it: only a mark in the first column makes a comment, and a line without an OID is nothing.
_LINE = re.compile(rb"(?!#)(\S*)\s+(\S.*?)\s*\Z", re.DOTALL)
# What the library takes of a line at once; what is left is another line to it.
_LONGEST_LINE = 8_190


def _read(text: bytes) -> Reading:
    """A mechanism's name, its OID, its plugin and options, a line each."""
    unread, entries = Unreadables(), list[Entry]()
    if why := oversized(text):
        unread.add(1, why)
        return Reading(lens=GSS_MECHS, text=text, entries=(), unread=unread.all())
    for line in lines(text):
        if unread.ends(line.number, entries):
            break
        content = text[line.start : line.end]
        why = strange(content) or ("too long for one line" if len(content) > _LONGEST_LINE else "")
        if why:
            unread.add(line.number, why)
        elif found := _LINE.match(content):
            entries.append(_entry(line.start, line.number, found))
    return Reading(lens=GSS_MECHS, text=text, entries=tuple(entries), unread=unread.all())


def _entry(start: int, number: int, found: re.Match[bytes]) -> Entry:
    at = Span(start + found.start(2), start + found.end(2))
    return Entry(
        kind=Kind.SETTING,
        name=spoken(found[1]),
        value=spoken(found[2]),
        span=Span(start, at.end),
        at=at,
        line=number,
        pieces=(at,),
    )


def _spell(value: str, form: Form) -> bytes:
    return (b"<" if form is Form.FILE else b"") + value.encode("utf-8", "replace")


GSS_MECHS = Lens(name="gss mechanisms", read=_read, spell=_spell)
