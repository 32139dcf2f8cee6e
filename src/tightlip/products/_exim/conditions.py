"""What an expansion of Exim's says about TLS, as far as its usual spellings go; the rest is not guessed."""

import re
from collections.abc import Callable
from enum import Enum


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


def of_hosts(value: str) -> Gate:
    """A host list that may be an expansion: ``*``, nothing, or something that depends on TLS."""
    return _gate(value, lambda hosts: bool(hosts.replace(":", " ").split()))


def of_condition(value: str) -> Gate:
    """A condition: empty, 0, no and false say no, all else says yes."""
    return _gate(value, lambda said: said.strip().lower() not in ("", "0", "no", "false"))


def narrowed(hosts: str) -> str | None:
    """A host list that holds under TLS alone; None where it cannot stand inside of an expansion as it is."""
    return None if re.search(r"[${}\\\"]", hosts) else f"${{if eq{{$tls_in_cipher}}{{}}{{}}{{{hosts.strip()}}}}}"


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
    if found := _CLEAR_FIRST.fullmatch(value):
        first, second = _chosen(found)
        return first, second
    if found := _SECURED_FIRST.fullmatch(value):
        first, second = _chosen(found)
        return second, first
    return None if "$" in value else (value, value)


def _chosen(found: re.Match[str]) -> tuple[str, str]:
    """The two branches; where there are none, a true condition is the word true, a false one nothing."""
    return ("true", "") if found[1] is None else (found[1], found[2] or "")
