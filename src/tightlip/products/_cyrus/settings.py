"""Cyrus' imapd.conf with what it includes: which line a service goes by, its own `<service>_<option>` before all."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from tightlip.model.finding import Place
from tightlip.products._product import ConfigFile, Files
from tightlip.syntax.reading import Entry, Kind

DEEPEST = 16

_MOST_STEPS = 100_000

# What the server's parser takes for a switch, in lower case only.
_ON = frozenset({"1", "yes", "on", "t", "true"})
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

    ``is_cut``: it is read so often, or holds so much, that the rest was left out.
    """

    main: str
    all: Mapping[str, tuple[Setting, ...]]
    is_cut: bool = False

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
    return value in _ON


def view(files: Files, main: str) -> View:
    """The settings of the imapd.conf at this path, as far as it has been read."""
    found: dict[str, list[Setting]] = {}
    steps = iter(range(_MOST_STEPS))
    for setting in _walk({each.path: each for each in files.files}, main, (), steps):
        found.setdefault(setting.entry.name, []).append(setting)
    return View(main, {name: tuple(each) for name, each in found.items()}, is_cut=next(steps, None) is None)


def _walk(by_path: dict[str, ConfigFile], path: str, above: tuple[str, ...], steps: Iterator[int]) -> Iterator[Setting]:
    file = by_path.get(path)
    if file is None or path in above or len(above) >= DEEPEST:
        return
    for entry, _ in zip(file.reading.entries, steps, strict=False):
        if entry.kind is Kind.INCLUDE:
            yield from _walk(by_path, entry.value, (*above, path), steps)
        elif entry.kind is Kind.SETTING:
            yield Setting(file, entry)
