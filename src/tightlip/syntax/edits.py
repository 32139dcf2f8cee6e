"""Edits asked for by name and place, given as splices: each is tried on the text and read back before it is given."""

import re
from collections.abc import Callable, Collection, Iterator
from itertools import starmap, zip_longest
from operator import eq
from typing import assert_never

from msgspec import Struct

from tightlip.syntax import removal
from tightlip.syntax.reading import (
    Entry,
    Form,
    Kind,
    Parted,
    Path,
    Reading,
    Unread,
    blocks,
    effective,
    inside,
    settings,
)
from tightlip.syntax.spans import Splice, apply, compose, digest


class Edits(Struct, frozen=True):
    """Splices for one text, in order, and the sha256 of the text before and after; no splices: nothing to do."""

    splices: tuple[Splice, ...]
    before: str
    after: str


class Unreadable(Struct, frozen=True):
    """The text was not read whole, so that nothing in it is changed; the lines say where and why."""

    lines: tuple[Unread, ...]


class Declined(Struct, frozen=True):
    """What was asked cannot be done here; ``line`` is where the reason stands, None where it is nowhere."""

    why: str
    line: int | None = None


Outcome = Edits | Unreadable | Declined
Step = Callable[[Reading], Outcome]

# As C's isspace() has it: a space of Unicode's parts nothing.
_WORDS = {Parted.BLANKS: re.compile(r"\S+", re.ASCII), Parted.BLANKS_AND_COMMAS: re.compile(r"[^\s,]+", re.ASCII)}


def set_value(reading: Reading, name: str, value: str, path: Path = (), form: Form = Form.PLAIN) -> Outcome:
    """Make this the value that takes effect at this path; a setting, and blocks, that are not there are added."""
    if refusal := _refusal(reading, (*path, reading.lens.fold(name))):
        return refusal
    entry = effective(reading, name, path)
    if entry is not None:
        return change(reading, entry, value, form)
    splice = reading.lens.add(reading, path, name, reading.lens.spell(value, form)) if reading.lens.add else ""
    if isinstance(splice, str):
        return Declined(splice or f"{reading.lens.name} is only read")
    return _proven(reading, [splice], (*path, reading.lens.fold(name)), _says(name, path, value, form))


def change(reading: Reading, entry: Entry, value: str, form: Form = Form.PLAIN) -> Outcome:
    """Give one setting another value, where it stands."""
    if refusal := _guard(reading, entry):
        return refusal
    if entry.value == value and (entry.form is Form.FILE) == (form is Form.FILE):
        return _nothing(reading)
    # What stands in quotes is not expanded; so it stays.
    kept = entry.form if entry.form is Form.QUOTED and form is Form.PLAIN else form
    spelled = reading.lens.spell(value, kept)
    anew = reading.lens.restate(entry, spelled) if reading.lens.restate else None
    splices = [anew] if anew else removal.replaced(reading.text, entry, spelled)
    number = _number(reading, entry)
    return _proven(reading, splices, entry.full, lambda now: _same(now.entries[number], value, form))


def remove_setting(reading: Reading, name: str, path: Path = ()) -> Outcome:
    """Take away every setting of that name at this path, for the next one would take the place of the last."""
    full = (*path, reading.lens.fold(name))
    if refusal := _refusal(reading, full):
        return refusal
    splices = removal.without(reading.text, list(settings(reading, name, path)))
    return _proven(reading, splices, full, lambda now: effective(now, name, path) is None)


def remove_block(reading: Reading, path: Path) -> Outcome:
    """Take away the block at this path, its name the path's last; every one, where it is written several times."""
    if refusal := _refusal(reading, path):
        return refusal
    splices = removal.without(reading.text, list(blocks(reading, path)))
    return _proven(reading, splices, path, lambda now: not list(blocks(now, path)))


def add_block(reading: Reading, path: Path, lines: dict[str, str], before: Entry | None = None) -> Outcome:
    """Add a block with these settings, its name the path's last, at the end of its parent or before an entry."""
    if not reading.is_whole:
        return Unreadable(reading.unread)
    if reading.lens.add_block is None:
        return Declined(f"{reading.lens.name} has no blocks to add")
    splice = reading.lens.add_block(reading, path, tuple(lines.items()), before)
    if isinstance(splice, str):
        return Declined(splice)
    count = len(list(blocks(reading, path)))
    return _proven(reading, [splice], path, lambda now: len(list(blocks(now, path))) == count + 1)


def remove_words(reading: Reading, name: str, words: Collection[str], path: Path = ()) -> Outcome:
    """Take words (in any case) out of the list that takes effect; the spacing of the others stays."""
    if refusal := _refusal(reading, (*path, reading.lens.fold(name))):
        return refusal
    entry = effective(reading, name, path)
    return _nothing(reading) if entry is None else drop_words(reading, entry, words)


