"""What an expansion of Exim's says about TLS, as far as its usual spellings go; the rest is not guessed."""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from ipaddress import ip_network


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
    """When a host list, which may be an expansion, holds others than this machine itself.

    ``named`` are the lists that ``+name`` stands for.
    """
    return _gate(value, lambda hosts: any(not _is_here(item, named) for item in items(hosts)))


def spares_itself(value: str, named: Mapping[str, str]) -> bool:
    """Whether without TLS a host list holds this machine's own addresses and nobody else's."""
    branches = _branches(value.strip())
    hosts = items(branches[0]) if branches else []
    return bool(hosts) and all(_is_here(item, named) for item in hosts)


def of_condition(value: str) -> Gate:
    """A condition: empty, 0, no and false say no, all else says yes."""
    return _gate(value, lambda said: said.strip().lower() not in ("", "0", "no", "false"))


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


def _gate(value: str, says: Callable[[str], bool]) -> Gate:
    branches = _branches(value.strip())
    if branches is None:
        return Gate.UNCERTAIN
    match [says(each) for each in branches]:
        case [True, True]:
            return Gate.ALWAYS
        case [False, True]:
            return Gate.UNDER_TLS
        case [False, False]:
            return Gate.NEVER
        case _:
            return Gate.UNCERTAIN


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


def _is_here(item: str, named: Mapping[str, str], depth: int = 0) -> bool:
    """Whether an item of a host list means this machine alone; what is negated, or not known, may mean anybody."""
    if item.startswith("+") and item[1:] in named and depth < _DEEPEST:
        return all(_is_here(each, named, depth + 1) for each in items(named[item[1:]]))
    try:
        return item.lower() in _HERE or ip_network(item, strict=False).is_loopback
    except ValueError:
        return False
