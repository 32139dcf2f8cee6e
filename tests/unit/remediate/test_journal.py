"""A journal is read back as it was written, whatever a crash left of its last line; anything else is told apart."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tightlip.model.errors import TightlipError
from tightlip.remediate.journal import SCHEMA, Author, Opening, Record, line, read
from tightlip.remediate.lifecycle import Event, State

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
OPENING = Opening(
    schema=SCHEMA,
    change="c",
    at=AT,
    plan="0" * 64,
    host="h",
    goal="withdraw-ntlm",
    author=Author(uid=0, login="anna"),
)
WAY = [
    (Event.PERMITTED, State.APPROVED),
    (Event.BEGUN, State.GUARDING),
    (Event.DONE, State.BACKING_UP),
    (Event.DONE, State.WRITING),
]
RECORDS = [Record(at=AT, event=event, state=state, detail="ä\n\r\u2028") for event, state in WAY]
LINES = [line(OPENING), *map(line, RECORDS)]


def written(*records: Record) -> bytes:
    """A journal of these records."""
    return b"".join((line(OPENING), *map(line, records)))


@given(st.integers(0, len(b"".join(LINES))), st.binary(max_size=3).filter(lambda tail: b"\n" not in tail))
def test_whatever_is_cut_off_the_whole_lines_are_read(size: int, tail: bytes) -> None:
    """A torn line, and what a disk makes of it, is left out, and said how much is whole."""
    torn = b"".join(LINES)[:size]
    whole = torn.count(b"\n")
    story = read(torn + (tail if not torn.endswith(b"\n") or not tail else b"\0" + tail), "j")
    if whole == 0:
        assert story is None
        return
    assert story is not None
    assert story.records == tuple(RECORDS[: whole - 1])
    assert story.whole == sum(map(len, LINES[:whole]))


def test_a_line_that_cannot_be_read_in_the_middle_is_damage() -> None:
    """No crash does that; the line is named."""
    with pytest.raises(TightlipError, match="damaged in line 2: it cannot be read"):
        read(LINES[0] + b"{}\n" + LINES[1], "j")


def test_a_transition_that_the_table_does_not_know_is_damage() -> None:
    """A state that does not follow from the one before."""
    odd = Record(at=AT, event=Event.DONE, state=State.KEPT)
    with pytest.raises(TightlipError, match="line 3: it does not follow from approved"):
        read(written(RECORDS[0], odd), "j")


def test_a_journal_of_another_schema_is_not_guessed_at() -> None:
    """Nor one that begins in the middle."""
    with pytest.raises(TightlipError, match="line 1"):
        read(LINES[0].replace(b'"schema":2', b'"schema":3'), "j")
    with pytest.raises(TightlipError, match="line 1"):
        read(LINES[1], "j")


def test_a_file_changed_by_others_is_theirs_only_in_the_first_pass_of_writing() -> None:
    """After a crash it may have been written by us before they came."""
    moved = Record(at=AT, event=Event.MOVED, state=State.RESTORING, file="/etc/x")
    again = Record(at=AT, event=Event.RESUMED, state=State.WRITING)
    first = read(written(*RECORDS, moved), "j")
    second = read(written(*RECORDS, again, moved), "j")
    assert first is not None
    assert second is not None
    assert (set(first.foreign), set(second.foreign)) == ({"/etc/x"}, set())