def drop_words(reading: Reading, entry: Entry, words: Collection[str]) -> Outcome:
    """Take words (in any case) out of one setting's list; a list of which nothing would be left is not touched."""
    if refusal := _guard(reading, entry):
        return refusal
    unwanted = {word.lower() for word in words}
    parted = reading.lens.parted
    words_now = words_of(entry.value, parted)
    kept = [word for word in words_now if word.lower() not in unwanted]
    if kept == words_now:
        return _nothing(reading)
    if not kept:
        return Declined(f"nothing would be left of {entry.name}", entry.line)
    splices = removal.without_words(reading.text, entry, unwanted, parted)
    number = _number(reading, entry)
    return _proven(reading, splices, entry.full, lambda now: words_of(now.entries[number].value, parted) == kept)


def in_turn(reading: Reading, *steps: Step) -> Outcome:
    """Several edits of one text, each on the outcome of those before, given as one; the first refusal ends it."""
    splices: tuple[Splice, ...] = ()
    now = reading
    for step in steps:
        match step(now):
            case Edits() as edits:
                splices = compose(reading.text, splices, edits.splices)
                now = reading.lens.read(apply(now.text, edits.splices))
            case Unreadable() | Declined() as refusal:
                return refusal
            case other:
                assert_never(other)
    return Edits(splices, digest(reading.text), digest(now.text))


def words_of(value: str, parted: Parted = Parted.BLANKS_AND_COMMAS) -> list[str]:
    """The words of a list, between white space and commas, or white space alone."""
    return _WORDS[parted].findall(value)


def _refusal(reading: Reading, full: Path) -> Unreadable | Declined | None:
    """Why nothing at this place may be changed."""
    if not reading.is_whole:
        return Unreadable(reading.unread)
    met = [each for each in reading.entries if each.full == full]
    for entry in met:
        if refusal := _guard(reading, entry):
            return refusal
    homes = {each.within for each in met}
    parents = [reading.entries[home] for home in homes if home is not None]
    if len(parents) > 1 and any(parent.name in reading.lens.apart for parent in parents):
        return Declined(f"several blocks {parents[0].name}: it is not clear which is meant", met[-1].line)
    return None


def _guard(reading: Reading, entry: Entry) -> Unreadable | Declined | None:
    """Why this entry may not be changed."""
    if not reading.is_whole:
        return Unreadable(reading.unread)
    if reading.lens.add is None:
        return Declined(f"{reading.lens.name} is only read", entry.line)
    within = inside(reading, entry) if entry.kind is Kind.BLOCK else ()
    doubtful = next((each for each in (entry, *(each for each in within if not each.is_apart)) if each.doubt), None)
    return Declined(doubtful.doubt, doubtful.line) if doubtful else None


def _nothing(reading: Reading) -> Edits:
    return Edits((), digest(reading.text), digest(reading.text))


def _number(reading: Reading, entry: Entry) -> int:
    return next(number for number, each in enumerate(reading.entries) if each is entry)


def _says(name: str, path: Path, value: str, form: Form) -> Callable[[Reading], bool]:
    def says(now: Reading) -> bool:
        entry = effective(now, name, path)
        return entry is not None and _same(entry, value, form)

    return says


def _same(entry: Entry, value: str, form: Form) -> bool:
    return entry.value == value and (entry.form is Form.FILE) == (form is Form.FILE)


def _proven(reading: Reading, splices: list[Splice], full: Path, holds: Callable[[Reading], bool]) -> Outcome:
    """The edit, if its outcome reads whole, as asked, and with everything else as it was."""
    after = apply(reading.text, splices)
    now = reading.lens.read(after)
    if not now.is_whole:
        return Declined(f"afterwards the file could not be read: {now.unread[0].why}", now.unread[0].line)
    is_same = all(starmap(eq, zip_longest(_elsewhere(now, full), _elsewhere(reading, full))))
    if not is_same or not holds(now):
        return Declined(f"{reading.lens.name} cannot say this")
    return Edits(tuple(splices), digest(reading.text), digest(after))


def _elsewhere(reading: Reading, full: Path) -> Iterator[tuple[Kind, Path, str, Form]]:
    """What a reading says of everything that is neither this place, below it, nor a block around it."""
    depth = len(full)
    for each in reading.entries:
        place = each.full
        is_around = each.kind is Kind.BLOCK and full[: len(place)] == place
        if place[:depth] != full and not is_around:
            yield each.kind, place, each.value, each.form
