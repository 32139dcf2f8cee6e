"""How Dovecot's values are quoted, and how settings and blocks are written into its files."""

import re

from tightlip.syntax.lines import newline_of
from tightlip.syntax.placing import after, at_end, indentation_of, last, line_at, line_end, line_start
from tightlip.syntax.reading import Entry, Form, Path, Reading, blocks
from tightlip.syntax.spans import Splice

_INDENTATION = b"  "
_ESCAPED = re.compile(rb"\\(.?)", re.DOTALL)
_SPECIAL = re.compile(rb"""\A\s|\s\Z|\A<|\\\Z|[#"']""")


def unescaped(raw: bytes) -> bytes:
    """Text without its backslashes."""
    return _ESCAPED.sub(rb"\1", raw) if b"\\" in raw else raw


def spell(value: str, form: Form) -> bytes:
    """A value as the file has it: quoted where it must be, or the name of a file behind ``<``."""
    raw = value.encode("utf-8", "replace")
    if form is Form.FILE:
        return b"<" + raw
    if form is Form.PLAIN and not _SPECIAL.search(raw):
        return raw
    return b'"' + re.sub(rb'(["\\])', rb"\\\1", raw) + b'"'


def add(reading: Reading, path: Path, name: str, value: bytes) -> Splice | str:
    """A setting at the end of its block, and the blocks around it as far as they are not there."""
    statement = name.encode("utf-8", "replace") + b" = " + value
    return _within(reading, path, [statement])


def add_block(
    reading: Reading, path: Path, settings: tuple[tuple[str, str], ...], before: Entry | None
) -> Splice | str:
    """A block with its settings at the end of the block around it, or before an entry."""
    if not path:
        return "a block without a name"
    body = [name.encode("utf-8", "replace") + b" = " + spell(value, Form.PLAIN) for name, value in settings]
    block = _block(path[-1:], body)
    if before is None:
        return _within(reading, path[:-1], block)
    if before.path != path[:-1]:
        return "the entry to stand before is in another block"
    indentation = indentation_of(reading.text, before.span.start)
    content = indentation + _text(reading, block, indentation)
    return line_at(reading.text, line_start(reading.text, before.span.start), content)


def _within(reading: Reading, path: Path, statement: list[bytes]) -> Splice | str:
    """Lines at the end of the innermost block of the path that is there; the rest of the path around them."""
    for depth in range(len(path), 0, -1):
        homes = list(blocks(reading, path[:depth]))
        if len(homes) > 1 and homes[-1].name in reading.lens.apart:
            return f"several blocks {homes[-1].name}: it is not clear which is meant"
        if homes:
            return _in_block(reading, homes[-1], _block(path[depth:], statement))
    return at_end(reading, _text(reading, _block(path, statement), b""))


def _in_block(reading: Reading, block: Entry, statement: list[bytes]) -> Splice:
    child = last(each for each in reading.entries if each.within is not None and reading.entries[each.within] is block)
    outer = indentation_of(reading.text, block.span.start)
    indentation = outer + _INDENTATION if child is None else indentation_of(reading.text, child.span.start)
    content = _text(reading, statement, indentation)
    if child is None:
        return line_at(reading.text, line_end(reading.text, block.at.start), indentation + content)
    return after(reading, child, content)


def _block(path: Path, body: list[bytes]) -> list[bytes]:
    """The lines of blocks in blocks around some lines."""
    for name in reversed(path):
        body = [_opening(name), *(_INDENTATION + line for line in body), b"}"]
    return body


def _opening(name: str) -> bytes:
    """``inet_listener pop3 {``; a name of a block that holds white space is quoted."""
    kind, _, rest = name.partition(" ")
    quoted = re.search(r'[\s"{]', rest) and kind != "group"
    words = [kind.encode("utf-8", "replace")] + ([spell(rest, Form.QUOTED if quoted else Form.PLAIN)] if rest else [])
    return b" ".join([*words, b"{"])


def _text(reading: Reading, statement: list[bytes], indentation: bytes) -> bytes:
    """Lines as one text whose first line is yet to be indented."""
    return (newline_of(reading.text) + indentation).join(statement)
