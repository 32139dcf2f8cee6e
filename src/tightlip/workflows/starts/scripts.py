"""What a script would call: its commands with the values that its variables may have, without running anything.

A variable has every value that may be assigned to it; what only running would tell is UNKNOWN in a word. So what comes
out is too much rather than too little.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import product
from posixpath import basename

from msgspec import Struct

from tightlip.hosts._host import Host
from tightlip.syntax.lines import spoken
from tightlip.syntax.shell import UNKNOWN, Command, Part, Word, commands, literal

_DEEPEST = 4
_MOST_VALUES = 16
_MOST_WAYS = 64
_LONGEST = 4_096
_MOST_CALLS = 10_000
_LONGEST_CUT = 200

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?=)(.*)", re.DOTALL | re.ASCII)
_OPENING = {"if": 1, "case": 1, "while": 1, "until": 1, "for": 1, "select": 1, "fi": -1, "esac": -1, "done": -1}
_KEYWORDS = frozenset((*_OPENING, "then", "elif", "else", "do", "!", "{", "}", "time")) - {"for", "select", "case"}
_DECLARING = frozenset(("export", "readonly", "local", "declare", "typeset"))
# What a shell is given by whoever calls it, even where it is started anew.
_FROM_OUTSIDE = frozenset(("HOME", "HOSTNAME", "LOGNAME", "PWD", "RANDOM", "USER"))
# Libraries of functions for start scripts, which set nothing of a product's.
_FUNCTIONS = frozenset(("functions", "functions.sh", "init-functions", "vars.sh"))
# Commands that only say something, or ask for it: what their words name is not started by them.
_ONLY_NAMING = re.compile(
    r"\[|\[\[|test|echo|printf|cat|e?grep|sed|awk|logger|log_\w+|e(?:begin|end|info|warn|error)n?|case|for|select|trap"
    r"|systemctl|service|rc-service|invoke-rc\.d|update-rc\.d|deb-systemd-\w+|chkconfig|initctl|supervisorctl|sv|monit"
    r"|pidof|pidofproc|pgrep|pkill|kill|killall|killproc|checkproc|status|status_of_proc|ps|cd|ls|rm|cp|mv|ln|mkdir|find"
    r"|chown|chmod|chgrp|install|touch|usermod|useradd|adduser|groupadd|addgroup|gpasswd|id|getent|which|type|hash|command"
    r"|apt|apt-get|dpkg|rpm|yum|dnf|apk|zypper|tar|rsync|scp|ssh|docker|podman|kubectl|doveadm|postconf|restorecon"
    r"|unset|return|exit|read|source|\.|true|false|:"
)
# Quotes keep blanks from parting words, and empty words there.
_KEPT = str.maketrans({" ": "\1", "\t": "\2", "\n": "\3"})
_FIELD = re.compile(r"[^ \t\n]+")
_RESTORED = str.maketrans({"\1": " ", "\2": "\t", "\3": "\n", "\4": ""})


class Call(Struct, frozen=True):
    """A command with its words as they would be, and the environment that the script gives it."""

    line: int
    words: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def only_names(self) -> bool:
        """Whether it starts nothing that its words name."""
        first = basename(self.words[0])
        # command -v asks, and command NAME calls.
        return bool(_ONLY_NAMING.fullmatch(first)) and not (first == "command" and self.words[1:2] != ("-v",))


class Shell:
    """One script's variables; ``unset`` is what others are: UNKNOWN where what calls it may set them.

    ``is_cut``: not all was read, for it is more than any script has.
    """

    def __init__(self, host: Host, values: Mapping[str, str], *, unset: str, tracked: Iterable[str] = ()) -> None:
        """Begin with these; the ``tracked`` ones are told of each call in its environment."""
        self._host = host
        self._values: dict[str, tuple[str, ...]] = {name: (value,) for name, value in values.items()}
        self._unset = unset
        self._tracked = tuple(tracked)
        self._blocks = 0
        self._left = _MOST_CALLS
        self.is_cut = False

    def values(self, name: str) -> tuple[str, ...]:
        """All that a variable may be in the end."""
        is_outside = name in _FROM_OUTSIDE or not (name[0].isalpha() or name[0] == "_")
        return self._values.get(name, (UNKNOWN if is_outside else self._unset,))

    def calls(self, text: str, depth: int = 0) -> Iterator[Call]:
        """The calls of a script, or of a part of it."""
        outcome: bool | None = None
        for command in commands(text):
            self._left -= 1
            if self._left < 0 or depth > _DEEPEST:
                self.is_cut = True
                return
            if (command.after, outcome) in (("&&", False), ("||", True)):
                continue
            is_sure = not self._blocks and not command.in_function and command.after not in ("&&", "||", "|", "&")
            is_sure |= (command.after, outcome) in (("&&", True), ("||", False))
            words = self._without_keywords(command.words)
            outcomes = set[bool | None]()
            for call in self._called(command, words, is_sure=is_sure):
                yield from self.call(call, depth)
                outcomes.add(_outcome(call.words))
            outcome = outcomes.pop() if len(outcomes) == 1 else None

    def call(self, call: Call, depth: int = 0) -> Iterator[Call]:
        """A call, and those that are made of its words: what it sources, and scripts that are words of it."""
        yield call
        if call.words[0] in (".", "source"):
            yield from self._sourced(call, depth)
        elif not call.only_names:
            for word in call.words[1:]:
                if any(blank in word for blank in " \t\n"):
                    inner = Shell(self._host, call.environment, unset=self._unset, tracked=self._tracked)
                    inner._values = self._values | inner._values
                    for each in inner.calls(word, depth + 1):
                        yield Call(call.line, each.words, each.environment)
                    self.is_cut |= inner.is_cut

    def _without_keywords(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        while words:
            first = literal(words[0])
            self._blocks = max(0, self._blocks + _OPENING.get(first, 0))
            if first not in _KEYWORDS:
                break
            words = words[1:]
        return words

    def _called(self, command: Command, words: tuple[Word, ...], *, is_sure: bool) -> list[Call]:
        """The ways in which a command may be called; none where it only assigns."""
        ways = [(self._fields(words, chosen), chosen) for chosen in self._ways(words, in_function=command.in_function)]
        self._note_defaults(words)
        found, assigned = list[Call](), dict[str, list[str]]()
        for fields, chosen in ways:
            first = fields[0] if fields else ""
            if first == "for" and fields[2:3] == ["in"]:
                assigned.setdefault(fields[1], []).extend(fields[3:])
            elif first == "set" and "--" in fields:
                given = fields[fields.index("--") + 1 :]
                for name in "@*":
                    assigned.setdefault(name, []).append(" ".join(given))
            elif first in ("read", "shift", "unset", "mapfile", "getopts"):
                known = "" if first == "unset" else UNKNOWN
                for name in fields[1:] if first != "shift" else "@*":
                    assigned.setdefault(name, []).append(known)
            at = 1 if first in _DECLARING else 0
            environment = {name: chosen[name] for name in self._tracked if name in chosen}
            while at < len(fields) and (match := _ASSIGNMENT.fullmatch(fields[at])):
                value = chosen.get(match[1], "") + match[3] if match[2] == "+=" else match[3]
                environment[match[1]] = value
                at += 1
            if at == len(fields) or first in _DECLARING:
                for name, value in environment.items():
                    assigned.setdefault(name, []).append(value)
            elif fields[at:]:
                found.append(Call(command.line, tuple(fields[at:]), environment))
        for name, values in assigned.items():
            self._assign(name, values, is_sure=is_sure)
        return list({each.words + tuple(each.environment.items()): each for each in found}.values())

    def _assign(self, name: str, values: Iterable[str], *, is_sure: bool) -> None:
        every = tuple(dict.fromkeys((*(() if is_sure else self.values(name)), *values)))
        is_too_much = len(every) > _MOST_VALUES or any(len(each) > _LONGEST for each in every)
        self._values[name] = (UNKNOWN,) if is_too_much else every

    def _note_defaults(self, words: Iterable[Word]) -> None:
        """``${NAME:=VALUE}`` assigns where it stands."""
        for part in (part for word in words for part in word if part.operator in (":=", "=")):
            given = [each for each in self.values(part.variable) if each]
            self._assign(part.variable, [*given, self._default(part, {})], is_sure=True)

    def _ways(self, words: Iterable[Word], *, in_function: bool) -> Iterator[dict[str, str]]:
        """Every choice of values for the variables that count; of too many choices none is known."""
        names = dict.fromkeys(name for word in words for part in word for name in _names(part))
        names |= dict.fromkeys(name for name in self._tracked if name in self._values)
        # A function's own arguments are none of the script's.
        choices = {
            name: (UNKNOWN,) if in_function and not name[0].isalpha() and name[0] != "_" else self.values(name)
            for name in names
        }
        total = 1
        for values in choices.values():
            total *= len(values)
        if total > _MOST_WAYS:
            choices = {name: values if len(values) == 1 else (UNKNOWN,) for name, values in choices.items()}
        yield from (dict(zip(choices, way, strict=True)) for way in product(*choices.values()))

    def _fields(self, words: Iterable[Word], chosen: Mapping[str, str]) -> list[str]:
        """The words as a shell would part them."""
        fields = list[str]()
        for word in words:
            text = "".join(self._text(part, chosen) for part in word)
            # An assignment's value is not parted.
            if _ASSIGNMENT.match(literal(word[:1])):
                text = text.translate(_KEPT)
            fields += [each.translate(_RESTORED) for each in _FIELD.findall(text)]
        return fields

    def _text(self, part: Part, chosen: Mapping[str, str]) -> str:
        text = part.text
        if part.variable:
            value = chosen[part.variable]
            match part.operator.removeprefix(":"):
                case "-" | "=":
                    text = value or self._default(part, chosen)
                case "#" | "##" | "%" | "%%":
                    text = _without(value, self._default(part, chosen), part.operator)
                case "+":
                    text = UNKNOWN if UNKNOWN in value else self._default(part, chosen) if value else ""
                case _:
                    text = value
        return f"\4{text.translate(_KEPT)}" if part.is_quoted else text

    def _default(self, part: Part, chosen: Mapping[str, str]) -> str:
        """What stands behind the operator: a word of its own."""
        if "`" in part.text or "$(" in part.text:
            return UNKNOWN
        words = next((each.words for each in commands(part.text)), ())
        known = {name: values[0] if len(values := self.values(name)) == 1 else UNKNOWN for name in _inner_names(part)}
        return " ".join(self._fields(words, known | dict(chosen)))

    def _sourced(self, call: Call, depth: int) -> Iterator[Call]:
        path = call.words[1] if call.words[1:] else UNKNOWN
        if (depth and UNKNOWN in path) or basename(path) in _FUNCTIONS:
            return
        content = self._host.read(path) if UNKNOWN not in path else None
        if isinstance(content, bytes):
            for each in self.calls(spoken(content), depth + 1):
                yield Call(call.line, each.words, each.environment)
        elif content is None or content.hidden:
            self._unset = UNKNOWN


def _names(part: Part) -> Iterator[str]:
    if part.variable:
        yield part.variable


def _inner_names(part: Part, depth: int = 0) -> Iterator[str]:
    """The variables in what stands behind the operator."""
    for command in commands(part.text) if part.operator and depth <= _DEEPEST else ():
        for each in (each for word in command.words for each in word):
            yield from (*_names(each), *_inner_names(each, depth + 1))


def _outcome(words: tuple[str, ...]) -> bool | None:
    """Whether a test is true; None where only running would tell, as of a file."""
    match words:
        case ("[", *said, "]") | ("test", *said) if not any(UNKNOWN in each for each in said):
            pass
        case _:
            return None
    match said:
        case ["-n", text]:
            return bool(text)
        case ["-z", text]:
            return not text
        case [left, "=" | "==", right]:
            return left == right
        case [left, "!=", right]:
            return left != right
        case _:
            return None


def _without(value: str, pattern: str, operator: str) -> str:
    """A value without what a pattern matches at its beginning (#) or end (%), the least of it or (##) the most."""
    if UNKNOWN in value + pattern or len(value) > _LONGEST_CUT:
        return UNKNOWN
    cuts = range(len(value) + 1)
    is_front = operator[0] == "#"
    for cut in cuts if is_front == (len(operator) == 1) else reversed(cuts):
        gone, left = (value[:cut], value[cut:]) if is_front else (value[cut:], value[:cut])
        if fnmatchcase(gone, pattern):
            return left
    return value
