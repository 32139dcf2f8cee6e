"""Exim's files as Exim takes them: in order, conditions decided, macros put in, the fragments of conf.d as one."""

import re
from collections.abc import Iterator

from msgspec import Struct

from tightlip.model.finding import Place
from tightlip.products._exim.collecting import include_path, section_of
from tightlip.products._exim.seeds import seeds
from tightlip.products._product import ConfigFile, Files
from tightlip.syntax.lenses.doubts import DIRECTIVE, Macros
from tightlip.syntax.lenses.sections import MAIN
from tightlip.syntax.lines import lines, spoken
from tightlip.syntax.reading import Entry, Kind

DEEPEST = 16
LONGEST_VALUE = 65_536
_MOST_ROUNDS = 30
# What following files, macros and conditions may cost in all: a microsecond each, roughly.
_MOST_WORK = 10_000_000
_VISIT = 100

# Options of the main part that say who may log in, where, and under what TLS.
_OF_LOGINS = frozenset(
    {
        *("auth_advertise_hosts", "acl_smtp_auth", "acl_smtp_connect", "acl_smtp_helo", "hosts_proxy"),
        *("daemon_smtp_ports", "daemon_smtp_port", "local_interfaces", "tls_on_connect_ports"),
        *("tls_advertise_hosts", "tls_certificate", "tls_privatekey", "tls_verify_hosts"),
    }
)
_WORDS = re.compile(r"[A-Za-z0-9_]+")


class Statement(Struct, frozen=True):
    """One statement that counts: its file, its entry, and its value with macros put in.

    ``text`` is what it says; of a statement that is no setting (those of an ACL) its first word is in it, too.
    ``doubt`` says what makes it uncertain: the entry's own doubt, without the conditions that the files decide.
    """

    file: ConfigFile
    entry: Entry
    value: str
    text: str
    doubt: str

    def place(self, setting: str = "") -> Place:
        """Where it stands, as the host knows it; ``setting`` where the entry's own name would not say enough."""
        return Place(self.file.path, self.entry.line, setting or self.entry.name, self.value)


class _Condition(Struct, frozen=True, gc=False):
    """A branch that we are in: whether it is taken, any of its kind was, and what decides is a macro of the build."""

    taken: bool
    any_taken: bool
    is_of_the_build: bool


