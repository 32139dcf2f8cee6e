"""The unified diff of a plan, for people: a reason above each hunk, and no secret in any line of it."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

from tightlip.products._product import FileEdit
from tightlip.syntax.showing import is_shown_whole, shown
from tightlip.syntax.spans import Span, Splice, apply

_CONTEXT = 3
_NO_END = "\\ No newline at end of file"

# Lines of the old text (from, up to) that become lines of the new one.
_Change = tuple[int, int, int, int]


class DiffHunk(Struct, frozen=True, kw_only=True):
    """One hunk: why it is there, its ``@@`` line, and its lines with their sign (`` ``, ``-``, ``+``).

    A line that begins with a backslash says, as in every diff, that the text does not end with a line end.
    """

    reasons: tuple[str, ...]
    head: str
    lines: tuple[str, ...]


class FileDiff(Struct, frozen=True, kw_only=True):
    """The hunks of one file."""

    path: str
    hunks: tuple[DiffHunk, ...]


class _Texts(Struct, frozen=True):
    """Both texts by lines with their ends, and the same as they may be shown."""

    old: list[bytes]
    new: list[bytes]
    old_shown: list[str]
    new_shown: list[str]


def file_diff(edit: FileEdit, text: bytes) -> FileDiff:
    """What the edit changes in the file's text; text that is not UTF-8 is shown with replacement characters.

    Takes time by the size of the text and of what is changed, for the splices say where to look.
    """
    after = apply(text, [hunk.splice for hunk in edit.hunks])
    old, new = _lines(text), _lines(after)
    texts = _Texts(old, new, shown(_readable(old)), _shown_new(edit, new))
    changes = list(_changes(edit, text, old))
    reasons = [(_touched(hunk.splice, _starts(old)), hunk.reason) for hunk in edit.hunks]
    hunks = tuple(_hunk(group, texts, reasons) for group in _grouped(changes))
    return FileDiff(path=edit.path, hunks=hunks)


def _lines(text: bytes) -> list[bytes]:
    """Lines with their ends; only ``\\n`` ends one."""
    *whole, rest = text.split(b"\n")
    return [*(line + b"\n" for line in whole), *([rest] if rest else [])]


def _shown_new(edit: FileEdit, new: Sequence[bytes]) -> list[str]:
    """The new lines: what the plan writes itself is hidden from nobody who approves it."""
    ours = {line for hunk in edit.hunks for line in _lines(hunk.splice.replacement)}
    readable = _readable(new)
    return [
        text if line in ours and is_shown_whole(text) else masked
        for line, text, masked in zip(new, readable, shown(readable), strict=True)
    ]


def _readable(lines: Iterable[bytes]) -> list[str]:
    return [line.removesuffix(b"\n").decode("utf-8", "replace") for line in lines]


def _starts(lines: Sequence[bytes]) -> list[int]:
    """Where each line begins, and where the text ends."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts


def _touched(splice: Splice, starts: list[int]) -> tuple[int, int]:
    """The lines (from, up to) that a splice touches; the one behind it too, for it may have come to join it."""
    count = len(starts) - 1
    # At the text's end it may add to the last line.
    first = min(bisect_right(starts, splice.span.start) - 1, max(count - 1, 0))
    return first, min(bisect_right(starts, splice.span.end), count)


def _changes(edit: FileEdit, text: bytes, old: Sequence[bytes]) -> Iterator[_Change]:
    """The lines that differ, stretch by stretch."""
    starts, shift = _starts(old), 0
    for (first, last), splices in _stretches(edit, starts):
        before = text[starts[first] : starts[last]]
        moved = [
            Splice(Span(each.span.start - starts[first], each.span.end - starts[first]), each.replacement)
            for each in splices
        ]
        new = _lines(apply(before, moved))
        matcher = SequenceMatcher(None, old[first:last], new, autojunk=False)
        for tag, from_old, to_old, from_new, to_new in matcher.get_opcodes():
            if tag != "equal":
                at = first + shift
                yield first + from_old, first + to_old, at + from_new, at + to_new
        shift += len(new) - (last - first)


def _stretches(edit: FileEdit, starts: list[int]) -> Iterator[tuple[tuple[int, int], list[Splice]]]:
    """Splices that touch common lines, with the lines that they touch."""
    lines: tuple[int, int] | None = None
    splices: list[Splice] = []
    for hunk in edit.hunks:
        touched = _touched(hunk.splice, starts)
        if lines is not None and touched[0] >= lines[1]:
            yield lines, splices
            lines, splices = None, []
        lines = touched if lines is None else (lines[0], max(lines[1], touched[1]))
        splices.append(hunk.splice)
    if lines is not None:
        yield lines, splices


def _grouped(changes: Sequence[_Change]) -> Iterator[list[_Change]]:
    """Changes whose contexts meet make one hunk."""
    group: list[_Change] = []
    for change in changes:
        if group and change[0] - group[-1][1] > 2 * _CONTEXT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _hunk(group: list[_Change], texts: _Texts, reasons: list[tuple[tuple[int, int], str]]) -> DiffHunk:
    first, last = group[0], group[-1]
    lead = min(_CONTEXT, first[0])
    tail = min(_CONTEXT, len(texts.old) - last[1])
    lines: list[str] = []
    done = first[0] - lead
    for from_old, to_old, from_new, to_new in group:
        lines += _signed(" ", texts.old, texts.old_shown, done, from_old)
        lines += _signed("-", texts.old, texts.old_shown, from_old, to_old)
        lines += _signed("+", texts.new, texts.new_shown, from_new, to_new)
        done = to_old
    lines += _signed(" ", texts.old, texts.old_shown, done, last[1] + tail)
    old, new = (first[0] - lead, last[1] + tail), (first[2] - lead, last[3] + tail)
    why = (reason for (start, end), reason in reasons if start < last[1] + 1 and end > first[0] - 1)
    head = f"@@ -{_range(*old)} +{_range(*new)} @@"
    return DiffHunk(reasons=tuple(dict.fromkeys(why)), head=head, lines=tuple(lines))


def _signed(sign: str, lines: Sequence[bytes], shown: Sequence[str], start: int, end: int) -> Iterator[str]:
    for number in range(start, end):
        yield f"{sign}{shown[number]}"
        if not lines[number].endswith(b"\n"):
            yield _NO_END


def _range(start: int, end: int) -> str:
    """As in POSIX diff -u: an empty range is the line before it."""
    length = end - start
    beginning = start + 1 if length else start
    return str(beginning) if length == 1 else f"{beginning},{length}"
