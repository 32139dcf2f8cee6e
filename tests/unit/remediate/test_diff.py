"""The diff says exactly what changes: applied as ``patch`` would, it makes the planned text; and it hides secrets."""

import re
import time
from collections.abc import Iterator, Sequence
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.syntax.test_showing import LINES, SECRET
from tightlip.products._product import FileEdit, Hunk
from tightlip.remediate.diff import file_diff
from tightlip.syntax.spans import Span, Splice, apply, digest

_HEAD = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NO_END = "\\ No newline at end of file"


def edit_of(text: bytes, *splices: tuple[int, int, bytes]) -> FileEdit:
    """An edit of one file, each splice with its own reason."""
    hunks = tuple(Hunk(Splice(Span(a, b), new), f"reason {number}") for number, (a, b, new) in enumerate(splices))
    after = apply(text, [hunk.splice for hunk in hunks])
    return FileEdit(path="/etc/x.conf", hunks=hunks, before=digest(text), after=digest(after))


def lines_of(text: bytes, *splices: tuple[int, int, bytes]) -> list[str]:
    """All lines of all hunks, as a unified diff has them, each hunk's reasons above it."""
    hunks = file_diff(edit_of(text, *splices), text).hunks
    return [line for hunk in hunks for line in (*(f"# {reason}" for reason in hunk.reasons), hunk.head, *hunk.lines)]


def plain_lines_of(text: bytes, *splices: tuple[int, int, bytes]) -> list[str]:
    """The same where every line may be shown: what the diff says, not what it leaves unsaid."""
    with patch("tightlip.remediate.diff.shown", lambda lines, first, last: lines[first:last]):
        return lines_of(text, *splices)


def patched(text: str, diff: Sequence[str]) -> str:
    """What POSIX ``patch`` makes of a text: every context and removed line must stand where the diff says."""
    old, new, done = text.split("\n"), [], 0
    for head, body in _hunks(diff):
        start = int(head[1]) - (head[2] != "0")
        new += old[done:start]
        taken = [line[1:] for line in body if line[0] in " -"]
        assert old[start : start + len(taken)] == taken
        assert len(taken) == int(head[2] or 1)
        given = [line[1:] for line in body if line[0] in " +"]
        assert len(given) == int(head[4] or 1)
        assert int(head[3]) == len(new) + (head[4] != "0")
        new += given
        done = start + len(taken)
    return "\n".join([*new, *old[done:]])


def _hunks(diff: Sequence[str]) -> Iterator[tuple[re.Match[str], list[str]]]:
    body: list[str] = []
    head = None
    for line in diff:
        if found := _HEAD.fullmatch(line):
            if head:
                yield head, body
            head, body = found, []
        elif line[0] in " +-":
            body.append(line)
    if head:
        yield head, body


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, tuple[tuple[int, int, bytes], ...]]:
    """A text of short lines that ends with a line end, and splices in it that keep it so."""
    text = "".join(f"{line}\n" for line in draw(st.lists(st.text("ab", max_size=3), max_size=40))).encode()
    cuts = sorted(draw(st.lists(st.integers(0, max(0, len(text) - 1)), max_size=8, unique=True)))
    new = st.text("abc\n", max_size=6).map(str.encode)
    return text, tuple((a, b, draw(new)) for a, b in zip(cuts[::2], cuts[1::2], strict=False))


@given(edited())
def test_the_diff_applied_gives_the_planned_text(made: tuple[bytes, tuple[tuple[int, int, bytes], ...]]) -> None:
    """Whatever the splices: joined lines, removed line ends, insertions, changes that meet."""
    text, splices = made
    wanted = apply(text, [hunk.splice for hunk in edit_of(text, *splices).hunks])
    assert patched(text.decode(), plain_lines_of(text, *splices)) == wanted.decode()


def test_a_hunk_has_its_reason_and_three_lines_around() -> None:
    """As ``diff -u`` shows it."""
    text = b"1\n2\n3\n4\nauth = plain ntlm\n6\n7\n8\n9\n"
    at = text.index(b" ntlm")
    assert plain_lines_of(text, (at, at + 5, b"")) == [
        "# reason 0",
        "@@ -2,7 +2,7 @@",
        " 2",
        " 3",
        " 4",
        "-auth = plain ntlm",
        "+auth = plain",
        " 6",
        " 7",
        " 8",
    ]


