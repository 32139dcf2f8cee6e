"""A Dovecot configuration as one run of settings: includes in their places, variables expanded, overrides told apart.

Dovecot takes the last setting of a name, and one inside a `protocol` block before any outside of it, wherever it
stands. `auth_mechanisms` is the exception: the auth process reads the one outside of all blocks, for every protocol.
In 2.4 lists are sets of switches (`protocols { pop3 = yes }`) that add to, or take from, what was said before.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from itertools import islice
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.finding import Place
from tightlip.products._dovecot import earlier
from tightlip.products._dovecot.collecting import DEEPEST, include_pattern
from tightlip.products._dovecot.references import References, Said, said_before_24
from tightlip.products._dovecot.values import is_followed, path_of
from tightlip.products._dovecot.variables import Variables
from tightlip.products._dovecot.words import shown_words
from tightlip.products._product import ConfigFile, Files
from tightlip.syntax.edits import words_of
from tightlip.syntax.reading import Entry, Form, Kind, Path, effective

MECHANISMS = "auth_mechanisms"
PROTOCOLS = "protocols"

_LISTS = (MECHANISMS, PROTOCOLS)
# What 2.4 shows, and takes, as a block of its own: `ssl_server { cert_file = … }` is ssl_server_cert_file.
_GROUPS = frozenset({"ssl_server", "ssl_client"})
_MOST = 200_000
_MOST_VISITS = 8_000
# Of one list; Dovecot has some fifteen mechanisms and ten protocols.
_MOST_STATEMENTS = 2_000
_MOST_WORDS = 200

_Key = TypeVar("_Key")


class Dialect(Enum):
    """Whose settings the files are written in."""

    BEFORE_24 = "2.3"
    SINCE_24 = "2.4"


class Setting(Struct, frozen=True, gc=False):
    """One setting or block where it stands; ``path`` goes through includes, ``value`` has its variables expanded.

    ``is_known`` is false where the value stands in a file that was not read, or in Dovecot's environment: it is empty
    then, and a list has those of its words that are known. ``doubt`` says why it is not, or that Dovecot ends at it.
    """

    file: ConfigFile
    entry: Entry
    path: Path
    name: str
    value: str
    is_known: bool = True
    doubt: str = ""

    @property
    def word(self) -> str:
        """Its value as one word in lower case; Dovecot takes `y` and `1` for yes, too."""
        return {"y": "yes", "1": "yes"}.get(self.value.lower(), self.value.lower())

    @property
    def place(self) -> Place:
        """Where it stands; a switch of a list is called as 2.4 lets it be written, `auth_mechanisms/ntlm`.

        Shown is the name of a file that holds the value, and what can be a mechanism of the words of a list.
        """
        listed = len(self.path) == 1 and self.path[0] in _LISTS
        name = f"{self.path[0]}/{self.name}" if listed else self.name
        if not self.is_known:
            return Place(self.file.path, self.entry.line, name, None)
        if is_followed(self.entry, self.path):
            return Place(self.file.path, self.entry.line, name, f"<{self.entry.value}")
        shown = shown_words(self.value) if name == MECHANISMS else self.value
        return Place(self.file.path, self.entry.line, name, shown)


class View(Struct, frozen=True, kw_only=True):
    """All settings and blocks in the order in which Dovecot meets them; ``named`` are the settings by name.

    ``lists`` are the statements that say a list, ``inner`` the blocks directly below a path. ``cut`` says why this is
    not all that the files hold.
    """

    main: str
    dialect: Dialect
    version: tuple[int, ...] | None
    defaults: Mapping[str, str]
    settings: tuple[Setting, ...]
    named: Mapping[str, tuple[Setting, ...]]
    last: Mapping[tuple[Path, str], Setting]
    blocks: tuple[Setting, ...]
    lists: Mapping[str, tuple[Setting, ...]]
    inner: Mapping[Path, tuple[Setting, ...]]
    cut: str = ""

    def at(self, name: str, path: Path = ()) -> Setting | None:
        """The setting that takes effect directly below this path."""
        return self.last.get((path, name))

    def get(self, name: str, protocol: str = "") -> Setting | None:
        """The setting that a protocol's processes go by; without a protocol, the one outside of all blocks."""
        own = [each for each in self.named.get(name, ()) if protocol and for_protocol(each.path, protocol)]
        return own[-1] if own else self.at(name)

    def value(self, name: str, default: str, protocol: str = "") -> str:
        """Its value, in lower case, or the default."""
        found = self.get(name, protocol)
        return found.word if found else default

    def place(self, name: str, protocol: str = "") -> Place:
        """Where it stands; without a line where Dovecot's own default holds."""
        found = self.get(name, protocol)
        return found.place if found else self.absent(name)

    def absent(self, name: str) -> Place:
        """The place of a setting that is not there."""
        return Place(self.main, None, name, None)

    def words(self, name: str) -> dict[str, Setting | None]:
        """A list's words (lower case) with the statement that put each in; None for those of the default."""
        words: dict[str, Setting | None] = dict.fromkeys(words_of(self.defaults[name]))
        for setting in self.lists[name]:
            if setting.path == ():
                own = words_of(setting.entry.value.lower())
                kept = words if f"${name}" in own and setting.entry.form is Form.PLAIN else {}
                added = list(islice(words_of(setting.value.lower()), _MOST_WORDS))
                added = list(map(earlier.protocol, added)) if self._translates(name) else added
                words = kept | {each: setting for each in added if each not in kept}
            elif (word := _switched(setting, name)) and setting.is_known:
                words.pop(word, None)
                words |= {word: setting} if setting.word == "yes" else {}
            if len(words) >= _MOST_WORDS:
                return dict(islice(words.items(), _MOST_WORDS))
        return words

    def _translates(self, name: str) -> bool:
        return name == PROTOCOLS and self.dialect is Dialect.BEFORE_24

    def is_said(self, name: str) -> bool:
        """Whether a list is set at all."""
        return bool(self.lists[name])


