"""Shell scripts taken apart into simple commands, each with its words, as far as that goes without running them."""

import re
from collections.abc import Iterator

from msgspec import Struct

# What cannot be known without running it.
UNKNOWN = "\0"

_DEEPEST = 4
# All are bounded, and give nothing back: a quote that is never closed must not cost its square.
_NESTED = r"\$\((?>[^()\"]|\"[^\"]{0,999}\"|\([^()]{0,999}\)){0,999}+\)"
_TOKEN = re.compile(
    rf"""(?P<gap>(?:[ \t\r]|\\\n)+)
    |(?P<comment>(?<![^\s;&|()`])\#[^\n]*)
    |(?P<end>\n|;;?|&&|\|\||[&|()`])
    |(?P<redirect>(?:(?<![^\s;&|()`])\d+)?(?:>>|>&|<&|<>|>\||<<<|<<-?|>|<))
    |(?P<single>'[^']{{0,9999}}+')
    |(?P<double>"(?>[^"\\$]+|\\.|{_NESTED}|\$){{0,999}}+")
    |(?P<inner>\$\()
    |(?P<variable>\$(?:\{{(?>[^{{}}]|\{{[^{{}}]{{0,999}}\}}){{0,999}}+\}}|[A-Za-z_]\w*|[0-9@*\#?$!-]))
    |\\(?P<escaped>.)
    |(?P<plain>[^\s;&|()`'"$\\<>]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_HERE = re.compile(
    r"(<<-?[ \t]*)(['\"]?)(\w+)\2(?P<rest>[^\n]*)\n(?P<body>(?:[^\n]*\n){0,200}?)[ \t]*\3[ \t]*(?=\n|\Z)", re.ASCII
)
_IN_QUOTES = re.compile(
    rf"(?P<inner>{_NESTED}|`[^`]{{0,999}}`)|(?P<variable>\$(?:\{{(?>[^{{}}]|\{{[^{{}}]{{0,999}}\}}){{0,999}}+\}}|[A-Za-z_]\w*|[0-9@*#?$!-]))"
    r"|\\(?P<escaped>[$`\"\\])|\\\n|(?P<plain>[^$`\\]+|.)",
    re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{?(\w+|[@*#?$!-])(?:(:?[-=?+]|\#\#?|%%?)(.*))?\}?", re.DOTALL)


class Part(Struct, frozen=True):
    """A piece of a word: text, or a variable with an operator (``:-``) and the text behind it.

    ``is_quoted``: it is one word, whatever blanks it holds.
    """

    text: str = ""
    variable: str = ""
    operator: str = ""
    is_quoted: bool = False


Word = tuple[Part, ...]


class Command(Struct, frozen=True):
    """A simple command: its line, its words, what parts it from the one before; whether a function's body holds it."""

    line: int
    words: tuple[Word, ...]
    after: str = ""
    in_function: bool = False


def commands(text: str, line: int = 1, depth: int = 0) -> Iterator[Command]:
    """The simple commands of a script in their order, those of substitutions and here-documents too."""
    if depth > _DEEPEST:
        return
    bodies: list[tuple[int, str]] = []

    def without_body(found: re.Match[str]) -> str:
        at = line + text.count("\n", 0, found.start("body"))
        bodies.append((at, found["body"]))
        return found["rest"] + "\n" * found[0].count("\n")

    yield from _Reader(line, depth).read(_HERE.sub(without_body, text))
    for at, body in bodies:
        yield from commands(body, at, depth + 1)


class _Reader:
    """The command that is being read, and the braces around it."""

    def __init__(self, line: int, depth: int) -> None:
        self._line, self._depth = line, depth
        self._began = line
        self._words: list[Word] = []
        self._word: list[Part] | None = None
        self._after = self._last_end = ""
        self._is_target = False
        self._braces: list[bool] = []
        self._defines = False

    def read(self, text: str) -> Iterator[Command]:
        """Each command where it ends, behind those inside of its words."""
        for token in _TOKEN.finditer(text):
            kind, said = token.lastgroup or "", token[0]
            match kind:
                case "gap" | "comment":
                    self._end_word()
                case "end" | "inner":
                    if kind == "inner":
                        self._add(Part(UNKNOWN))
                    yield from self._end("(" if kind == "inner" else said)
                case "redirect":
                    self._end_word()
                    self._is_target = True
                case "double":
                    yield from self._quoted(said[1:-1])
                case "single":
                    self._add(Part(_known(said[1:-1]), is_quoted=True))
                case "variable":
                    self._add(_variable(said, is_quoted=False))
                case "escaped":
                    self._add(Part(_known(token["escaped"]), is_quoted=True))
                case _:
                    self._add(Part(_known(said)))
            self._line += said.count("\n")
        yield from self._end("\n")

    def _quoted(self, text: str) -> Iterator[Command]:
        self._add(Part(is_quoted=True))
        for token in _IN_QUOTES.finditer(text):
            if token["inner"]:
                self._add(Part(UNKNOWN))
                yield from commands(token["inner"].strip("$()`"), self._line, self._depth + 1)
            elif token["variable"]:
                self._add(_variable(token["variable"], is_quoted=True))
            elif said := token["escaped"] or token["plain"]:
                self._add(Part(_known(said), is_quoted=True))

    def _add(self, part: Part) -> None:
        if self._word is None:
            self._word = []
            self._began = self._began if self._words else self._line
        self._word.append(part)

    def _end_word(self) -> None:
        if self._word is not None and not self._is_target:
            self._words.append(tuple(self._word))
        self._is_target = self._is_target and self._word is None
        self._word = None

    def _end(self, end: str) -> Iterator[Command]:
        self._end_word()
        self._is_target = False
        first = literal(self._words[0]) if self._words else ""
        if first == "{":
            self._braces.append(self._defines)
        elif first == "}" and self._braces:
            self._braces.pop()
        # NAME ( ) { begins a function's body.
        self._defines = (end == "(" and len(self._words) == 1) or (self._defines and end in "()\n" and first != "{")
        if self._words:
            yield Command(self._began, tuple(self._words), self._after, any(self._braces))
            self._words = []
            self._after = end
        elif end != "\n" or self._after not in ("&&", "||"):
            self._after = end


def literal(word: Word) -> str:
    """The text of a word without what is variable in it."""
    return "".join(part.text for part in word if not part.variable)


def _known(text: str) -> str:
    """Control characters are no part of any path, and stand for something else here."""
    return re.sub(r"[\x00-\x08\x0b-\x1f]", UNKNOWN, text)


def _variable(said: str, *, is_quoted: bool) -> Part:
    found = _VARIABLE.fullmatch(said.removesuffix("}") if said.startswith("${") else said)
    if found is None:
        return Part(UNKNOWN)
    return Part(_known(found[3] or ""), found[1], found[2] or "", is_quoted)
