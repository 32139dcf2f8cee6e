"""What holds for every grammar and any text: places are true, edits say what was asked and touch nothing else."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.syntax.asking import read, spoiled
from tests.unit.syntax.shelf import LENSES, ours, shipped
from tightlip.syntax import edits
from tightlip.syntax.edits import Declined, Edits, Outcome, Unreadable
from tightlip.syntax.reading import Entry, Kind, Reading, blocks, effective
from tightlip.syntax.reading import settings as settings_of
from tightlip.syntax.spans import apply, digest

VALUE = st.sampled_from(
    ["yes", "plain login", "a, b", "x # y", 'a "b" c', "", " padded ", "$x", "<y", "é", "a\\", "a\nb"]
)
NAME = st.sampled_from(["auth_mechanisms", "ssl", "smtpd_tls_auth_only", "sasl_mech_list", "X_Y", "é", "a b", "", "#"])


@pytest.mark.parametrize(("grammar", "file"), [*ours(), *shipped()], ids=lambda each: str(each)[-40:])
def test_a_real_file_is_read_whole(grammar: str, file: Path) -> None:
    """Our own files, and those of installed packages."""
    reading = LENSES[grammar].read(file.read_bytes())
    assert reading.unread == ()
    check_places(reading)


@given(spoiled())
@settings(max_examples=300)
def test_any_text_is_read_and_its_places_are_true(sample: tuple[str, bytes]) -> None:
    """Never an exception; spans lie in the text and in their blocks; line numbers count line ends."""
    reading = read(sample)
    check_places(reading)
    assert apply(reading.text, []) == sample[1]
    assert all(1 <= each.line <= sample[1].count(b"\n") + 1 and each.why for each in reading.unread)


@given(
    st.sampled_from(sorted(LENSES)),
    st.binary(max_size=300) | st.text("ab={}\"'\\#\n:. -o[]", max_size=200).map(str.encode),
)
@settings(max_examples=300)
@example("exim", b"begin authenticators\nbegin main\na:")
@example("dovecot", b"}\n}")
def test_any_bytes_are_read(grammar: str, text: bytes) -> None:
    """No bytes at all raise in any lens."""
    check_places(LENSES[grammar].read(text))


@given(st.data(), spoiled(), VALUE)
@settings(max_examples=400)
def test_a_value_that_was_set_is_read_back(data: st.DataObject, sample: tuple[str, bytes], value: str) -> None:
    """Where it is granted: the value takes effect, the rest stays byte for byte, and asking again does nothing."""
    reading = read(sample)
    name, path = data.draw(place_in(reading))
    outcome = edits.set_value(reading, name, value, path)
    if after := granted(reading, outcome):
        entry = effective(after, name, path)
        assert entry is not None
        assert entry.value == value
        assert elsewhere(after, entry.full) == elsewhere(reading, entry.full)
        assert edits.set_value(after, name, value, path) == nothing(after)


@given(st.data(), spoiled())
@settings(max_examples=300)
def test_what_was_removed_is_gone(data: st.DataObject, sample: tuple[str, bytes]) -> None:
    """A setting or a block, with everything else as it was; removing it again does nothing."""
    reading = read(sample)
    if not reading.entries:
        return
    entry = data.draw(st.sampled_from(reading.entries))
    if entry.kind is Kind.BLOCK:
        after = granted(reading, edits.remove_block(reading, entry.full))
        assert after is None or list(blocks(after, entry.full)) == []
        assert after is None or edits.remove_block(after, entry.full) == nothing(after)
    else:
        after = granted(reading, edits.remove_setting(reading, entry.name, entry.path))
        assert after is None or list(settings_of(after, entry.name, entry.path)) == []
        assert after is None or edits.remove_setting(after, entry.name, entry.path) == nothing(after)
    assert after is None or elsewhere(after, entry.full) == elsewhere(reading, entry.full)


@given(st.data(), spoiled())
@settings(max_examples=300)
def test_words_that_were_removed_are_gone(data: st.DataObject, sample: tuple[str, bytes]) -> None:
    """The others stay in their order; one word of a list is never the last to go."""
    reading = read(sample)
    parted = reading.lens.parted
    lists = [
        each for each in reading.entries if each.kind is Kind.SETTING and len(edits.words_of(each.value, parted)) > 1
    ]
    if not lists:
        return
    entry = data.draw(st.sampled_from(lists))
    word = data.draw(st.sampled_from(edits.words_of(entry.value, parted)))
    kept = [each for each in edits.words_of(entry.value, parted) if each.lower() != word.lower()]
    outcome = edits.drop_words(reading, entry, [word.upper() if word.isascii() else word])
    if after := granted(reading, outcome):
        found = after.entries[reading.entries.index(entry)]
        assert (found.full, edits.words_of(found.value, parted)) == (entry.full, kept)
        assert edits.drop_words(after, found, [word]) == nothing(after)
    elif not kept and reading.is_whole:
        assert isinstance(outcome, Declined)


@given(spoiled(), NAME, VALUE)
def test_a_text_that_was_not_read_whole_is_never_edited(sample: tuple[str, bytes], name: str, value: str) -> None:
    """Whatever is asked; the answer names the lines."""
    reading = read((sample[0], sample[1] + b"\nsome \0 thing\n"))
    refused = Unreadable(reading.unread)
    assert reading.unread
    assert edits.set_value(reading, name, value) == refused
    assert edits.remove_setting(reading, name) == refused
    assert edits.remove_words(reading, name, ["ntlm"]) == refused
    assert edits.remove_block(reading, (name,)) == refused
    assert edits.add_block(reading, (name,), {}) == refused


def check_places(reading: Reading) -> None:
    """Every place lies where it belongs."""
    size = len(reading.text)
    for entry in reading.entries:
        assert 0 <= entry.span.start <= entry.at.start <= entry.at.end <= entry.span.end <= size
        assert all(entry.at.start <= piece.start <= piece.end <= entry.at.end for piece in entry.pieces)
        home = reading.entries[entry.within] if entry.within is not None else None
        assert home is None or (home.kind is Kind.BLOCK and home.full == entry.path)
        # A block that is not closed ends nowhere; its file was not read whole.
        assert home is None or not reading.is_whole or home.span.start <= entry.span.start <= home.span.end
        assert entry.line == reading.text.count(b"\n", 0, entry.span.start) + 1


def granted(reading: Reading, outcome: Outcome) -> Reading | None:
    """The reading after an edit that was granted."""
    if not isinstance(outcome, Edits):
        assert isinstance(outcome, Unreadable) != reading.is_whole
        return None
    after = apply(reading.text, outcome.splices)
    assert (outcome.before, outcome.after) == (digest(reading.text), digest(after))
    # The line end of the last line, or its want, is nobody's to change; neither is a style of line ends.
    assert not reading.text or not after or after.endswith(b"\n") == reading.text.endswith(b"\n")
    # A last line that ends in a CR alone becomes one with a CRLF, where another line is put behind it.
    assert b"\r\n" in reading.text or b"\r\n" not in after or reading.text.endswith(b"\r")
    assert not re.search(rb"(?<!\r)\n", after) or re.search(rb"(?<!\r)\n", reading.text) or b"\n" not in reading.text
    return reading.lens.read(after)


def nothing(reading: Reading) -> Edits:
    """What is answered where there is nothing to do."""
    return Edits((), digest(reading.text), digest(reading.text))


def elsewhere(reading: Reading, full: tuple[str, ...]) -> list[bytes]:
    """The bytes of every statement that is neither at a place, nor below it, nor around it."""
    return [
        reading.text[each.span.start : each.span.end]
        for each in reading.entries
        if each.full[: len(full)] != full and full[: len(each.full)] != each.full and not is_around(each, full)
    ]


def is_around(entry: Entry, full: tuple[str, ...]) -> bool:
    """Whether a block shares part of a path, so that new blocks may have come into it."""
    return entry.kind is Kind.BLOCK and entry.full == full[: len(entry.full)]


def place_in(reading: Reading) -> st.SearchStrategy[tuple[str, tuple[str, ...]]]:
    """A setting that is there, or one that is not, in a block that is there or not."""
    there = [(each.name, each.path) for each in reading.entries if each.kind is Kind.SETTING]
    homes = [
        (),
        ("service pop3-login", "inet_listener new"),
        *(e.full for e in reading.entries if e.kind is Kind.BLOCK),
    ]
    new = st.tuples(NAME, st.sampled_from(homes))
    return st.sampled_from(there) | new if there else new