def view(files: Files) -> View:
    """The run of settings that the files make, as far as they were read; never raises."""
    dialect = _dialect(files)
    settings: list[Setting] = []
    blocks: list[Setting] = []
    defaults = _defaults(files, dialect)
    variables, references = Variables(defaults), References()
    steps = _Walk(files)
    for file, entry, path in steps.of(files.instance.config, (), ()):
        if entry is None:
            continue
        if entry.kind is Kind.BLOCK:
            blocks.append(Setting(file=file, entry=entry, path=path, name=entry.name, value=""))
        elif entry.kind is Kind.SETTING:
            path, name = _canonical(path, entry.name, dialect)
            if is_followed(entry, path):
                held = files.values.get(path_of(file, entry))
                found = Said(value=(held or "").strip(), is_known=held is not None)
            elif dialect is Dialect.SINCE_24:
                found = references.said(entry, path, name)
            else:
                value = earlier.value(entry.name, variables.expanded(entry, path))
                found = said_before_24(entry, value, path, name)
            value, is_known, doubt = found.value, found.is_known, found.doubt
            settings.append(Setting(file, entry, path, name, value, is_known, doubt))
            variables.define(path, name, found.value)
            references.define(path, name, found.value)
            if not found.is_known or entry.form is Form.FILE:
                references.forget(name)
    lists = {name: [each for each in settings if _says(each, name)] for name in _LISTS}
    whole = View(
        main=files.instance.config,
        dialect=dialect,
        version=numbers(files.version),
        defaults=defaults,
        settings=tuple(settings),
        named=_grouped(settings, lambda each: each.name),
        last={(each.path, each.name): each for each in settings},
        blocks=tuple(blocks),
        lists={name: tuple(those[:_MOST_STATEMENTS]) for name, those in lists.items()},
        inner=_grouped(blocks, lambda each: each.path),
    )
    return replace(whole, cut=steps.cut or variables.cut or _too_long(lists) or _too_many_words(whole))


def walk(files: Files) -> Iterator[tuple[ConfigFile, Entry | None, Path]]:
    """Every entry with its file in the order in which Dovecot meets them; None at the end of each file."""
    return _Walk(files).of(files.instance.config, (), ())


def for_protocol(path: Path, protocol: str) -> bool:
    """Whether these are the blocks of a protocol alone: `protocol pop3`, or `protocol !imap` for all but one."""
    if len(path) != 1 or not protocol:
        return False
    kind, _, meant = path[0].partition(" ")
    return kind == "protocol" and (meant == protocol or (meant[:1] == "!" and meant[1:] != protocol))