def test_changes_far_apart_are_two_hunks_each_with_its_own_reason() -> None:
    """Seven lines between them; with six their contexts would touch and they would be one."""
    for between, heads in ((7, 2), (6, 1)):
        text = b"a\n" + b"-\n" * between + b"b\n"
        diff = file_diff(edit_of(text, (0, 1, b"x"), (len(text) - 2, len(text) - 1, b"y")), text)
        assert len(diff.hunks) == heads
        assert [hunk.reasons for hunk in diff.hunks] == (
            [("reason 0",), ("reason 1",)] if heads == 2 else [("reason 0", "reason 1")]
        )


def test_a_line_added_to_an_empty_file() -> None:
    """An empty range is written as the line before it."""
    assert plain_lines_of(b"", (0, 0, b"x = 1\n")) == ["# reason 0", "@@ -0,0 +1 @@", "+x = 1"]


def test_a_missing_end_of_the_last_line_is_told() -> None:
    """Otherwise a change of nothing but the line end would not be seen at all."""
    assert plain_lines_of(b"x", (1, 1, b"\n")) == ["# reason 0", "@@ -1 +1 @@", "-x", _NO_END, "+x"]
    assert plain_lines_of(b"x\ny", (0, 1, b"z")) == ["# reason 0", "@@ -1,2 +1,2 @@", "-x", "+z", " y", _NO_END]


def test_bytes_that_are_no_text_are_shown_replaced_and_compared_as_they_are() -> None:
    """Two different bytes that both show as a replacement character are a change."""
    diff = plain_lines_of(b"\xff\n", (0, 1, b"\xfe"))
    assert diff[-2:] == ["-\ufffd", "+\ufffd"]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("place", ["context", "removed", "added"])
def test_no_secret_is_in_any_line(line: str, place: str) -> None:
    """Whether it stands around the change, goes, or comes."""
    text = f"a = b\n{line}\nssl = yes\n".encode()
    at = text.index(line.encode())
    end = at + len(line.encode()) + 1
    splices = {"context": (0, 1, b"c"), "removed": (at, end, b""), "added": (0, 0, text[at:end])}
    shown = "\n".join(lines_of(text, splices[place]))
    # A plan for accounts writes deny itself, and whoever approves it has to see that.
    assert (SECRET in shown) is (place == "added" and line.split() == ["deny", "=", SECRET])


def test_a_line_that_the_plan_writes_is_seen() -> None:
    """Though its name is none of those that are known; what it takes away is masked where it may be a secret."""
    shown = lines_of(b"passdb x {\n  driver = pam\n}\n", (26, 26, b"  ntlm = no\n  deny = yes\n"))
    assert [line for line in shown if line.startswith("+")] == ["+  ntlm = no", "+  deny = yes"]


def test_a_key_that_begins_outside_of_the_hunk_is_hidden_inside() -> None:
    """The lines of context alone would not tell what they are."""
    key = "-----BEGIN PRIVATE KEY-----\n" + "short\n" * 20 + f"{SECRET}\n-----END PRIVATE KEY-----\n"
    text = f"{key}ssl = no\n".encode()
    shown = "\n".join(lines_of(text, (len(text) - 3, len(text) - 1, b"yes")))
    assert "short" not in shown
    assert SECRET not in shown
    assert "+ssl = yes" in shown


def test_a_large_file_of_equal_lines_takes_no_time() -> None:
    """A hundred thousand lines that are all the same, changed at both ends."""
    text = b"x = 1\n" * 100_000
    began = time.monotonic()
    lines_of(text, (0, 1, b"y"), (len(text) - 6, len(text) - 5, b"z"))
    assert time.monotonic() - began < 10


def test_the_mechanism_that_goes_is_seen_behind_a_hash() -> None:
    """Cyrus SASL knows no comment there: both sides read alike where it was masked."""
    text = b"mech_list: PLAIN LOGIN # NTLM\n"
    assert lines_of(text, (24, 29, b"")) == [
        "# reason 0",
        "@@ -1 +1 @@",
        "-mech_list: PLAIN LOGIN # NTLM",
        "+mech_list: PLAIN LOGIN #",
    ]
