"""What a lens makes of a text: entries with their places, and the lines that could not be read."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec import Struct

from tightlip.syntax.spans import Span, Splice

Path = tuple[str, ...]


class Kind(StrEnum):
    """What an entry is."""

    SETTING = "setting"
    BLOCK = "block"
    INCLUDE = "include"
    INCLUDE_IF_THERE = "include_if_there"
    MACRO = "macro"
    STATEMENT = "statement"


class Form(StrEnum):
    """How a value is written: bare, in quotes (where nothing is expanded), or as the name of a file that holds it."""

    PLAIN = "plain"
    QUOTED = "quoted"
    FILE = "file"


class Entry(Struct, frozen=True, gc=False, kw_only=True):
    """One statement of a configuration.

    ``path`` names the enclosing blocks from the outside in, as written (``service pop3-login``, ``inet_listener
    pop3``); ``within`` is the number of the innermost of them among the reading's entries. ``span`` is the whole
    statement without its indentation and line end, a block to its closing; ``at`` the value as written, quotes and
    ``<`` included, of a block its body; ``pieces`` its stretches on their lines, without quotes. ``comment`` is what
    stands directly above and behind. ``doubt`` says why the meaning is not certain; such an entry is never edited.
    ``is_apart``: a doubt is this entry's alone, so that the block around it may be taken away all the same.
    """

    kind: Kind
    name: str
    value: str
    span: Span
    at: Span
    line: int
    path: Path = ()
    form: Form = Form.PLAIN
    pieces: tuple[Span, ...] = ()
    within: int | None = None
    comment: str = ""
    doubt: str = ""
    is_apart: bool = False

    @property
    def full(self) -> Path:
        """The path and the name."""
        return (*self.path, self.name)


class Unread(Struct, frozen=True):
    """A line that could not be read, counted from 1, and why."""

    line: int
    why: str


class Wins(StrEnum):
    """Which of several settings of one name takes effect."""

    FIRST = "first"
    LAST = "last"


class Parted(StrEnum):
    """What stands between the words of a list: white space as C's isspace() knows it, with or without commas."""

    BLANKS = "blanks"
    BLANKS_AND_COMMAS = "blanks and commas"


class Lens(Struct, frozen=True, kw_only=True):
    """A grammar: how it is read, how a value is spelled, and where a new statement goes.

    ``add`` takes a reading, the path and name of a setting that is not there, and its spelled value; it gives the
    insertion, or the reason why there is none; it is None where a text is only read. ``add_block`` does so for a block,
    and is None where there are none. ``restate`` gives a whole statement anew where another value does not fit into
    it as it stands. ``fold`` brings names to the form that entries have. Blocks whose name is in ``apart`` are several
    when written several times; all others of one name are one. ``parted`` says how the words of a list are told apart.
    """

    name: str
    read: Callable[[bytes], "Reading"]
    spell: Callable[[str, Form], bytes]
    add: Callable[["Reading", Path, str, bytes], Splice | str] | None = None
    add_block: Callable[["Reading", Path, tuple[tuple[str, str], ...], Entry | None], Splice | str] | None = None
    restate: Callable[[Entry, bytes], Splice | None] | None = None
    fold: Callable[[str], str] = str
    wins: Wins = Wins.LAST
    apart: frozenset[str] = frozenset()
    parted: Parted = Parted.BLANKS_AND_COMMAS


class Reading(Struct, frozen=True, gc=False, kw_only=True):
    """A text as its lens sees it: entries in the order of the text, and the lines that were not understood."""

    lens: Lens
    text: bytes
    entries: tuple[Entry, ...]
    unread: tuple[Unread, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every line was read; where not, the text is never edited."""
        return not self.unread


def settings(reading: Reading, name: str, path: Path = ()) -> Iterator[Entry]:
    """Every setting of that name directly below that path, in the order of the text."""
    folded = reading.lens.fold(name)
    named = (each for each in reading.entries if each.name == folded)
    return (each for each in named if each.kind is Kind.SETTING and each.path == path)


def effective(reading: Reading, name: str, path: Path = ()) -> Entry | None:
    """The setting that takes effect within this text; includes, outer and default values are not its matter."""
    found = list(settings(reading, name, path))
    if not found:
        return None
    return found[0] if reading.lens.wins is Wins.FIRST else found[-1]


def blocks(reading: Reading, path: Path) -> Iterator[Entry]:
    """Every block at that path, its own name last."""
    return (each for each in reading.entries if each.kind is Kind.BLOCK and each.full == path)


def inside(reading: Reading, block: Entry) -> Iterator[Entry]:
    """Every entry between the ends of a block; entries stand in the order of the text."""
    first = bisect_left(reading.entries, block.span.start, key=_start)
    behind = bisect_left(reading.entries, block.span.end, key=_start)
    return (each for each in reading.entries[first:behind] if each is not block)


def _start(entry: Entry) -> int:
    return entry.span.start
