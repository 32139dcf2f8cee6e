"""Postfix's master.cf: a service in eight columns, the last a command with options, folded by white space.

A service is a block named ``submission/inet`` whose value is its columns; its ``-o name=value`` are the settings in it.
"""

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from tightlip.syntax.lines import LineNumbers, Unreadables, comment_text, newline_of, oversized, spoken
from tightlip.syntax.logical import Joined, Logical, indented
from tightlip.syntax.placing import indentation_of, last, line_end, line_start
from tightlip.syntax.reading import Entry, Form, Kind, Lens, Path, Reading, blocks
from tightlip.syntax.spans import Span, Splice

COLUMNS = 8

_MOST_WORDS = 10_000

_WORD = re.compile(rb"\S+")
_BRACE = re.compile(rb"[{}]")
_BOUND = re.compile(rb"[\s{}]")
_NOT_CLOSED = "a brace that is not closed"
# The options of Postfix' daemons that have a value (single_server.c and its siblings), and switches in front of one.
_WITH_VALUE = re.compile(rb"-[^imnost]*([imnost])")
_ASSIGNMENT = re.compile(rb"\s*([^\s=]+)(\s*)=\s*", re.DOTALL)
_NEEDS_BRACES = re.compile(rb"\s|\A\{|\A\Z")
_INDENTATION = b"  "


def read(text: bytes) -> Reading:
    """Read master(5); a line with fewer than eight columns, or an option that makes no sense, is unread."""
    unread, entries = Unreadables(), list[Entry]()
    if why := oversized(text):
        unread.add(1, why)
        return Reading(lens=MASTER_CF, text=text, entries=(), unread=unread.all())
    numbers = LineNumbers(text)
    for logical in indented(text):
        if unread.ends(logical.number, entries):
            break
        found = logical.why or _service(text, logical, len(entries), numbers)
        if isinstance(found, str):
            unread.add(logical.number, found)
        else:
            entries += found
    return Reading(lens=MASTER_CF, text=text, entries=tuple(entries), unread=unread.all())


class _Token(Struct, frozen=True):
    """One word of a logical line, or what stands in braces, the braces included."""

    start: int
    end: int


def _service(text: bytes, logical: Logical, number: int, numbers: LineNumbers) -> list[Entry] | str:
    joined = Joined(text, logical.parts)
    tokens = list(islice(_tokens(joined.content), _MOST_WORDS + 1))
    if len(tokens) > _MOST_WORDS:
        return f"more than {_MOST_WORDS:,} words in one service"
    if len(tokens) < COLUMNS:
        return f"{len(tokens)} columns where a service has {COLUMNS}"
    words = [spoken(joined.content[each.start : each.end]) for each in tokens[:COLUMNS]]
    service = Entry(
        kind=Kind.BLOCK,
        name=f"{words[0]}/{words[1]}",
        value=" ".join(words[2:]),
        span=joined.span(tokens[0].start, tokens[-1].end),
        at=joined.span(tokens[COLUMNS - 1].start, tokens[-1].end),
        line=logical.number,
        comment=comment_text(logical.above),
    )
    options = list(_options(joined, service, _arguments(joined.content, tokens[COLUMNS:]), numbers))
    if not all(isinstance(each, Entry) for each in options):
        return next(each for each in options if isinstance(each, str))
    return [service, *(replace(each, within=number) for each in options if isinstance(each, Entry))]


def _tokens(content: bytes) -> Iterator[_Token]:
    """The columns, parted by white space, and the arguments behind them, which braces keep together."""
    at = count = 0
    while word := _WORD.search(content, at):
        at = word.end() if count < COLUMNS else _argument_end(content, word.start())
        count += 1
        yield _Token(word.start(), at)


def _argument_end(content: bytes, at: int) -> int:
    depth = 0
    for bound in _BOUND.finditer(content, at):
        if bound[0] == b"{":
            depth += 1
        elif bound[0] == b"}":
            depth = max(depth - 1, 0)
        elif not depth:
            return bound.start()
    return len(content)


class _Argument(Struct, frozen=True):
    """What a daemon is handed of a token: all of it, or what stands in its braces, without white space around."""

    token: _Token
    start: int
    end: int


