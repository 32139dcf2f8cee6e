"""Shell-like files of assignments, as Courier has them: ``NAME=value`` in the quoting of a shell, nothing else.

What only a shell can work out (``$(…)`` or backquotes in double quotes) is doubted; every command is unread.
"""

import re
from collections.abc import Iterator
from itertools import islice

from tightlip.syntax.lines import Unreadables, comment_text, lines, oversized, spoken, strange
from tightlip.syntax.logical import comments
from tightlip.syntax.placing import at_end
from tightlip.syntax.reading import Entry, Form, Kind, Lens, Path, Reading
from tightlip.syntax.spans import Span, Splice

_MOST_PARTS = 10_000
_NAME = re.compile(rb"[ \t]*((?:export[ \t]+)?)([A-Za-z_][A-Za-z0-9_]*)=")
# The stretches of one word: in single quotes, in double quotes, an escaped character, bare. A `*+` keeps no way back,
# of which a quote of four megabytes has some hundred more.
_PART = re.compile(
    rb"""'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]++|\\.)*+)"|\\(?P<escaped>[^\r\n])|(?P<bare>[^\s'"\\;&|<>()]+)""",
    re.DOTALL,
)
_END = re.compile(rb"[ \t]*(?P<comment>(?<=[ \t])#[^\n]*?)?(?:\r?\n|\Z)")
_COMPUTED = re.compile(rb"\$\(|`")
_SAFE = re.compile(rb"[A-Za-z0-9_@%+=:,./-]+")


def read(text: bytes) -> Reading:
    """Read one file, in order; values keep ``$NAME`` and ``${NAME}`` as written."""
    unread, entries, above = Unreadables(), list[Entry](), list[bytes]()
    if why := oversized(text):
        unread.add(1, why)
        return Reading(lens=ASSIGNMENTS, text=text, entries=(), unread=unread.all())
    done = 0
    for line in lines(text):
        content = text[line.start : line.end].strip()
        if line.start < done:
            continue
        if content and not content.startswith(b"#"):
            if unread.ends(line.number, entries):
                break
            found = _statement(text, line.start, line.number, above)
            if isinstance(found, Entry):
                entries.append(found)
                done = found.span.end
            else:
                unread.add(line.number, found)
        above = comments(above, content)
    return Reading(lens=ASSIGNMENTS, text=text, entries=tuple(entries), unread=unread.all())


def _statement(text: bytes, start: int, line: int, above: list[bytes]) -> Entry | str:
    name = _NAME.match(text, start)
    if name is None:
        return "a command of the shell, not an assignment"
    parts = list(islice(_parts(text, name.end()), _MOST_PARTS + 1))
    if len(parts) > _MOST_PARTS:
        return f"a word of more than {_MOST_PARTS:,} quotes, escapes and stretches between them"
    end = parts[-1].end() if parts else name.end()
    ending = _END.match(text, end)
    if ending is None:
        return "a command of the shell behind an assignment, or a quote that is not closed"
    if why := next((why for part in parts if (why := strange(part[0].replace(b"\n", b"").replace(b"\r", b"")))), ""):
        return why
    at = Span(name.end(), end)
    quoted = len(parts) == 1 and parts[0].lastgroup in ("single", "double")
    inner = Span(at.start + 1, at.end - 1) if quoted else at
    return Entry(
        kind=Kind.SETTING,
        name=spoken(name[2]),
        value=spoken(b"".join(_meant(part) for part in parts)),
        span=Span(name.start(1), end),
        at=at,
        line=line,
        form=Form.QUOTED if quoted else Form.PLAIN,
        pieces=(inner,),
        comment=comment_text(above, ending["comment"] or b""),
        doubt="only a shell can work out this value" if any(map(_is_computed, parts)) else "",
    )


def _parts(text: bytes, start: int) -> Iterator[re.Match[bytes]]:
    while part := _PART.match(text, start):
        yield part
        start = part.end()


def _meant(part: re.Match[bytes]) -> bytes:
    if part.lastgroup == "double":
        return re.sub(rb'\\([$`"\\])', rb"\1", re.sub(rb"\\\r?\n", b"", part["double"]))
    return part[part.lastgroup or 0]


def _is_computed(part: re.Match[bytes]) -> bool:
    return part.lastgroup in ("double", "bare") and bool(_COMPUTED.search(part[0]))


def _spell(value: str, form: Form) -> bytes:
    raw = value.encode("utf-8", "replace")
    if form is Form.PLAIN and _SAFE.fullmatch(raw):
        return raw
    return b'"' + re.sub(rb'(["\\`])', rb"\\\1", raw) + b'"'


def _add(reading: Reading, path: Path, name: str, value: bytes) -> Splice | str:
    if path:
        return f"{reading.lens.name} has no blocks"
    return at_end(reading, name.encode("utf-8", "replace") + b"=" + value)


ASSIGNMENTS = Lens(name="shell assignments", read=read, spell=_spell, add=_add)
