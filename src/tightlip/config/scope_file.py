"""The scope entries of this user: who authorised which network until when; JSON Lines, one entry a line."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from tightlip.config.entries import authority as made
from tightlip.config.private import locked, write_private
from tightlip.files.trust import read_trusted
from tightlip.model.errors import UsageError
from tightlip.model.run import Authority

_FILE = "scope.jsonl"


class Entry(Struct, frozen=True):
    """One entry under its id (8 hex digits of its content)."""

    id: str
    authority: Authority


class _Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the file."""

    network: str
    by: str
    until: str
    note: str = ""


def read_entries(folder: Path) -> tuple[Entry, ...]:
    """The entries, ended ones too, in the order they were made; none where there is no file."""
    path = folder / _FILE
    lines = (read_trusted(path) or "").split("\n")
    return tuple(_read(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def allow(folder: Path, authority: Authority) -> Entry:
    """Add an entry; the same entry twice is one. UsageError where it will not do."""
    new = _entry(made(authority.network, authority.by, authority.until, authority.note))
    with locked(folder / f"{_FILE}.lock"):
        entries = read_entries(folder)
        if new not in entries:
            _write(folder, (*entries, new))
    return new


def revoke(folder: Path, name: str) -> tuple[Entry, ...]:
    """Remove every entry of this network, or the one whose id is or alone begins with ``name``; the removed ones."""
    with locked(folder / f"{_FILE}.lock"):
        entries = read_entries(folder)
        gone = _named(entries, name)
        _write(folder, tuple(entry for entry in entries if entry not in gone))
    return gone


def is_over(authority: Authority, now: datetime) -> bool:
    """Whether an entry's time is over."""
    return authority.until is not None and now >= authority.until


def _read(path: Path, number: int, line: str) -> Entry:
    try:
        written = msgspec.json.decode(line, type=_Line)
        return _entry(made(written.network, written.by, written.until, written.note))
    except UsageError as error:
        raise UsageError(f"{path}, line {number}: {error.message}", error.hint) from None
    except (msgspec.MsgspecError, RecursionError) as error:
        hint = "mend or remove the line, then allow the network again"
        raise UsageError(f"{path}, line {number}: {error}", hint) from None


def _entry(authority: Authority) -> Entry:
    return Entry(sha256(_line(authority)).hexdigest()[:8], authority)


def _named(entries: tuple[Entry, ...], name: str) -> tuple[Entry, ...]:
    by_network = tuple(entry for entry in entries if entry.authority.network in (name, f"{name}/32", f"{name}/128"))
    by_id = tuple(entry for entry in entries if name and entry.id.startswith(name.lower()))
    if not by_network and len(by_id) != 1:
        why = "several scope entries begin with" if by_id else "no scope entry"
        raise UsageError(f"{why} {name!r}", "see tightlip scope list for ids and networks")
    return by_network or by_id


def _write(folder: Path, entries: tuple[Entry, ...]) -> None:
    write_private(folder / _FILE, b"".join(_line(entry.authority) for entry in entries))


def _line(authority: Authority) -> bytes:
    until = f"{authority.until:%Y-%m-%dT%H:%M:%SZ}"
    return msgspec.json.encode(_Line(authority.network, authority.by, until, authority.note)) + b"\n"