def _arguments(content: bytes, tokens: list[_Token]) -> Iterator[_Argument | str]:
    """The arguments as master takes them, or why it does not start with one."""
    for token in tokens:
        if content[token.start : token.start + 1] != b"{":
            yield _Argument(token, token.start, token.end)
            continue
        closed = _brace_end(content, token)
        if closed != token.end:
            yield f"something stands behind {spoken(content[token.start : closed])}" if closed else _NOT_CLOSED
            return
        inner = content[token.start + 1 : closed - 1]
        first = closed - 1 - len(inner.lstrip())
        yield _Argument(token, first, first + len(inner.strip()))


def _brace_end(content: bytes, token: _Token) -> int:
    """Behind the brace that closes the token's first; 0 where none does."""
    depth = 0
    for brace in _BRACE.finditer(content, token.start, token.end):
        depth += 1 if brace[0] == b"{" else -1
        if not depth:
            return brace.end()
    return 0


def _options(
    joined: Joined, service: Entry, arguments: Iterator[_Argument | str], numbers: LineNumbers
) -> Iterator[Entry | str]:
    """The ``-o`` among the arguments, which getopt(3) looks for up to the first that is no option at all."""
    for argument in arguments:
        if isinstance(argument, str):
            yield argument
            return
        word = joined.content[argument.start : argument.end]
        if word in (b"-", b"--") or not word.startswith(b"-"):
            return
        if not (found := _WITH_VALUE.match(word)):
            continue
        glued = replace(argument, start=argument.start + found.end())
        value = glued if glued.start < glued.end else next(arguments, f"{spoken(word)} without a value behind it")
        if isinstance(value, str):
            yield value
            return
        if found[1] == b"o":
            # Switches that share a word with it are no part of it.
            alone = value.start if value is glued else value.token.start
            yield _option(joined, service, argument.token.start if word[1:2] == b"o" else alone, value, numbers)


def _option(joined: Joined, service: Entry, start: int, value: _Argument, numbers: LineNumbers) -> Entry | str:
    braced = joined.content[value.token.start : value.token.start + 1] == b"{"
    found = _ASSIGNMENT.match(joined.content[value.start : value.end])
    if found is None:
        return "-o without a name and a value"
    first, end = value.start + found.end(), value.end
    sign = joined.place(value.start + found.end(2)) + 1
    at = joined.span(first, end) if first < end else Span(sign, sign)
    return Entry(
        kind=Kind.SETTING,
        name=spoken(found[1]),
        value=spoken(joined.content[first:end]),
        span=joined.span(start, value.token.end),
        at=at,
        line=numbers.at(joined.place(start)),
        path=(service.name,),
        form=Form.QUOTED if braced else Form.PLAIN,
        pieces=joined.stretches(first, end) if first < end else (at,),
    )


def _spell(value: str, form: Form) -> bytes:
    return (b"<" if form is Form.FILE else b"") + value.encode("utf-8", "replace")


def _add(reading: Reading, path: Path, name: str, value: bytes) -> Splice | str:
    """An option behind the last one of its service, on a line of its own where that ends one."""
    service = last(blocks(reading, path))
    if service is None:
        return f"no service {'/'.join(path) or 'is named'}"
    assignment = name.encode("utf-8", "replace") + b"=" + value
    if _NEEDS_BRACES.search(value):
        assignment = b"{ " + name.encode("utf-8", "replace") + b" = " + value + b" }"
    option = last(each for each in reading.entries if each.full[:-1] == path)
    position = option.span.end if option else _command_end(reading, service)
    if reading.text[position : line_end(reading.text, position)].strip():
        return Splice(Span(position, position), b" -o " + assignment)
    on_own_line = option and line_start(reading.text, option.span.start) != line_start(reading.text, service.span.start)
    indentation = indentation_of(reading.text, position) if on_own_line else _INDENTATION
    return Splice(Span(position, position), newline_of(reading.text) + indentation + b"-o " + assignment)


def _restate(entry: Entry, value: bytes) -> Splice | None:
    """The option in braces, where a value with white space in it needs them."""
    if entry.form is Form.QUOTED or not _NEEDS_BRACES.search(value):
        return None
    return Splice(entry.span, b"-o { " + entry.name.encode("utf-8", "replace") + b" = " + value + b" }")


def _command_end(reading: Reading, service: Entry) -> int:
    found = _WORD.match(reading.text, service.at.start)
    return found.end() if found else service.at.end


MASTER_CF = Lens(name="master.cf", read=read, spell=_spell, add=_add, restate=_restate)
