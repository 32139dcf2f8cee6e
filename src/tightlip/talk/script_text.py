"""Reads the text of a .talk file, whose format docs/talks.md describes, into a Talk."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from tightlip.model.errors import UsageError
from tightlip.talk.expectation import Expectation, expectation
from tightlip.talk.phrases import cue, phrase
from tightlip.talk.script import (
    Certificate,
    Close,
    Exchange,
    Pause,
    Reaction,
    Section,
    Silence,
    Speak,
    Talk,
    TlsVersion,
    Upgrade,
)


class _Line(Struct, frozen=True):
    number: int
    text: str


class _Wrong(Exception):
    def __init__(self, line: int, what: object) -> None:
        super().__init__(f"line {line}: {what}")


_SCRIPT = ("S:", "S|", "C:", "--")
_VALUES = frozenset("protocol source certificate newest_tls default".split())
_MARKS: dict[str, Reaction] = {"tls": Upgrade(), "close": Close(), "silence": Silence(), "pause": Pause()}
_COUNT = "{#}"


def read_talk(claim: str, text: str) -> Talk:
    """The talk that ``text`` holds; UsageError names the claim, the line, and what is wrong with it."""
    try:
        return _talk(claim, list(_joined(text)))
    except _Wrong as wrong:
        raise UsageError(f"{claim}.talk, {wrong}", "docs/talks.md describes the format") from None


def _talk(claim: str, lines: Sequence[_Line]) -> Talk:
    body = next((place for place, line in enumerate(lines) if line.text.startswith(_SCRIPT)), len(lines))
    if body == 0:
        raise _Wrong(1, "the first line must be a sentence that says what the server does")
    values, expectations = _header(lines[1:body])
    sections = _sections(lines[body:])
    clear = sections["clear"]
    tls = sections.get("tls", Section())
    if not tls.exchanges:
        tls = Section(tls.greeting, clear.exchanges)
    return Talk(
        claim=claim,
        summary=lines[0].text,
        protocol=values["protocol"],
        source=values["source"],
        certificate=Certificate(values.get("certificate", "self-signed")),
        newest_tls=TlsVersion(values.get("newest_tls", "TLSv1.3")),
        default=phrase(values["default"] + r"\r\n") if "default" in values else None,
        expectations=expectations,
        clear=clear,
        tls=tls,
        implicit=sections.get("implicit", Section(clear.greeting, tls.exchanges)),
    )


def _joined(text: str) -> Iterator[_Line]:
    """Lines without comments and blank ones; below ``S:`` and ``source:`` an indented line continues the one above."""
    kept: _Line | None = None
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if not line.strip() or line.startswith("#"):
            continue
        if kept and line[0] in " \t" and kept.text.startswith(("S:", "S|", "source:")):
            kept = _Line(kept.number, f"{kept.text} {line.strip()}")
            continue
        if kept:
            yield kept
        kept = _Line(number, line)
    if kept:
        yield kept


def _header(lines: Sequence[_Line]) -> tuple[dict[str, str], tuple[Expectation, ...]]:
    values: dict[str, str] = {}
    blocks: list[tuple[_Line, list[tuple[str, str]]]] = []
    for line in lines:
        key, colon, value = (part.strip() for part in line.text.partition(":"))
        if line.text[0] in " \t" and blocks:
            blocks[-1][1].append((key, value))
        elif key.startswith("expect ") and colon:
            blocks.append((line, []))
        elif key in _VALUES and colon:
            values[key] = _valid(line, key, value)
        else:
            raise _Wrong(line.number, f"unknown key {key!r}")
    for key in ("protocol", "source"):
        if key not in values:
            raise _Wrong(1, f"the header must say '{key}:'")
    return values, tuple(_expected(line, facts) for line, facts in blocks)


def _valid(line: _Line, key: str, value: str) -> str:
    try:
        if key == "certificate":
            Certificate(value)
        elif key == "newest_tls":
            TlsVersion(value)
        elif key == "default":
            phrase(value)
    except ValueError as wrong:
        raise _Wrong(line.number, wrong) from None
    return value


def _expected(line: _Line, facts: list[tuple[str, str]]) -> Expectation:
    try:
        return expectation(line.text.removeprefix("expect "), facts)
    except (ValueError, TypeError) as wrong:
        raise _Wrong(line.number, wrong) from None


def _sections(lines: Sequence[_Line]) -> dict[str, Section]:
    """The script cut at ``-- tls --`` and ``-- implicit --``; the mark itself ends the exchange above it."""
    starts = [0]
    names = ["clear"]
    for place, line in enumerate(lines):
        name = _mark(line.text)
        if name in names:
            raise _Wrong(line.number, f"a second '-- {name} --'")
        if name in ("tls", "implicit"):
            starts.append(place + 1)
            names.append(name)
    ends = [start - (name == "implicit") for start, name in zip(starts[1:], names[1:], strict=True)]
    parts = zip(names, starts, [*ends, len(lines)], strict=True)
    return {name: _section(lines[start:end]) for name, start, end in parts}


def _mark(text: str) -> str:
    return text.strip("- ") if text.startswith("--") else ""


def _section(lines: Sequence[_Line]) -> Section:
    """What stands above the first ``C:`` is said unasked; each ``C:`` begins an exchange."""
    cues = [place for place, line in enumerate(lines) if line.text.startswith("C:")]
    starts = [*cues, len(lines)]
    greeting = _reactions(lines[: starts[0]])
    return Section(greeting, tuple(_exchange(lines[start:end]) for start, end in pairwise(starts)))


def _exchange(lines: Sequence[_Line]) -> Exchange:
    first = lines[0]
    try:
        return Exchange(cue(first.text[2:].strip()), _reactions(lines[1:]))
    except ValueError as wrong:
        raise _Wrong(first.number, wrong) from None


def _reactions(lines: Sequence[_Line]) -> tuple[Reaction, ...]:
    reactions: list[Reaction] = []
    for place, line in enumerate(lines):
        following = lines[place + 1].text if place + 1 < len(lines) else ""
        try:
            reactions.append(_reaction(line.text, following))
        except (ValueError, TypeError) as wrong:
            raise _Wrong(line.number, wrong) from None
    return tuple(reactions)


def _reaction(text: str, following: str) -> Reaction:
    kind, said = text[:2], text[2:].removeprefix(" ")
    match kind:
        case "--":
            if _mark(text) not in _MARKS:
                raise ValueError(f"unknown mark {text!r}")
            return _MARKS[_mark(text)]
        case "S|":
            return Speak(phrase(said))
        case "S:":
            return Speak(phrase(_counted(said, following) + r"\r\n"))
        case _:
            raise ValueError("expected S:, S|, C: or a mark")


def _counted(said: str, following: str) -> str:
    """A literal's ``{#}`` becomes the number of bytes that the next line says."""
    if not said.endswith(_COUNT):
        return said
    literal = phrase(following[2:].removeprefix(" "))
    return f"{said.removesuffix(_COUNT)}{{{sum(len(piece) for piece in literal)}}}"
