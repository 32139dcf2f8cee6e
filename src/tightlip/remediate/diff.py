"""The unified diff of a plan, for people: a reason above each hunk, and no secret in any line of it."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from posixpath import commonprefix

from msgspec import Struct

from tightlip.products._product import FileEdit
from tightlip.syntax.showing import SECRET, UNSEEN, is_shown_whole, shown
from tightlip.syntax.spans import Span, Splice, apply

_CONTEXT = 3
NO_END = "\\ No newline at end of file"

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


class OutlineLine(Struct, frozen=True, kw_only=True):
    """A line that changes, without a word of it: its number from 1, how many of its bytes may be shown, what follows.

    ``mask`` stands for the bytes behind ``shown``; "" where the whole line may be shown. ``ends`` is False of a last
    line without a line end.
    """

    number: int
    shown: int
    mask: str = ""
    ends: bool = True


class OutlineHunk(Struct, frozen=True, kw_only=True):
    """A hunk without context: the old lines that go, and the new ones that come."""

    reasons: tuple[str, ...]
    head: str
    old: tuple[OutlineLine, ...]
    new: tuple[OutlineLine, ...]


class Outline(Struct, frozen=True, kw_only=True):
    """The diff of one file for whoever has the file and may not be sent its text."""

    path: str
    hunks: tuple[OutlineHunk, ...]


class _Text(Struct, frozen=True):
    """A text by lines with their ends, and without as people read them; ``ours`` are those that the plan writes."""

    lines: list[bytes]
    readable: list[str]
    ours: frozenset[bytes] = frozenset()

    def shown(self, first: int, last: int) -> Iterator[tuple[bytes, str]]:
        """The lines from one up to another, each as it is and as it may be shown."""
        for number, masked in enumerate(shown(self.readable, first, last), first):
            line, text = self.lines[number], self.readable[number]
            # What the plan writes itself is hidden from nobody who approves it.
            yield line, text if line in self.ours and is_shown_whole(text) else masked

    def signed(self, sign: str, first: int, last: int) -> Iterator[str]:
        """The same with a sign in front, as a diff has them."""
        for line, text in self.shown(first, last):
            yield f"{sign}{text}"
            if not line.endswith(b"\n"):
                yield NO_END

    def outlined(self, first: int, last: int) -> Iterator[OutlineLine]:
        """What may be shown of a line begins as the line does; behind that it is a mask, or looks like one."""
        for number, (whole, text) in enumerate(self.shown(first, last), first + 1):
            line, masked = whole.removesuffix(b"\n"), text.encode()
            same = len(commonprefix([line, masked]))
            mask = "" if line == masked else SECRET if masked[same:] == SECRET.encode() else UNSEEN
            yield OutlineLine(number=number, shown=same, mask=mask, ends=whole.endswith(b"\n"))


def file_diff(edit: FileEdit, text: bytes) -> FileDiff:
    """What the edit changes in the file's text; text that is not UTF-8 is shown with replacement characters.

    Takes time by the size of the text and of what is changed, for the splices say where to look.
    """
    texts = _texts(edit, text)
    changes = list(_changes(edit, text, texts[0].lines))
    reasons = _reasons(edit, texts[0])
    hunks = tuple(_hunk(group, texts, reasons) for group in _grouped(changes))
    return FileDiff(path=edit.path, hunks=hunks)


def outline(edit: FileEdit, text: bytes) -> Outline:
    """The same as ``file_diff`` shows, without context and without the text."""
    texts = _texts(edit, text)
    reasons = _reasons(edit, texts[0])
    hunks = tuple(_outline_hunk(change, texts, reasons) for change in _changes(edit, text, texts[0].lines))
    return Outline(path=edit.path, hunks=hunks)


def _texts(edit: FileEdit, text: bytes) -> tuple[_Text, _Text]:
    """The old text and the new one."""
    old, new = _lines(text), _lines(apply(text, [hunk.splice for hunk in edit.hunks]))
    ours = frozenset(line for hunk in edit.hunks for line in _lines(hunk.splice.replacement))
    return _Text(old, _readable(old)), _Text(new, _readable(new), ours)


def _reasons(edit: FileEdit, old: _Text) -> list[tuple[tuple[int, int], str]]:
    """Why each splice is made, with the lines that it touches."""
    starts = _starts(old.lines)
    return [(_touched(hunk.splice, starts), hunk.reason) for hunk in edit.hunks]


def _lines(text: bytes) -> list[bytes]:
    """Lines with their ends; only ``\\n`` ends one."""
    *whole, rest = text.split(b"\n")
    return [*(line + b"\n" for line in whole), *([rest] if rest else [])]


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


def _hunk(group: list[_Change], texts: tuple[_Text, _Text], reasons: list[tuple[tuple[int, int], str]]) -> DiffHunk:
    first, last = group[0], group[-1]
    lead = min(_CONTEXT, first[0])
    before, after = texts
    tail = min(_CONTEXT, len(before.lines) - last[1])
    lines: list[str] = []
    done = first[0] - lead
    for from_old, to_old, from_new, to_new in group:
        lines += before.signed(" ", done, from_old)
        lines += before.signed("-", from_old, to_old)
        lines += after.signed("+", from_new, to_new)
        done = to_old
    lines += before.signed(" ", done, last[1] + tail)
    old, new = (first[0] - lead, last[1] + tail), (first[2] - lead, last[3] + tail)
    return DiffHunk(reasons=_why(first[0], last[1], reasons), head=_head(old, new), lines=tuple(lines))


def _outline_hunk(
    change: _Change, texts: tuple[_Text, _Text], reasons: list[tuple[tuple[int, int], str]]
) -> OutlineHunk:
    from_old, to_old, from_new, to_new = change
    before, after = texts
    return OutlineHunk(
        reasons=_why(from_old, to_old, reasons),
        head=_head((from_old, to_old), (from_new, to_new)),
        old=tuple(before.outlined(from_old, to_old)),
        new=tuple(after.outlined(from_new, to_new)),
    )


def _why(start: int, end: int, reasons: list[tuple[tuple[int, int], str]]) -> tuple[str, ...]:
    """The reasons for these old lines, and for those beside them."""
    return tuple(dict.fromkeys(why for (first, last), why in reasons if first < end + 1 and last > start - 1))


def _head(old: tuple[int, int], new: tuple[int, int]) -> str:
    return f"@@ -{_range(*old)} +{_range(*new)} @@"


def _range(start: int, end: int) -> str:
    """As in POSIX diff -u: an empty range is the line before it."""
    length = end - start
    beginning = start + 1 if length else start
    return str(beginning) if length == 1 else f"{beginning},{length}"
