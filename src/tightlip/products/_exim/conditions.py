"""What an expansion of Exim's says about TLS, as far as its usual spellings go; the rest is not guessed."""

import re
from collections.abc import Mapping
from enum import Enum
from ipaddress import ip_network

from msgspec import Struct


class Gate(Enum):
    """When something is advertised."""

    ALWAYS = "always"
    NEVER = "never"
    UNDER_TLS = "under_tls"
    UNCERTAIN = "uncertain"


UNDER_TLS = "${if eq{$tls_in_cipher}{}{}{*}}"

_CIPHER = r"\$(?:tls_in_cipher|tls_cipher|\{tls_in_cipher\}|\{tls_cipher\})"
_DEF = r"def\s*:\s*(?:tls_in_cipher|tls_cipher)"
_EQ = rf"eq\s*\{{\s*{_CIPHER}\s*\}}\s*\{{\s*\}}"
_BRANCHES = r"\s*(?:\{([^{}]*)\}\s*)?(?:\{([^{}]*)\}\s*)?"
# The two ways to ask, by which branch comes first: that of no TLS, or that of TLS.
_CLEAR_FIRST = re.compile(rf"\$\{{\s*if\s+(?:{_EQ}|!\s*{_DEF}){_BRANCHES}\}}")
_SECURED_FIRST = re.compile(rf"\$\{{\s*if\s+(?:!\s*{_EQ}|{_DEF}){_BRANCHES}\}}")
# This machine's own name and addresses, in a list of hosts.
_HERE = frozenset({"localhost", "@", "@[]"})
_DEEPEST = 8


def of_hosts(value: str, named: Mapping[str, str]) -> Gate:
    """When a host list, which may be an expansion, lets others than this machine itself in.

    ``named`` are the lists that ``+name`` stands for.
    """
    return _gate([None if each is None else each.others for each in _let_in(value, named)])


def spares_itself(value: str, named: Mapping[str, str]) -> bool:
    """Whether without TLS a host list holds this machine's own addresses and nobody else's."""
    clear, _ = _let_in(value, named)
    return clear is not None and clear.here and not clear.others


def is_nearly_everybody(value: str, named: Mapping[str, str]) -> bool:
    """Whether a host list holds everybody before TLS, exceptions aside, or may do so."""
    clear, _ = _let_in(value, named)
    return clear is None or clear.everybody or (clear.others and "!" in value)


def of_condition(value: str) -> Gate:
    """A condition: empty, 0, no and false say no, all else says yes."""
    branches = _branches(value.strip())
    return _gate([each.strip().lower() not in ("", "0", "no", "false") for each in branches] if branches else [None])


def narrowed(hosts: str) -> str | None:
    """A host list that holds under TLS alone; None where it cannot stand inside of an expansion as it is."""
    return None if re.search(r"[${}\\\"]", hosts) else f"${{if eq{{$tls_in_cipher}}{{}}{{}}{{{hosts.strip()}}}}}"


def items(value: str) -> list[str]:
    """The items of a list: parted by colons, a doubled one for itself, or by what ``<;`` names."""
    value = value.strip()
    if value.startswith("<") and len(value) > 1:
        parts = value[2:].split(value[1])
    else:
        parts = [each.replace("\0", ":") for each in value.replace("::", "\0").split(":")]
    return [each.strip() for each in parts if each.strip()]


def _gate(said: list[bool | None]) -> Gate:
    """What is said without TLS, and with; None where that is not known."""
    match said:
        case [True, True]:
            return Gate.ALWAYS
        case [False, True]:
            return Gate.UNDER_TLS
        case [False, False]:
            return Gate.NEVER
        case _:
            return Gate.UNCERTAIN


class _LetIn(Struct, frozen=True):
    """Whether a host list lets in this machine itself, others, and everybody without an exception."""

    here: bool = False
    others: bool = False
    everybody: bool = False


def _let_in(value: str, named: Mapping[str, str]) -> tuple[_LetIn | None, _LetIn | None]:
    """Whom a host list lets in without TLS, and with; None where that is not known."""
    return _Lists(named, 0).of(value), _Lists(named, 1).of(value)


class _Lists:
    """The lists that have names, in one TLS state; each is looked at once."""

    def __init__(self, named: Mapping[str, str], state: int) -> None:
        self._named = named
        self._state = state
        self._known: dict[str, _LetIn | None] = {}
        self._depth = 0

    def of(self, value: str) -> _LetIn | None:
        """Whom a list lets in: Exim takes the first item that matches, and all others behind a last one with ``!``."""
        branches = _branches(value.strip())
        if branches is None:
            return None
        found, excepts, is_negated = _LetIn(), False, False
        for item in items(branches[self._state]):
            is_negated = item.startswith("!")
            inner = self._item(item.removeprefix("!").strip())
            if inner is None:
                return None
            if not is_negated:
                everybody = inner.everybody and not excepts
                found = _LetIn(found.here or inner.here, found.others or inner.others, everybody)
            excepts = excepts or is_negated
            if inner.everybody:
                # Nobody comes to what stands behind.
                return found
        return _LetIn(found.here, others=True) if is_negated else found

    def _item(self, item: str) -> _LetIn | None:
        name = item[1:]
        if not item.startswith("+") or name not in self._named:
            return _LetIn(here=True) if _is_here(item) else _LetIn(others=True, everybody=item == "*")
        if name not in self._known:
            # One that names itself is not known; Exim does not take it.
            self._known[name] = None
            self._depth += 1
            self._known[name] = self.of(self._named[name]) if self._depth <= _DEEPEST else None
            self._depth -= 1
        return self._known[name]


def _branches(value: str) -> tuple[str, str] | None:
    """What comes of it without TLS, and with; None where that is not known."""
    clear = _SECURED_FIRST.sub(_second, _CLEAR_FIRST.sub(_first, value))
    secured = _SECURED_FIRST.sub(_first, _CLEAR_FIRST.sub(_second, value))
    return None if "$" in clear + secured else (clear, secured)


def _first(found: re.Match[str]) -> str:
    """Where a condition holds; where there are no branches, that is the word true."""
    return "true" if found[1] is None else found[1]


def _second(found: re.Match[str]) -> str:
    """Where it does not hold; without branches, nothing."""
    return found[2] or ""


def _is_here(item: str) -> bool:
    """Whether an item of a host list means this machine alone; what is not known may mean anybody."""
    try:
        return item.lower() in _HERE or ip_network(item, strict=False).is_loopback
    except ValueError:
        return False
