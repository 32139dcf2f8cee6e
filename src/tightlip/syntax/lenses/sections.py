"""Exim's configuration: main options, ``begin`` sections of named blocks, and what hides meaning said as doubt.

A section is a block named ``authenticators``, an authenticator a block inside of it. Exim's files are a macro
language: statements under a condition or with a macro in them are read as written, with a ``doubt``, and what may be
any statement at all is unread. A block is certain where its name, its driver and its public name are: a macro in the
value of another option, or a condition that begins and ends inside of it, is a doubt of that option alone.
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from tightlip.syntax.lenses.doubts import DEFINITION, DIRECTIVE, LONGEST_MACRO, MOST_MACROS, Conditions, Macros
from tightlip.syntax.lines import Unreadables, comment_text, lines, oversized, spoken, strange, trimmed
from tightlip.syntax.logical import LONE_BACKSLASH, Joined, Logical, comments
from tightlip.syntax.placing import after, last, line_at, line_start
from tightlip.syntax.reading import Entry, Form, Kind, Lens, Path, Reading, blocks
from tightlip.syntax.spans import Span, Splice

MAIN = "main"
# The doubt of an include inside of a block, where nothing else makes it uncertain.
GOES_ON = "includes a file that may go on with the block"
_DRIVERS = frozenset({"routers", "transports", "authenticators"})
_SECTIONS = _DRIVERS | {"acl", "retry", "rewrite", "local_scan"}

_BEGIN = re.compile(rb"begin\s+([a-z_]+)\Z")
_NAMED = re.compile(rb"([A-Za-z0-9_]+)\s*:\Z")
_OPTION = re.compile(rb"(?:hide\s+)?(?:(?:domain|host|address|localpart)list\s+)?([A-Za-z][A-Za-z0-9_]*)\s*=\s*")
# Options that make a block what it is, beside those of the side that logs in elsewhere.
DECIDING = frozenset({"driver", "public_name"})
_CLIENT = "client_"
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9A-Fa-f]{0,2}|.)", re.DOTALL)
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_UNPRINTABLE = re.compile(rb"[\0-\x1f\x7f]")
_SWITCH = re.compile(rb"(no_|not_)?([a-z][a-z0-9_]*)\Z")


def exim(section: str = MAIN, macros: frozenset[str] = frozenset()) -> Lens:
    """The lens for a file that begins in a section (a fragment of a split configuration), with macros known before."""

    def read(text: bytes) -> Reading:
        return _read(text, lens, section, macros)

    lens = Lens(name="Exim's configuration", read=read, spell=_spell, add=_add)
    return lens


def _read(text: bytes, lens: Lens, section: str, macros: frozenset[str]) -> Reading:
    reader = _Reader(text, section, Macros(macros))
    if why := oversized(text):
        reader.unread.add(1, why)
    else:
        reader.read()
    return Reading(lens=lens, text=text, entries=tuple(reader.entries), unread=reader.unread.all())


class _Reader:
    """One pass over one file; ``section`` and ``block`` are the entries that are open, by number."""

    def __init__(self, text: bytes, section: str, macros: Macros) -> None:
        self.text = text
        self.entries: list[Entry] = []
        self.unread = Unreadables()
        self.conditions = Conditions()
        self.macros = macros
        self.kind = section
        self.section: int | None = None
        self.block: int | None = None
        self.values: dict[bytes, bytes] = {}

    def read(self) -> None:
        # Exim replaces a macro from its definition on; one that is defined further down is doubted all the same.
        for logical in _logical(self.text):
            if found := DEFINITION.match(Joined(self.text, logical.parts).content):
                self.macros.define(found[1][:LONGEST_MACRO])
                self.values[found[1]] = found[2]
        for logical in _logical(self.text):
            if self.unread.ends(logical.number, self.entries):
                break
            joined = Joined(self.text, logical.parts)
            if why := logical.why or self._take(logical, joined):
                self.unread.add(logical.number, why)
                # What follows may be another block's, of which nobody knows the name.
                is_head = self.values.get(joined.content, joined.content).endswith(b":")
                self.block = None if is_head and self.kind in _DRIVERS else self.block
        for each in self.conditions.open:
            self.unread.add(each.line, "a condition that this file does not close")

    def _take(self, logical: Logical, joined: Joined) -> str:
        content = joined.content
        if directive := DIRECTIVE.match(content):
            return self._direct(logical, joined, directive)
        entry = self._entry(logical, joined)
        if found := DEFINITION.match(content):
            if not self.macros.knows(found[1][:LONGEST_MACRO]):
                return f"more than {MOST_MACROS:,} macros"
            self.entries.append(self._macro(entry, joined, found))
            return ""
        named = _NAMED.match(content) if self.kind in (*_DRIVERS, "acl") else None
        if content[:1].isupper() and (named is None or not self._is_name(named[1])):
            return "perhaps a macro that stands for a statement"
        if begin := _BEGIN.match(content):
            return self._begin(entry, spoken(begin[1]))
        if named:
            self._name(entry, spoken(named[1]))
            return ""
        return self._statement(entry, joined)

    def _is_name(self, word: bytes) -> bool:
        """Whether a head is one with its macros put in, as far as this file defines them; what another does may be."""
        macro = self.macros.known(word)
        # The letters that it comes to; how often, and where, is of no interest.
        letters = word.replace(macro, b"") + self.values.get(macro, macro) if macro else word
        return not self.macros.is_spent and _NAMED.match(letters + b":") is not None

    def _entry(self, logical: Logical, joined: Joined) -> Entry:
        home = self.block if self.block is not None else self.section
        span = joined.span(0, len(joined.content))
        return Entry(
            kind=Kind.STATEMENT,
            name="",
            value="",
            span=span,
            at=span,
            line=logical.number,
            path=self._path(),
            within=home,
            comment=comment_text(logical.above),
            doubt=self.conditions.doubt() or self.macros.doubt(joined.content),
        )

    def _macro(self, entry: Entry, joined: Joined, found: re.Match[bytes]) -> Entry:
        """A definition, which belongs to no block wherever it stands."""
        at = joined.span(found.start(2), found.end(2))
        macro = replace(entry, kind=Kind.MACRO, name=spoken(found[1]), value=spoken(found[2]), at=at, pieces=(at,))
        return replace(macro, path=(), within=None, doubt=self.conditions.doubt() or self.macros.doubt(found[2]))

    def _path(self) -> Path:
        if self.block is not None:
            return self.entries[self.block].full
        return () if self.kind == MAIN else (self.kind,)

    def _direct(self, logical: Logical, joined: Joined, found: re.Match[bytes]) -> str:
        if not found[1].startswith(b"include"):
            if found[1] == b"endif":
                self._close(joined)
            return self.conditions.take(logical.number, found[1], found[2], self.block)
        entry = self._entry(logical, joined)
        kind = Kind.INCLUDE if found[1] == b"include" else Kind.INCLUDE_IF_THERE
        at = joined.span(found.start(2), found.end(2))
        entry = replace(entry, kind=kind, name=f".{spoken(found[1])}", value=spoken(found[2]), at=at)
        if self.block is not None:
            entry = replace(entry, doubt=entry.doubt or GOES_ON)
        self._widen(self.section, entry.span.end)
        self._widen(self.block, entry.span.end)
        self.entries.append(entry)
        # The file may begin a driver's block, to which the options below would belong.
        self.block = None if self.kind in _DRIVERS else self.block
        return ""

    def _close(self, joined: Joined) -> None:
        """A condition ends: it belongs to the block that is open, if it began in it."""
        if self.block is not None and self.conditions.open and self.conditions.open[-1].home == self.block:
            self._widen(self.section, joined.span(0, len(joined.content)).end)
            self._widen(self.block, joined.span(0, len(joined.content)).end)

    def _begin(self, entry: Entry, name: str) -> str:
        if name not in _SECTIONS:
            return "no section of that name"
        self.kind, self.section, self.block = name, len(self.entries), None
        at = Span(entry.span.end, entry.span.end)
        self.entries.append(replace(entry, kind=Kind.BLOCK, name=name, path=(), within=None, at=at))
        return ""

    def _name(self, entry: Entry, name: str) -> None:
        self.block = None
        self._widen(self.section, entry.span.end)
        number = len(self.entries)
        at = Span(entry.span.end, entry.span.end)
        block = replace(entry, kind=Kind.BLOCK, name=name, path=self._path(), within=self.section, at=at)
        self.entries.append(block)
        self.block = number

    def _statement(self, entry: Entry, joined: Joined) -> str:
        if self.kind in _DRIVERS and self.block is None:
            return "an option outside of a named block, or behind an include"
        if self.kind in (MAIN, *_DRIVERS):
            found = _option(entry, joined)
        else:
            name, _, value = spoken(joined.content).partition(" ")
            found = replace(entry, name=name, value=value.strip())
        if isinstance(found, str):
            return found
        self._widen(self.section, entry.span.end)
        self._widen(self.block, entry.span.end)
        self.entries.append(replace(found, is_apart=self._is_apart(found)))
        return ""

    def _is_apart(self, option: Entry) -> bool:
        """Whether an option's doubt would leave its block certain; a condition around both is one of the head, too."""
        decides = option.name in DECIDING or option.name.startswith(_CLIENT)
        return self.kind in _DRIVERS and not decides and not self.macros.doubt(option.name.encode())

    def _widen(self, number: int | None, end: int) -> None:
        """Let an open block reach up to here."""
        if number is not None:
            block = self.entries[number]
            self.entries[number] = replace(block, span=Span(block.span.start, end), at=Span(block.at.start, end))


