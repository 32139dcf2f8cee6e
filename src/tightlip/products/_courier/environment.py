"""What Courier's files make of the environment that its servers are started in: each variable with its origin."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from msgspec import Struct

from tightlip.model.finding import Place
from tightlip.products._product import ConfigFile
from tightlip.syntax.reading import Entry, Kind

# Doubling variables in each other would grow without bound, and so would many of the longest.
LONGEST_VALUE = 65_536
_MOST_IN_ALL = 8 << 20
_LONGEST_CHAIN = 1_000

_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
# What the start scripts set before they read the files, by Debian's paths.
_GIVEN = {"prefix": "/usr", "exec_prefix": "/usr", "sbindir": "/usr/sbin", "bindir": "/usr/bin"}


class Variable(Struct, frozen=True):
    """One assignment that took effect: its value with variables expanded, as it is written, and where."""

    name: str
    value: str
    written: str
    file: str
    line: int
    doubt: str = ""
    uses: tuple["Variable", ...] = ()

    @property
    def place(self) -> Place:
        """Where it stands, with what it comes to."""
        return Place(self.file, self.line, self.name, self.value)


class Environment(Struct, frozen=True):
    """The variables of one server, after all its files; ``main`` is the file that absent ones would stand in."""

    main: str
    variables: Mapping[str, Variable]

    def text(self, name: str) -> str:
        """A variable's value; empty where it is not set, which the scripts make no difference of."""
        found = self.variables.get(name)
        return found.value.strip() if found else ""

    def is_on(self, name: str) -> bool:
        """Whether it says yes: as the start scripts look, by its first letter, or as the servers do, by number."""
        text = self.text(name)
        return text[:1] in ("y", "Y") or (text.isascii() and text.isdecimal() and int(text[:9]) > 0)

    def place(self, name: str) -> Place:
        """Where a variable is set; without a line where it is not."""
        found = self.variables.get(name)
        return found.place if found else Place(self.main, None, name, None)

    def origin(self, name: str, word: str) -> Place:
        """Where a word of a variable's value really stands: in it, or in a variable that it uses."""
        found = self.variables.get(name)
        chain = islice(_chain(found), _LONGEST_CHAIN) if found else iter(())
        return next((each.place for each in chain if word in _words(each.written)), self.place(name))


def environment(files: Iterable[ConfigFile], main: str, folder: str) -> Environment:
    """Evaluate files in order, as ``set -a; . FILE; . FILE`` would; what only a shell can work out stays as written."""
    given = {**_GIVEN, "sysconfdir": folder}
    variables: dict[str, Variable] = {}
    left = _MOST_IN_ALL
    for file in files:
        for entry in file.reading.entries:
            if entry.kind is Kind.SETTING:
                found = _evaluated(file, entry, variables, given, min(LONGEST_VALUE, left))
                left = max(left - len(found.value), 0)
                variables[entry.name] = found
    return Environment(main, variables)


def _evaluated(
    file: ConfigFile, entry: Entry, variables: Mapping[str, Variable], given: Mapping[str, str], most: int
) -> Variable:
    literal = file.reading.text[entry.at.start : entry.at.start + 1] == b"'"
    names = [] if literal else [one or other for one, other in _VARIABLE.findall(entry.value)]
    known = {name: variables[name].value if name in variables else given.get(name, "") for name in names}
    uses = tuple(variables[name] for name in dict.fromkeys(names) if name in variables)
    value = entry.value if literal else _expanded(entry.value, known)
    cut = "" if len(value) <= most else f"comes to more than {most:,} characters"
    return Variable(
        name=entry.name,
        value=value[:most],
        written=entry.value[:LONGEST_VALUE],
        file=file.path,
        line=entry.line,
        doubt=entry.doubt or cut or next((each.doubt for each in uses if each.doubt), ""),
        uses=uses,
    )


def _expanded(written: str, known: Mapping[str, str]) -> str:
    pieces, size, done = list[str](), 0, 0
    for found in _VARIABLE.finditer(written):
        pieces += [written[done : found.start()], known[found[1] or found[2]]]
        size, done = size + len(pieces[-1]) + len(pieces[-2]), found.end()
        if size > LONGEST_VALUE:
            break
    return "".join([*pieces, written[done : done + LONGEST_VALUE + 1]])


def _chain(variable: Variable) -> Iterator[Variable]:
    """A variable and those that it uses, breadth first, each once."""
    waiting, seen = [variable], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += each.uses


def _words(value: str) -> set[str]:
    return set(value.upper().split())
