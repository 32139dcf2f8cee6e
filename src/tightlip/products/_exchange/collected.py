"""What `tightlip collect exchange` has written, as records: the values of one cmdlet's object, each with its place."""

import re
from collections.abc import Mapping
from posixpath import commonprefix

from msgspec import Struct

from tightlip.products._exchange.gaps import PARTS, Gap, checked, is_list, of_parts, unanswered
from tightlip.products._exchange.record import MAILBOXES, PROBLEM, SERVER, Record
from tightlip.products._product import Files
from tightlip.syntax.reading import Entry, Kind, Path, Reading

MARKER = "exchange"
SCHEMA = 1

_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,30}")
# com, or local, says nothing of whose servers they are.
_TELLING = 2


class Collected(Struct, frozen=True, kw_only=True):
    """All records of one file, by cmdlet; ``fault`` says why the file cannot be used, with its line.

    ``gaps`` are what was not collected, or cannot be what Exchange gives: the records do not hold it.
    """

    file: str
    records: Mapping[str, tuple[Record, ...]]
    gaps: tuple[Gap, ...] = ()
    fault: tuple[str, int | None] | None = None

    def all(self, cmdlet: str) -> tuple[Record, ...]:
        """The objects that a cmdlet gave."""
        return self.records.get(cmdlet, ())

    def of(self, cmdlet: str, server: str) -> tuple[Record, ...]:
        """Those of one server."""
        return tuple(each for each in self.all(cmdlet) if each.text("Server").lower() == server.lower())

    def fqdn(self, server: str) -> str:
        """A server's full name in lower case; the short one where the full one is not known."""
        known = (each.text("Fqdn") for each in self.all(SERVER) if each.text("Name").lower() == server.lower())
        return (next(known, "") or server).lower()

    @property
    def mailboxes(self) -> Record | None:
        """What is known of mailboxes, None where they were not looked at."""
        return next(iter(self.all(MAILBOXES)), None)


def collected(files: Files) -> Collected:
    """Read the instance's file; an empty Collected with its fault where there is none."""
    path = files.instance.config
    if not files.files:
        why = files.missing[0].why if files.missing else "it was not read"
        return Collected(file=path, records={}, fault=(f"cannot be read: {why}", None))
    reading = files.files[0].reading
    if fault := _fault(reading):
        return Collected(file=path, records={}, fault=fault)
    gaps = list(of_parts(reading))
    records: dict[str, tuple[Record, ...]] = {}
    for cmdlet, found in _grouped(path, reading).items():
        whole = [checked(each) for each in found]
        records[cmdlet] = tuple(record for record, _ in whole)
        gaps += [gap for _, bad in whole for gap in bad]
    gaps += unanswered(records.get(SERVER, ()), records)
    return Collected(file=path, records=records, gaps=tuple(gaps))


def versions(reading: Reading) -> str | None:
    """The servers' versions, each once, in order (``15.1.2507.6, 15.2.1118.7``); None where none is told."""
    records = _grouped("", reading).get(SERVER, [])
    found = {version for each in records if (version := version_of(each.text("AdminDisplayVersion")))}
    return ", ".join(sorted(found, key=_numbers)) or None


def forest(files: Files) -> str | None:
    """The domain that the servers' forest is called by, wherever their file is read; None where nothing tells it.

    A server's distinguished name ends with it; without one it is what the servers' full names have in common.
    """
    servers = collected(files).all(SERVER)
    roots = [root for each in servers if (root := _root(each.text("DistinguishedName").lower()))]
    domains = [each.text("Fqdn").lower().split(".")[:0:-1] for each in servers]
    shared = list(commonprefix(domains)) if domains else []
    name = roots[0] if roots else ".".join(reversed(shared)) if len(shared) >= _TELLING else ""
    return name if _DOMAIN.fullmatch(name) else None


def _root(distinguished: str) -> str:
    return ".".join(part[3:] for part in distinguished.split(",") if part.startswith("dc="))


def version_of(shown: str) -> str:
    """``15.2.1118.7`` out of ``Version 15.2 (Build 1118.7)``; empty where nothing is told."""
    numbers = "".join(letter if letter.isdigit() or letter == "." else " " for letter in shown).split()
    return ".".join(number.strip(".") for number in numbers)


def _numbers(version: str) -> list[int]:
    return [int(part[:9]) for part in version.split(".") if part.isdecimal()]


def _fault(reading: Reading) -> tuple[str, int | None] | None:
    """Why a file is not to be used: not whole, not ours, or of a newer kind."""
    if not reading.is_whole:
        return f"not read whole: {reading.unread[0].why}", reading.unread[0].line
    top = {entry.name: entry for entry in reading.entries if entry.path == ()}
    if "tightlip" not in top or top["tightlip"].value != MARKER:
        return "not written by the script of: tightlip collect exchange", None
    if top.get("schema") is None or top["schema"].value != str(SCHEMA):
        line = top.get("schema", top["tightlip"]).line
        return f"of another schema than {SCHEMA}: collect again with this tightlip's script", line
    return None


def _grouped(file: str, reading: Reading) -> dict[str, list[Record]]:
    """Entries by the object they belong to, in the order of the text; of a value given twice the last counts.

    What is in a part that is no list of objects belongs to none.
    """
    values: dict[Path, dict[str, Entry]] = {}
    lists: dict[Path, dict[str, list[Entry]]] = {}
    parts = {entry.name for entry in reading.entries if not entry.path and is_list(reading, entry)}
    for entry in reading.entries:
        # Mailboxes are told in one object, everything else in a list of objects.
        depth = 1 if entry.full[0] == MAILBOXES else 2
        home, rest = entry.full[:depth], entry.full[depth:]
        if home[0] not in (MAILBOXES, *parts) or home[0] not in (MAILBOXES, PROBLEM, *PARTS):
            continue
        if not rest and entry.kind is Kind.BLOCK and len(home) == depth:
            values.setdefault(home, {})
        elif len(rest) == 1 and entry.kind is Kind.SETTING:
            values.setdefault(home, {})[rest[0]] = entry
        elif len(rest) == 1 and is_list(reading, entry):
            lists.setdefault(home, {}).setdefault(rest[0], [])
        elif len(rest) == 2 and rest[0] in lists.get(home, {}):
            lists[home][rest[0]].append(entry)
    return _records(file, values, lists)


def _records(
    file: str, values: Mapping[Path, dict[str, Entry]], lists: Mapping[Path, dict[str, list[Entry]]]
) -> dict[str, list[Record]]:
    records: dict[str, list[Record]] = {}
    for home in dict.fromkeys((*values, *lists)):
        found = {name: tuple(items) for name, items in lists.get(home, {}).items()}
        records.setdefault(home[0], []).append(Record(file, home[0], values.get(home, {}), found))
    return records
