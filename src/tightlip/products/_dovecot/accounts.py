"""Which accounts may use one of Dovecot's protocols: a list in the file itself, checked before any password.

A passdb inside of `protocol pop3 { }` is asked before those outside. With `deny = yes` it turns away whoever it
knows; the static driver knows everybody, and `username_filter` picks those who are looked up in it at all: `anna` or,
to spare her alone, `!anna`. Read off Dovecot 2.3.19 and 2.4.1 with real logins; the filter came with 2.2.30.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial

from tightlip.model.remedy import Accounts, LimitAccounts
from tightlip.products._dovecot.mechanisms import mechanisms
from tightlip.products._dovecot.names import FORM, filters, looked_up
from tightlip.products._dovecot.steps import Steps, of_package
from tightlip.products._dovecot.view import Dialect, Setting, View
from tightlip.products._product import Advice, Declined, Mending
from tightlip.syntax import edits
from tightlip.syntax.edits import Outcome
from tightlip.syntax.reading import Reading

# The block's name in 2.4, where blocks have one.
OURS = "accounts"

_FILTER_SINCE = (2, 2, 30)
_UNFIT = re.compile(r"[\s,*?!\"'$%#\\]|\A\Z")
# These log in without asking any passdb: Kerberos' ticket, or Samba, is enough.
_BESIDE = ("GSSAPI", "GSS-SPNEGO", "NTLM")


def limit(now: View, steps: Steps, remedy: LimitAccounts, protocol: str) -> Mending | Declined:
    """Turn away everybody who is not on the list, or whoever is."""
    form = filters(now, protocol)
    if form is None:
        why = f"what {now.place(FORM, protocol).said} makes of an account's name is not understood"
        return Declined(why=why, place=now.place(FORM, protocol))
    names = {each: looked_up(now, protocol, each, form) for each in remedy.accounts}
    if unfit := next((each for each, name in names.items() if _UNFIT.search(each) or _UNFIT.search(name)), None):
        return Declined(why=f"{unfit!r} cannot be an account in a Dovecot user name filter")
    if not remedy.accounts:
        return Declined(why="no accounts were given: to shut out everybody, disable the service")
    if now.version is not None and now.version < _FILTER_SINCE:
        return Declined(why="username_filter is understood by Dovecot 2.2.30 and later")
    wanted = " ".join(f"!{name}" if _is_only(remedy) else name for name in dict.fromkeys(names.values()))
    reason = f"only these accounts may use {protocol}" if _is_only(remedy) else f"these accounts may not use {protocol}"
    if ours := _ours(now, protocol):
        steps.add(ours, lambda reading, entry: edits.change(reading, entry, wanted), reason)
    else:
        _add(now, steps, protocol, wanted, reason)
    mending = steps.mending()
    if isinstance(mending, Declined) or not mending.edits:
        return mending
    return Mending(edits=mending.edits, advice=(*mending.advice, *_advice(now, protocol, names)))


def _is_only(remedy: LimitAccounts) -> bool:
    return remedy.meaning is Accounts.ONLY


def _ours(now: View, protocol: str) -> Setting | None:
    """The filter of a passdb such as we add: deny, static, inside of this protocol's block."""
    filters = [each for each in now.named.get("username_filter", ()) if each.path[:1] == (f"protocol {protocol}",)]
    beside: dict[tuple[str, int | None], dict[str, str]] = {}
    for each in now.settings if filters else ():
        beside.setdefault((each.file.path, each.entry.within), {})[each.name] = each.word
    for each in filters:
        said = beside[each.file.path, each.entry.within]
        driver = said.get("driver", each.path[-1].partition(" ")[2])
        if len(each.path) == 2 and (said.get("deny"), driver) == ("yes", "static"):
            return each
    return None


def _add(now: View, steps: Steps, protocol: str, wanted: str, reason: str) -> None:
    named = now.dialect is Dialect.SINCE_24
    path = (f"protocol {protocol}", f"passdb {protocol}_{OURS}" if named else "passdb")
    lines = {"driver": "static"} | ({} if named else {"args": "nopassword=y"})
    lines |= {"deny": "yes", "username_filter": wanted}
    first = next((each for each in now.blocks if each.path == path[:1] and each.name.startswith("passdb")), None)
    homes = [each for each in now.blocks if (each.path, each.name) == ((), path[0]) and not of_package(each.file.path)]
    file = first.file.path if first else homes[-1].file.path if homes else now.main
    steps.add_at(file, partial(_added, path, lines, first), reason)


def _added(path: tuple[str, ...], lines: dict[str, str], first: Setting | None, reading: Reading) -> Outcome:
    """The block, before the first that the protocol has: whoever that one lets in would not be looked up in ours."""
    return edits.add_block(reading, path, lines, first.entry if first else None)


def _advice(now: View, protocol: str, names: Mapping[str, str]) -> Iterator[Advice]:
    yield Advice(
        text=f"accounts are named in the list as Dovecot names them in its log (user=<…>), for {protocol} alone"
    )
    if shortened := [name for each, name in names.items() if "@" in each and "@" not in name]:
        text = f"{FORM} drops the domain: the list means {', '.join(shortened)} of every domain"
        yield Advice(text=text, place=now.place(FORM, protocol))
    if beside := [name for name in mechanisms(now) if name in _BESIDE]:
        text = "whoever logs in by this is not looked up in any passdb, and so not held up by the list"
        yield Advice(text=f"{', '.join(beside)}: {text}")