def _option(entry: Entry, joined: Joined) -> Entry | str:
    content = joined.content
    if switch := _SWITCH.match(content):
        value = "false" if switch[1] else "true"
        return replace(entry, kind=Kind.SETTING, name=spoken(switch[2]), value=value)
    found = _OPTION.match(content)
    if found is None:
        return "not an option"
    raw, at = content[found.end() :], joined.span(found.end(), len(content))
    pieces = joined.stretches(found.end(), len(content))
    entry = replace(entry, kind=Kind.SETTING, name=spoken(found[1]), value=spoken(raw), at=at, pieces=pieces)
    if len(raw) > 1 and raw.startswith(b'"') and raw.endswith(b'"'):
        inner = (Span(at.start + 1, at.end - 1),) if len(pieces) == 1 else pieces
        return replace(entry, form=Form.QUOTED, value=spoken(_dequoted(raw[1:-1])), pieces=inner)
    return entry


def _dequoted(raw: bytes) -> bytes:
    """What stands in quotes as Exim's string_dequote() has it; a NUL ends it."""
    return _ESCAPE.sub(_meant, raw).partition(b"\0")[0]


def _meant(escape: re.Match[bytes]) -> bytes:
    said = escape[1]
    if said[:1].isdigit() and said not in (b"8", b"9"):
        return bytes([int(said, 8) & 0xFF])
    if said.startswith(b"x"):
        return bytes([int(said[1:] or b"0", 16)])
    return _CONTROLS.get(said, said)


