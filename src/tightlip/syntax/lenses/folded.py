"""Flat files of names and values: Postfix's main.cf, Cyrus' imapd.conf, Cyrus SASL's smtpd.conf."""

import re
from collections.abc import Callable, Iterator

from tightlip.syntax.lines import Unreadables, comment_text, oversized, spoken, trimmed
from tightlip.syntax.logical import Joined, Logical, backslashed, indented, single
from tightlip.syntax.placing import at_end
from tightlip.syntax.reading import Entry, Form, Kind, Lens, Parted, Path, Reading, Wins
from tightlip.syntax.spans import Span, Splice

_Unfold = Callable[[bytes], Iterator[Logical]]

_EQUALS = re.compile(rb"\s*([^\s=]+)\s*=\s*")
# The colon follows the name at once; only imapd.conf knows a name that begins with @.
_COLON = re.compile(rb"\s*(@?[A-Za-z0-9_-]+):\s*")


def read_main_cf(text: bytes) -> Reading:
    """Postfix, as postconf(5) has it: ``name = value``, folded by white space at the start of a line."""
    return _read(text, MAIN_CF, indented, _EQUALS)


def read_imapd_conf(text: bytes) -> Reading:
    """Cyrus IMAP: ``name: value`` with names in any case, ``@include: file``, folded by a backslash."""
    return _read(text, IMAPD_CONF, backslashed, _COLON)


def read_sasl_conf(text: bytes) -> Reading:
    """Cyrus SASL: ``name: value``, one a line; of several with one name the first takes effect."""
    return _read(text, SASL_CONF, single, _COLON)


def _read(text: bytes, lens: Lens, unfold: _Unfold, opening: re.Pattern[bytes]) -> Reading:
    unread, entries = Unreadables(), list[Entry]()
    if why := oversized(text):
        unread.add(1, why)
        return Reading(lens=lens, text=text, entries=(), unread=unread.all())
    for logical in unfold(text):
        if unread.ends(logical.number, entries):
            break
        found = logical.why or _entry(text, lens, logical, opening)
        if isinstance(found, str):
            unread.add(logical.number, found)
        else:
            entries.append(found)
    return Reading(lens=lens, text=text, entries=tuple(entries), unread=unread.all())


def _entry(text: bytes, lens: Lens, logical: Logical, opening: re.Pattern[bytes]) -> Entry | str:
    joined = Joined(text, logical.parts)
    head = opening.match(joined.content)
    if head is None:
        return "no name and sign in front of a value"
    start, end = head.end(), max(len(joined.content.rstrip()), head.end())
    include = head[1].lower() == b"@include" and lens is IMAPD_CONF
    if start == end and lens is not MAIN_CF:
        return "an empty value, which the program refuses"
    if head[1].startswith(b"@") and not include:
        return "a directive that the program does not know"
    at, pieces = _value(text, joined, start, end, joined.place(head.start(1)))
    return Entry(
        kind=Kind.INCLUDE if include else Kind.SETTING,
        name=lens.fold(spoken(head[1])),
        value=spoken(joined.content[start:end]),
        span=Span(joined.place(head.start(1)), max(at.end, joined.place(len(head[0].rstrip()) - 1) + 1)),
        at=at,
        line=logical.number,
        pieces=pieces,
        comment=comment_text(logical.above),
    )


def _value(text: bytes, joined: Joined, start: int, end: int, name: int) -> tuple[Span, tuple[Span, ...]]:
    """Where the value stands: as a whole, and line by line; where it is empty, right behind its sign."""
    if start < end:
        trims = (trimmed(text, piece) for piece in joined.stretches(start, end))
        return joined.span(start, end), tuple(piece for piece in trims if piece.start < piece.end)
    sign = name + text[name : joined.parts[0].end].rstrip().rfind(b"=") + 1
    return Span(sign, sign), (Span(sign, sign),)


def _spell(value: str, form: Form) -> bytes:
    return (b"<" if form is Form.FILE else b"") + value.encode("utf-8", "replace")


def _add(separator: bytes) -> Callable[[Reading, Path, str, bytes], Splice | str]:
    def add(reading: Reading, path: Path, name: str, value: bytes) -> Splice | str:
        if path:
            return f"{reading.lens.name} has no blocks"
        return at_end(reading, name.encode("utf-8", "replace") + separator + value)

    return add


MAIN_CF = Lens(name="main.cf", read=read_main_cf, spell=_spell, add=_add(b" = "))
# The SASL library, which both hand their list of mechanisms to, takes a comma for a part of a name (seen on 2.1.28).
IMAPD_CONF = Lens(
    name="imapd.conf", read=read_imapd_conf, spell=_spell, add=_add(b": "), fold=str.lower, parted=Parted.BLANKS
)
SASL_CONF = Lens(
    name="SASL smtpd.conf",
    read=read_sasl_conf,
    spell=_spell,
    add=_add(b": "),
    fold=str.lower,
    wins=Wins.FIRST,
    parted=Parted.BLANKS,
)
