"""Values that stand elsewhere (`$SET:name`, `$ENV:NAME`, `%{…}`), and those that Dovecot does not start with.

Read off Dovecot 2.3.19 and 2.4.1 with `doveconf -x`. 2.4 puts a reference in where it is a word of its own and not
quoted, with the value that the setting has so far; what begins with `%` is worked out later, by the processes. 2.3 puts
`$ENV:` into texts and lists alone, and knows no `$SET:`. In both a switch is `yes`, `y`, `1` or `no`, in any letters;
`ssl` is one of three words, in small ones.
"""

import re

from msgspec import Struct

from tightlip.products._dovecot.values import is_counted, is_inner
from tightlip.syntax.reading import Entry, Form, Path

_REFERENCE = re.compile(r"(?<!\S)\$(SET|ENV):(\S*)")
_SWITCHES = frozenset("disable_plaintext_auth auth_allow_cleartext auth_use_winbind ssl_disable haproxy deny".split())
_TAKEN = frozenset({"yes", "y", "1", "no"})
_SSL = frozenset({"no", "yes", "required"})
_LISTS = ("auth_mechanisms", "protocols")
_DEFAULTS = {"auth_use_winbind": "no", "auth_allow_cleartext": "no", "ssl": "yes"}
_LONGEST_VALUE = 4_000
_MOST_IN_ALL = 8 << 20

_OF_SWITCHES = "Dovecot takes yes or no here and does not start with anything else: what is in force is not known"
_OF_SSL = "Dovecot takes no, yes or required here and does not start with anything else: what is in force is not known"
_NO_SET = "Dovecot before 2.4 knows no $SET: and does not start with it: what is in force is not known"


class Said(Struct, frozen=True, kw_only=True):
    """A value as far as it is certain; ``doubt`` says what is not, and ``is_known`` is false where no value is."""

    value: str
    doubt: str = ""
    is_known: bool = True


class References:
    """The values so far that `$SET:` of 2.4 may name; None for those that are not known."""

    def __init__(self) -> None:
        """Begin with the defaults that are sure."""
        self._said: dict[str, str | None] = dict(_DEFAULTS)
        self._inner: set[str] = set()
        self._left = _MOST_IN_ALL

    def define(self, path: Path, name: str, value: str) -> None:
        """Remember a value; one with a reference in it is not known."""
        if path:
            self._inner.add(name)
        else:
            self._said[name] = None if _REFERENCE.search(value) else value

    def forget(self, name: str) -> None:
        """Remember that a value is not known."""
        self._said[name] = None

    def said(self, entry: Entry, path: Path, name: str) -> Said:
        """What a setting of 2.4 says, its references put in."""
        value, why = self._put_in(entry, path)
        if not _counts(name, path):
            return Said(value=entry.value if why else value)
        if not why and "%{" in value:
            why = "Dovecot's processes work out what stands in %{…}"
        if not why:
            return Said(value=value, doubt=_refusal(entry, value, path, name))
        called = f"{path[0]}/{name}" if _is_switch_of_list(path) else name
        kept = [word for word in value.split() if "%{" not in word] if name in _LISTS and not path else []
        return Said(value=" ".join(kept), doubt=f"could not tell what {called} is: {why}", is_known=False)

    def _put_in(self, entry: Entry, path: Path) -> tuple[str, str]:
        """A value with what its references name, and why not all is put in; those stand for nothing then."""
        if entry.form is not Form.PLAIN or "$" not in entry.value:
            return entry.value, ""
        pieces, done, whys = list[str](), 0, list[str]()
        for found in _REFERENCE.finditer(entry.value):
            named = self._named(found, path, whys)
            pieces += [entry.value[done : found.start()], named]
            done = found.end()
            self._left -= len(named)
            if self._left < 0 or sum(map(len, pieces)) > _LONGEST_VALUE:
                return "", "it comes to more than a value is ever long"
        return "".join([*pieces, entry.value[done:]]), next(iter(whys), "")

    def _named(self, found: re.Match[str], path: Path, whys: list[str]) -> str:
        kind, name = found.groups()
        if kind == "ENV":
            whys.append("$ENV: names a variable of the environment that Dovecot is started in")
            return ""
        if name in _LISTS:
            whys.append("$SET: names a list, with which Dovecot does not start")
            return ""
        value = None if name in self._inner and not _is_switch_of_list(path) else self._said.get(name)
        if value is None:
            whys.append("$SET: names a setting whose value is not known")
        return value or ""


def said_before_24(entry: Entry, value: str, path: Path, name: str) -> Said:
    """What a setting of 2.3 says, its variables put in already."""
    if not _counts(name, path):
        return Said(value=value)
    is_open = entry.form is Form.PLAIN and "$" in entry.value
    if "$SET:" in entry.value and is_open:
        return Said(value=value, doubt=_NO_SET)
    if refusal := _refusal(entry, entry.value if is_open else value, path, name):
        return Said(value=value, doubt=refusal)
    if is_open and "$ENV:" in entry.value:
        why = f"could not tell what {name} is: $ENV: names a variable of the environment that Dovecot is started in"
        kept = " ".join(word for word in value.split() if not word.startswith("$ENV:"))
        return Said(value=kept if name in _LISTS else "", doubt=why, is_known=False)
    if is_open and is_inner(name, path):
        return Said(value="", doubt=f"could not tell what {name} is: its variable was not followed", is_known=False)
    return Said(value=value)


def is_open(entry: Entry) -> bool:
    """Whether a value stands elsewhere, in a file or as a reference: what a listener says is not followed then."""
    return entry.form is Form.FILE or (entry.form is Form.PLAIN and "$" in entry.value) or "%{" in entry.value


def misspelt(name: str, path: Path) -> bool:
    """Whether a name that counts is written in capitals, which Dovecot does not know."""
    return name != name.lower() and not _is_switch_of_list(path) and _counts(name.lower(), path)


def _counts(name: str, path: Path) -> bool:
    return is_counted(name, path) or is_inner(name, path) or _is_switch_of_list(path)


def _refusal(entry: Entry, value: str, path: Path, name: str) -> str:
    """Why Dovecot would not start with a value; that of a file is another matter."""
    if entry.form is Form.FILE:
        return ""
    is_listener = name == "ssl" and is_inner(name, path)
    if name in _SWITCHES or entry.name in _SWITCHES or is_listener or _is_switch_of_list(path):
        return "" if value.lower() in _TAKEN else _OF_SWITCHES
    return _OF_SSL if name == "ssl" and value not in _SSL else ""


def _is_switch_of_list(path: Path) -> bool:
    return len(path) == 1 and path[0] in _LISTS
