"""What taking something away means for the bytes around it: whole lines, single words, stretches of a value."""

import re
from collections.abc import Iterator

from tightlip.syntax.lines import spoken
from tightlip.syntax.placing import line_end, line_start
from tightlip.syntax.reading import Entry, Parted
from tightlip.syntax.spans import Span, Splice

_WORD = {Parted.BLANKS: re.compile(rb"\S+"), Parted.BLANKS_AND_COMMAS: re.compile(rb"[^\s,]+")}
_BLANK = b" \t"


def without(text: bytes, entries: list[Entry]) -> list[Splice]:
    """Splices that take entries away, with their lines where nothing else stands on them."""
    return _removals(text, [taken(text, entry.span) for entry in entries])


def replaced(text: bytes, entry: Entry, spelled: bytes) -> list[Splice]:
    """Splices that put a value in the place of an entry's; lines that only went on with the old one go."""
    if len(entry.pieces) < 2:
        return [Splice(entry.at, _gap(text, entry.at) + spelled if spelled else b"")]
    first, *others = entry.pieces
    rest = [piece_taken(text, before, piece) for before, piece in zip(entry.pieces, others, strict=False)]
    return [Splice(first, spelled), *_removals(text, rest)]


def without_words(text: bytes, entry: Entry, unwanted: set[str], parted: Parted) -> list[Splice]:
    """Splices that take words out of an entry's list, with the space and comma that belong to them."""
    spans: list[Span] = []
    for number, piece in enumerate(entry.pieces):
        found = [Span(m.start(), m.end()) for m in _WORD[parted].finditer(text, piece.start, piece.end)]
        kept = [word for word in found if spoken(text[word.start : word.end]).lower() not in unwanted]
        if kept or not found:
            spans += _dropped(found, set(kept))
        elif line_start(text, piece.start) == line_start(text, entry.span.start):
            spans.append(piece)
        else:
            spans.append(piece_taken(text, entry.pieces[number - 1], piece) if number else taken(text, piece))
    return _removals(text, spans)


def taken(text: bytes, span: Span) -> Span:
    """What goes with a statement: its lines where they hold nothing else, else the blanks at one side."""
    start, end = line_start(text, span.start), line_end(text, span.end)
    if span.end and text[span.end - 1 : span.end] == b"\n":
        end = span.end
    before, behind = text[start : span.start], text[span.end : end].strip()
    alone = not before.strip(_BLANK)
    if alone and (not behind or behind.startswith(b"#")):
        return Span(start, end)
    if alone:
        return Span(span.start, span.end + len(text[span.end : end]) - len(text[span.end : end].lstrip(_BLANK)))
    return Span(start + len(before.rstrip(_BLANK)), span.end)


def piece_taken(text: bytes, before: Span, piece: Span) -> Span:
    """What goes with one line of a folded value: the line, or with a backslash, all from the line before."""
    if b"\\" in text[before.end : piece.start]:
        return Span(before.end, piece.end)
    return taken(text, piece)


def _removals(text: bytes, spans: list[Span]) -> list[Splice]:
    """Splices that remove spans, which are in order and may touch or reach into one another."""
    runs: list[Span] = []
    for span in spans:
        if runs and span.start <= runs[-1].end:
            runs[-1] = Span(runs[-1].start, max(span.end, runs[-1].end))
        elif span.start < span.end:
            runs.append(span)
    if runs and runs[-1].end == len(text) and not text.endswith(b"\n"):
        # The line before becomes the last, which in this text has no end; where that goes as well, the one before it.
        start = _before_newline(text, runs.pop().start)
        while runs and runs[-1].end >= start:
            start = _before_newline(text, runs.pop().start)
        runs.append(Span(start, len(text)))
    return [Splice(run, b"") for run in runs]


def _gap(text: bytes, at: Span) -> bytes:
    """The space that an empty value, which stands right behind its sign, does not have yet."""
    empty = at.start == at.end and text[at.start - 1 : at.start] in (b"=", b":")
    return b" " if empty else b""


def _before_newline(text: bytes, start: int) -> int:
    head = text[max(start - 2, 0) : start]
    return start - (2 if head == b"\r\n" else head.endswith(b"\n"))


def _dropped(words: list[Span], kept: set[Span]) -> Iterator[Span]:
    """Each unwanted word with what separates it from the word before, or of the first, from the one behind."""
    any_kept = False
    for number, word in enumerate(words):
        if word in kept:
            any_kept = True
        elif any_kept:
            yield Span(words[number - 1].end, word.end)
        else:
            yield Span(word.start, words[number + 1].start)
