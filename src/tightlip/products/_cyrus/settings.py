"""Cyrus' imapd.conf with what it includes: which line a service goes by, its own `<service>_<option>` before all."""

import sys
from collections.abc import Iterator, Mapping

from msgspec import Struct

from tightlip.model.finding import Place
from tightlip.products._product import ConfigFile, Files
from tightlip.syntax.reading import Entry, Kind

DEEPEST = 16

_MOST_STEPS = 100_000

# By how it begins Cyrus takes a value for a yes or a no, in lower case only; it does not start with any other.
_YES, _NO = ("1", "y", "on", "t"), ("0", "n", "of", "f")
SWITCHES = frozenset({"tls_required", "allowplaintext"})


class Setting(Struct, frozen=True):
    """One setting and the file that it stands in."""

    file: ConfigFile
    entry: Entry

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.file.path, self.entry.line, self.entry.name, self.entry.value)


class View(Struct, frozen=True):
    """The settings of one imapd.conf, its includes in their places; ``all`` by name in the order they are read.

    ``is_cut``: it is read so often, or holds so much, that the rest was left out. ``is_whole``: every file of it was
    read, and every line, so that what stands nowhere in it is not set.
    """

    main: str
    all: Mapping[str, tuple[Setting, ...]]
    is_cut: bool = False
    is_whole: bool = True

    def get(self, name: str, service: str = "") -> Setting | None:
        """The setting that a service goes by: its own first, else the general one, wherever they stand."""
        found = self.all.get(f"{service}_{name}".lower()) if service else None
        found = found or self.all.get(name)
        return found[-1] if found else None

    def place(self, name: str, service: str = "") -> Place:
        """Where it stands; without a line where the product's own default holds."""
        found = self.get(name, service)
        return found.place if found else Place(self.main, None, name, None)

    def is_on(self, name: str, service: str = "") -> bool:
        """A switch; all of those that matter here are off where nothing is said (Cyrus IMAP 3.0 and later)."""
        found = self.get(name, service)
        return found is not None and switched_on(found.entry.value)


def switched_on(value: str) -> bool:
    """Whether the server takes this value for a yes."""
    return value.startswith(_YES)


def is_switch(value: str) -> bool:
    """Whether the server takes this value for a yes or a no."""
    return value.startswith((*_YES, *_NO))


def number_of(value: str) -> int:
    """A number as strtol(3) reads it, octal and hexadecimal too; with what is none Cyrus does not start."""
    try:
        return int(value, 8 if value.startswith("0") and value.isdigit() else 0)
    except ValueError:
        return sys.maxsize


def view(files: Files, main: str) -> View:
    """The settings of the imapd.conf at this path, as far as it has been read."""
    walk = _Walk({each.path: each for each in files.files})
    found: dict[str, list[Setting]] = {}
    for setting in walk.through(main, ()):
        found.setdefault(setting.entry.name, []).append(setting)
    is_cut = next(walk.steps, None) is None
    settings = {name: tuple(each) for name, each in found.items()}
    return View(main, settings, is_cut=is_cut, is_whole=walk.is_whole and not is_cut)


class _Walk:
    """A way through files and what they include; ``is_whole`` as long as all of it was read."""

    def __init__(self, files: Mapping[str, ConfigFile]) -> None:
        self.steps = iter(range(_MOST_STEPS))
        self.is_whole = True
        self._files = files

    def through(self, path: str, above: tuple[str, ...]) -> Iterator[Setting]:
        """The settings of one file, those that it includes in their places."""
        file = self._files.get(path)
        if file is None or path in above or len(above) >= DEEPEST:
            self.is_whole = False
            return
        self.is_whole &= file.reading.is_whole
        for entry, _ in zip(file.reading.entries, self.steps, strict=False):
            if entry.kind is Kind.INCLUDE:
                yield from self.through(entry.value, (*above, path))
            elif entry.kind is Kind.SETTING:
                yield Setting(file, entry)
