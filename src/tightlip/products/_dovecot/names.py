"""What Dovecot makes of the name that somebody logs in with, before it looks it up: the realm added, the form applied.

Read off Dovecot 2.3.19 and 2.4.1 with real logins: a passdb's `username_filter` is held against the outcome.
"""

import re
from collections.abc import Callable, Mapping

from tightlip.products._dovecot.view import Dialect, View

FORM = "auth_username_format"

_DEFAULT = {Dialect.BEFORE_24: "%Lu", Dialect.SINCE_24: "%{user | lower}"}
_REALM = {Dialect.BEFORE_24: "auth_default_realm", Dialect.SINCE_24: "auth_default_domain"}
_BEFORE_24 = re.compile(r"%(?P<case>[LU]?)(?:u|\{user\}|(?P<local>n|\{username\}))")
_SINCE_24 = re.compile(r"%\{\s*user\s*(?P<filters>(?:\|\s*(?:username|lower|upper)\s*)*)\}")
_FILTERS: Mapping[str, Callable[[str], str]] = {
    "username": lambda name: name.partition("@")[0],
    "lower": str.lower,
    "upper": str.upper,
}
_CASES = {"": (), "L": ("lower",), "U": ("upper",)}


def filters(now: View, protocol: str) -> tuple[str, ...] | None:
    """What a protocol does to names, in 2.4's words, one after the other; None where that is not understood."""
    said = now.get(FORM, protocol)
    form = said.value if said else _DEFAULT[now.dialect]
    if not form:
        return ()
    if now.dialect is Dialect.SINCE_24:
        found = _SINCE_24.fullmatch(form)
        return tuple(re.findall(r"\w+", found["filters"])) if found else None
    found = _BEFORE_24.fullmatch(form)
    return (("username",) if found["local"] else ()) + _CASES[found["case"]] if found else None


def looked_up(now: View, protocol: str, name: str, steps: tuple[str, ...]) -> str:
    """The name that Dovecot looks up when somebody logs in with this one."""
    realm = now.get(_REALM[now.dialect], protocol)
    if realm and realm.value and "@" not in name:
        name = f"{name}@{realm.value}"
    for each in steps:
        name = _FILTERS[each](name)
    return name