def numbers(version: str | None) -> tuple[int, ...] | None:
    """A version's numbers: (2, 3, 19, 1) for `2.3.19.1 (9b53102964)`."""
    found = re.match(r"\d{1,6}(?:\.\d{1,6}){1,5}", version or "")
    return tuple(map(int, found[0].split("."))) if found else None


def _grouped(settings: Iterable[Setting], key: Callable[[Setting], _Key]) -> dict[_Key, tuple[Setting, ...]]:
    groups: dict[_Key, list[Setting]] = {}
    for each in settings:
        groups.setdefault(key(each), []).append(each)
    return {name: tuple(those) for name, those in groups.items()}


def _too_long(lists: Mapping[str, list[Setting]]) -> str:
    long = [name for name, those in lists.items() if len(those) > _MOST_STATEMENTS]
    return f"{long[0]} is said more than {_MOST_STATEMENTS:,} times" if long else ""


def _too_many_words(found: View) -> str:
    long = [name for name in _LISTS if len(found.words(name)) == _MOST_WORDS]
    return f"{long[0]} has more words than Dovecot knows" if long else ""


def _dialect(files: Files) -> Dialect:
    said = any(effective(file.reading, "dovecot_config_version") for file in files.files)
    return Dialect.SINCE_24 if said or (numbers(files.version) or (0,)) >= (2, 4) else Dialect.BEFORE_24


def _defaults(files: Files, dialect: Dialect) -> Mapping[str, str]:
    """Debian starts from no protocol and has a file for each package; 2.4's switches start from none, too."""
    names = (entry.full[0] for file in files.files for entry in file.reading.entries)
    debian = any(file.path.endswith(".protocol") for file in files.files)
    none = debian or (dialect is Dialect.SINCE_24 and any(name.partition("/")[0] == PROTOCOLS for name in names))
    return {MECHANISMS: "plain", PROTOCOLS: "" if none else "imap pop3 lmtp"}


class _Walk:
    """The files in the order in which Dovecot meets them; ``cut`` says why not to the end."""

    def __init__(self, files: Files) -> None:
        self.cut = ""
        self._by_path = {each.path: each for each in files.files}
        self._listed = files.listed
        self._visits = 0
        self._entries = 0

    def of(self, path: str, outer: Path, above: Path) -> Iterator[tuple[ConfigFile, Entry | None, Path]]:
        """The entries of one file and of those that it includes, each with the blocks around it; None at each end."""
        file = self._by_path.get(path)
        if file is None or path in above or len(above) > DEEPEST or not self._may_visit():
            return
        for entry in file.reading.entries:
            self._entries += 1
            if self._entries > _MOST:
                self.cut = f"more than {_MOST:,} statements"
                return
            yield file, entry, (*outer, *entry.path)
            if entry.kind in (Kind.INCLUDE, Kind.INCLUDE_IF_THERE) and self._may_visit():
                pattern = include_pattern(file, entry)
                for each in self._listed.get(pattern, (pattern,)):
                    yield from self.of(each, (*outer, *entry.path), (*above, path))
        yield file, None, outer

    def _may_visit(self) -> bool:
        self._visits += 1
        if self._visits > _MOST_VISITS:
            self.cut = f"more than {_MOST_VISITS:,} includes"
        return not self.cut


def _canonical(path: Path, name: str, dialect: Dialect) -> tuple[Path, str]:
    """2.4's other spellings: a group of settings as a block, a switch of a list as `protocols/pop3`."""
    if dialect is Dialect.BEFORE_24:
        return earlier.setting(path, name)
    if path and path[-1] in _GROUPS:
        group = path[-1]
        return path[:-1], name if name.startswith(f"{group}_") else f"{group}_{name}"
    if name.partition("/")[0] in _LISTS and "/" in name:
        outer, _, word = name.partition("/")
        return (*path, outer), word
    return path, name


def _says(setting: Setting, name: str) -> bool:
    return (setting.path == () and setting.name == name) or _switched(setting, name) is not None


def _switched(setting: Setting, name: str) -> str | None:
    """The word that a 2.4 switch is about, if it is one of this list."""
    return setting.name.lower() if setting.path == (name,) else None
