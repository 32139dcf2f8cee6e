"""Texts made to hurt: deep nesting, megabyte lines, NULs; all lenses come back, soon, and raise nothing."""

from time import process_time

import pytest

from tests.unit.costing import at_most
from tests.unit.syntax.shelf import LENSES
from tightlip.syntax import edits
from tightlip.syntax.lenses.blocks import DOVECOT
from tightlip.syntax.lines import LARGEST_TEXT, MOST_ENTRIES, MOST_UNREAD

SIZE = 100_000
MEGABYTE = 1_000_000
SECONDS = 5.0
HOSTILE = {
    "blocks in blocks": b"a {\n",
    "named blocks": b"service x {\n",
    "lists in lists": b"[",
    "objects in objects": b'{"a":',
    "one long line": b"x",
    "one long value": b"a = bcdef ",
    "quotes": b'"',
    "escapes": b'"\\',
    "backslashes": b"\\",
    "folds": b"a = b\\\n",
    "indented folds": b"a = b\n c\n",
    "empty lines": b"\n",
    "carriage returns": b"\r",
    "NULs": b"\0",
    "white space": b" ",
    "white space and an end": b" \t\n",
    "conditions": b".ifdef A\n",
    "macros": b"ABCDEFGH = AB\n",
    "capitals": b"ABCDEFGH",
    "sections": b"begin authenticators\na:\n",
    "options": b"a b c d e f g h -o x=y\n",
    "options on one line": b"-o x=y ",
    "braces": b"{",
    "comments": b"# x\n",
    "dollars": b"A=$(",
    "high bytes": b"\xff",
    "signs": b"= ",
    "commas": b"a: ,,",
}


@pytest.mark.drawn(5)
@pytest.mark.parametrize("grammar", LENSES)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_text_is_read_in_bounded_time(grammar: str, what: str) -> None:
    """Behind a beginning that makes the lens look for more; an edit is granted or refused, not raised."""
    heads = {"master_cf": b"a b c d e f g ", "main_cf": b"a = ", "exim": b"A = b\nAB = c\na = ", "assignments": b"A="}
    text = heads.get(grammar, b"") + HOSTILE[what] * (SIZE // len(HOSTILE[what]))
    start = process_time()
    reading = LENSES[grammar].read(text)
    edits.set_value(reading, "a", "b")
    edits.remove_words(reading, "a", ["c"])
    assert process_time() - start < SECONDS
    assert len(reading.unread) <= MOST_UNREAD


@pytest.mark.drawn(5)
@pytest.mark.parametrize("grammar", LENSES)
@pytest.mark.parametrize("head", [b"a = ", b"a: ", b"", b'"', b"{"])
def test_a_line_of_a_megabyte_is_read_in_bounded_time(grammar: str, head: bytes) -> None:
    """As a value, as a name, in quotes, in braces."""
    start = process_time()
    LENSES[grammar].read(head + b"x" * MEGABYTE)
    assert process_time() - start < SECONDS


def test_a_service_with_very_many_options_is_read_in_linear_time() -> None:
    """Two megabytes of them, each with its line counted."""
    start = process_time()
    LENSES["master_cf"].read(b"smtp inet n - y - - smtpd\n" + b"  -o a=b\n" * (2 * MEGABYTE // 9))
    assert process_time() - start < 20.0


def test_a_text_of_no_sensible_size_is_not_read() -> None:
    """It says so in its first line."""
    reading = DOVECOT.read(b"#" * (LARGEST_TEXT + 1))
    assert [each.line for each in reading.unread] == [1]
    assert reading.entries == ()


WORST = {
    "dovecot": b"a = b\n",
    "main_cf": b"a = b\n",
    "imapd_conf": b"a: b\n",
    "sasl_conf": b"a: b\n",
    "master_cf": b"a b c d e f g h" + b" -o a=b\n" * 4_000,
    "exim": b"a=b\n",
    "exim_authenticators": b"a:\n",
    "assignments": b"a=b\n",
    "cmdlets": b'{"a":[1,2,3,4,5,6,7,8]},',
}


@pytest.mark.drawn(3)
@pytest.mark.parametrize("grammar", LENSES)
def test_the_largest_text_is_read_in_linear_time_and_no_more_of_it_than_anybody_writes(grammar: str) -> None:
    """A million statements of four bytes: a hundred thousand are read, and that there are more is said."""
    head = b"[" if grammar == "cmdlets" else b""
    text = (head + WORST[grammar] * (LARGEST_TEXT // len(WORST[grammar])))[:LARGEST_TEXT]
    with at_most(20.0, 300):
        reading = LENSES[grammar].read(text)
    assert len(reading.entries) <= MOST_ENTRIES + 10_000
    assert any("more than 100,000" in each.why for each in reading.unread)


@pytest.mark.drawn(3)
@pytest.mark.parametrize(
    ("grammar", "text"),
    [
        ("assignments", b'A="' + b"\\x" * MEGABYTE),
        ("assignments", b"A=" + b"'a'" * MEGABYTE),
        ("dovecot", b'a = "' + b"\\x" * MEGABYTE),
        ("cmdlets", b'"' + b"\\x" * MEGABYTE + b'"'),
        ("master_cf", b"a b c d e f g h " + b"-o a=b " * (MEGABYTE // 2)),
        ("master_cf", b"a b c d e f g h " + b"-o{a=b} " * (MEGABYTE // 2)),
        ("exim", b".ifdef " + b"x" * MEGABYTE + b"\n" + b"a=b\n" * 100_000),
        ("exim", b"".join(b"Z" * each + b" = a\n" for each in range(1, 64)) + b"a = " + b"AB" * MEGABYTE + b"\n"),
        ("exim", b"".join(b"M%d = a\n" % each for each in range(100_000)) + b"a = M1\n"),
    ],
)
def test_what_is_kept_of_a_text_is_bounded(grammar: str, text: bytes) -> None:
    """Ways back of a search, words of a service, a condition's words with each statement below it, macros."""
    with at_most(20.0, 200):
        LENSES[grammar].read(text)


def test_where_macros_were_not_looked_for_to_the_end_one_may_stand() -> None:
    """Each of a million capitals could begin one of sixty-three lengths; what comes after is doubted, not believed."""
    macros = b"".join(b"Z" * each + b" = a\n" for each in range(1, 64))
    reading = LENSES["exim"].read(macros + b"a = " + b"AB" * MEGABYTE + b"\nbegin authenticators\nDriver:\n  b = c\n")
    assert all(each.doubt for each in reading.entries if each.name in ("a", "b"))
    assert [each.why for each in reading.unread][:1] == ["perhaps a macro that stands for a statement"]