class Walk:
    """The macros that are known where the walk has come to; ``cut`` says why it does not come to the end.

    ``of_the_build`` is the first place about logins of which only the program knows whether it counts.
    """

    def __init__(self, files: Files) -> None:
        self.files = files.files
        self.by_place = {(each.path, section_of(each)): each for each in files.files}
        self.macros: dict[str, str] = {}
        self.cut = ""
        self.of_the_build: Place | None = None
        self._unsure: set[str] = set()
        self._left = _MOST_WORK

    def statements(self) -> Iterator[Statement]:
        """What counts of all files, the sources of a generated one in their order; macros are followed on the way."""
        for file in self.files:
            if file.role == "defaults":
                self.macros |= seeds(file)
        for file in self.files:
            if file.role in ("main", "fragment"):
                yield from self.of(file, ())

    def of(self, file: ConfigFile, above: tuple[str, ...]) -> Iterator[Statement]:
        """The statements of one file and of those it includes in their places."""
        if not self._affords(_VISIT + len(file.reading.text) // 8):
            return
        directives = dict(_directives(file.reading.text))
        conditions: list[_Condition] = []
        numbers = sorted({*directives, *(each.line for each in file.reading.entries)})
        by_line: dict[int, list[Entry]] = {}
        for entry in file.reading.entries:
            by_line.setdefault(entry.line, []).append(entry)
        for number in numbers:
            if number in directives:
                self._decide(conditions, *directives[number])
                continue
            if all(each.taken or each.is_of_the_build for each in conditions):
                self._mistrust(file, by_line[number], any(each.is_of_the_build for each in conditions))
            if all(each.taken for each in conditions):
                for entry in by_line[number]:
                    yield from self._one(file, entry, above, conditions)

    def _mistrust(self, file: ConfigFile, entries: list[Entry], is_of_the_build: bool) -> None:
        """Take down what stands under a condition on the build, by itself or by a macro that does."""
        for entry in entries:
            if entry.kind is Kind.MACRO and is_of_the_build:
                self._unsure.add(entry.name)
            elif _counts_here(entry) and (is_of_the_build or self._is_unsure(f"{entry.name} {entry.value}")):
                self.of_the_build = self.of_the_build or Place(file.path, entry.line, entry.name, None)

    def _is_unsure(self, words: str) -> bool:
        """Whether a macro in the words depends on the build; what there is no time to look at may be one."""
        if self._unsure and not self._affords(len(self._unsure) * (1 + len(words) // 512) // 16):
            return True
        return any(name in words for name in self._unsure)

    def _one(
        self, file: ConfigFile, entry: Entry, above: tuple[str, ...], conditions: list[_Condition]
    ) -> Iterator[Statement]:
        if entry.kind is Kind.MACRO:
            self.macros[entry.name] = self.expanded(entry.value)
            return
        value = self.expanded(entry.value)
        text = self.expanded(f"{entry.name} {entry.value}") if entry.kind is Kind.STATEMENT else value
        if len(value) > LONGEST_VALUE:
            self.cut = f"{file.path}, line {entry.line}, comes to more than {LONGEST_VALUE:,} characters"
        doubt = self._doubt(entry, conditions)
        statement = Statement(file, entry, value[:LONGEST_VALUE], text[:LONGEST_VALUE], doubt)
        if entry.kind not in (Kind.INCLUDE, Kind.INCLUDE_IF_THERE):
            yield statement
            return
        inner = self.by_place.get((include_path(file, statement.value), entry.path[0] if entry.path else MAIN))
        if inner is not None and inner.path not in (*above, file.path) and len(above) < DEEPEST:
            yield from self.of(inner, (*above, file.path))

    def _doubt(self, entry: Entry, conditions: list[_Condition]) -> str:
        """What is uncertain of a statement: a macro in it, or a condition that the files do not decide."""
        words = f"{entry.name} {entry.value}"
        if not self._affords(len(self.macros) * (1 + len(words) // 512) // 16):
            return entry.doubt
        if held := next((name for name in self.macros if name in words), ""):
            # The one file that the entry was read in may not define it.
            return f"holds the macro {held}"
        is_decided = conditions and not any(each.is_of_the_build for each in conditions)
        return Macros(frozenset()).doubt(words.encode()) if is_decided else entry.doubt

    def expanded(self, value: str) -> str:
        """A value with the macros put in, the longest name first, until it is too long to be looked at."""
        for _ in range(_MOST_ROUNDS):
            if not self._affords(len(self.macros) * (1 + len(value) // 512) // 16 + len(value) // 8):
                break
            found = [name for name in self.macros if name in value]
            if not found or len(value) > LONGEST_VALUE:
                break
            name = max(found, key=len)
            value = value.replace(name, self.macros[name].replace(name, ""), 200)
        return value[: LONGEST_VALUE + 1]

    def _decide(self, conditions: list["_Condition"], word: str, rest: str) -> None:
        """Follow a directive."""
        is_of_the_build = _names_the_build(rest) or self._is_unsure(rest)
        if word in ("ifdef", "ifndef"):
            taken = self._defined(rest) is (word == "ifdef")
            conditions.append(_Condition(taken, taken, is_of_the_build))
        elif conditions:
            last = conditions.pop()
            before, is_of_the_build = last.any_taken, is_of_the_build or last.is_of_the_build
            if word == "else":
                conditions.append(_Condition(not before, True, is_of_the_build))
            elif word in ("elifdef", "elifndef"):
                taken = not before and self._defined(rest) is (word == "elifdef")
                conditions.append(_Condition(taken, before or taken, is_of_the_build))

    def _defined(self, words: str) -> bool:
        """Whether a macro stands in the words; of those of the build (``_HAVE_…``) all are taken for defined."""
        if not self._affords(len(self.macros) * (1 + len(words) // 512) // 16):
            return False
        return any(name in words for name in self.macros) or _names_the_build(words)

    def _affords(self, price: int) -> bool:
        self._left -= price
        if self._left < 0:
            self.cut = "its files include each other too often, or its macros stand for too much"
        return self._left >= 0


def _names_the_build(words: str) -> bool:
    """Whether a macro stands in the words that the program brings along, or does not."""
    return any(each.startswith("_") for each in _WORDS.findall(words))


def _counts_here(entry: Entry) -> bool:
    """Whether it could change who may log in how; routers, transports and most options of the main part could not."""
    if entry.kind in (Kind.INCLUDE, Kind.INCLUDE_IF_THERE):
        return True
    section = entry.path[0] if entry.path else MAIN
    return section == "authenticators" or (section == MAIN and entry.name in _OF_LOGINS)


def _directives(text: bytes) -> Iterator[tuple[int, tuple[str, str]]]:
    """The conditions' lines; includes are entries."""
    for line in lines(text):
        found = DIRECTIVE.match(text[line.start : line.end].strip())
        if found and not found[1].startswith(b"include"):
            yield line.number, (spoken(found[1]), spoken(found[2]))
