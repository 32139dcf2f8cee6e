"""What hides the meaning of Exim's statements: conditions around them, and macros in them."""

import re
from collections.abc import Set

from msgspec import Struct

from tightlip.syntax.lines import spoken

# Exim's own limit for the name of a macro.
LONGEST_MACRO = 63
MOST_MACROS = 1_000
DEEPEST = 100

DIRECTIVE = re.compile(rb"\.(ifdef|ifndef|elifdef|elifndef|else|endif|include|include_if_exists)\b\s*(.*)", re.DOTALL)
DEFINITION = re.compile(rb"([A-Z][A-Za-z0-9_]*)\s*==?\s*(.*)", re.DOTALL)

_LONGEST_WORDS = 200
# Capitals at which a macro may begin, times the lengths that macros have: half a second's worth.
_MOST_LOOKS = 5_000_000
_WORD = re.compile(rb"[A-Za-z0-9_]+")
_CAPITAL = re.compile(rb"[A-Z]")
# AUTH_SERVER_PLAIN looks like a macro that another file, or the command line, defines; NTLM and PLAIN do not.
_LIKELY = re.compile(rb"[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9]")


class Condition(Struct, frozen=True):
    """A condition that is open: the line and the words it began with, and the number of the block it began in."""

    line: int
    words: str
    home: int | None


class Conditions:
    """The conditions around the line that is being read."""

    def __init__(self) -> None:
        """Begin with none."""
        self.open: list[Condition] = []

    def take(self, line: int, word: bytes, rest: bytes, home: int | None) -> str:
        """Follow one directive in a block (None: in none); why that is not possible, empty where it is."""
        if word in (b"ifdef", b"ifndef"):
            # The words are said of each statement below.
            self.open.append(Condition(line, f".{spoken(word)} {spoken(rest.strip()[:_LONGEST_WORDS])}", home))
            return f"conditions nested deeper than {DEEPEST}" if len(self.open) > DEEPEST else ""
        if not self.open:
            return f".{spoken(word)} without .ifdef"
        if word == b"endif":
            self.open.pop()
        return ""

    def doubt(self) -> str:
        """What makes the meaning of a statement uncertain here; empty where nothing does."""
        return f"depends on {self.open[-1].words} in line {self.open[-1].line}" if self.open else ""


class Macros:
    """The names that stand for something else; Exim replaces them wherever they stand, within words too."""

    def __init__(self, names: Set[str]) -> None:
        """Know these names."""
        self._names = {name.encode() for name in names}
        self._lengths = sorted({len(name) for name in self._names})
        self._looks = 0

    def define(self, name: bytes) -> None:
        """Know one more, unless there are too many."""
        if len(self._names) < MOST_MACROS:
            self._names.add(name)
            self._lengths = sorted({*self._lengths, len(name)})

    def knows(self, name: bytes) -> bool:
        """Whether it stands for something else."""
        return name in self._names

    @property
    def is_spent(self) -> bool:
        """Whether no more is looked through: from then on a macro may stand anywhere."""
        return self._looks > _MOST_LOOKS

    def doubt(self, content: bytes) -> str:
        """Which macro stands in a line, or seems to; empty where none does."""
        for word in _WORD.finditer(content):
            if name := self.known(word[0]):
                return f"holds the macro {spoken(name)}"
            if self.is_spent:
                return "may hold a macro: there is more to look through than any configuration has"
            if _LIKELY.fullmatch(word[0]):
                return f"holds {spoken(word[0][:LONGEST_MACRO])}, which may be a macro that is defined elsewhere"
        return ""

    def known(self, word: bytes) -> bytes:
        """The first macro in a word that is certainly one; empty where none is."""
        for capital in _CAPITAL.finditer(word):
            self._looks += len(self._lengths)
            if self.is_spent:
                break
            for length in self._lengths:
                name = word[capital.start() : capital.start() + length]
                if name in self._names:
                    return name
        return b""