def _logical(text: bytes) -> Iterator[Logical]:
    """The logical lines: a backslash at the end goes on; comments and empty lines count nowhere."""
    above, parts, number, why = list[bytes](), list[Span](), 0, ""
    for line in lines(text):
        body = trimmed(text, Span(line.start, line.end))
        content = text[body.start : body.end]
        if not content or content.startswith(b"#"):
            above = above if parts else comments(above, content)
            continue
        if parts and DIRECTIVE.match(content):
            why = "a directive in the middle of a statement"
        number, why = number if parts else line.number, why or strange(content)
        if content == b"\\" and not parts:
            why = LONE_BACKSLASH
        if content.endswith(b"\\"):
            parts.append(Span(body.start, body.end - 1))
            continue
        parts.append(body)
        yield Logical(number=number, parts=parts, above=above, why=why)
        above, parts, why = [], [], ""
    if parts:
        yield Logical(number=number, parts=parts, above=above, why=why or "goes on behind the end of the file")


def _spell(value: str, form: Form) -> bytes:
    raw = value.encode("utf-8", "replace")
    if form is not Form.QUOTED:
        return raw
    escaped = re.sub(rb'(["\\])', rb"\\\1", raw)
    return b'"' + _UNPRINTABLE.sub(lambda found: b"\\%03o" % found[0][0], escaped) + b'"'


def _add(reading: Reading, path: Path, name: str, value: bytes) -> Splice | str:
    """An option behind the last certain one of its block; a main option at least in front of the first section."""
    statement = name.encode("utf-8", "replace") + b" = " + value
    home = last(blocks(reading, path)) if path else None
    if path and home is None:
        return f"no block {path[-1]}"
    sure = (each for each in reading.entries if each.kind is Kind.SETTING and each.full[:-1] == path and not each.doubt)
    if anchor := last(sure):
        return after(reading, anchor, statement)
    if home is not None:
        return f"no option of {path[-1]} is certain"
    first = next((each for each in reading.entries if each.kind is Kind.BLOCK), None)
    if first is None or first.doubt:
        return "it is not certain where the main options end"
    return line_at(reading.text, line_start(reading.text, first.span.start), statement)


EXIM = exim()
