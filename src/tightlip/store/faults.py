"""What databases complain of, told as StoreError; our own mistakes pass through."""

import sqlite3
from collections.abc import Iterable

from sqlalchemy.exc import DBAPIError

from tightlip.model.errors import StoreError

_NO_CURE = "restore a copy, or move the file away and start a new store"

# By the beginning of SQLite's own name for the error (https://www.sqlite.org/rescode.html).
_SQLITE = {
    "SQLITE_NOTADB": ("is not a database", "it was left as it is; give another file with --store"),
    "SQLITE_CORRUPT": ("is damaged", _NO_CURE),
    "SQLITE_FULL": ("cannot grow: no space is left", "make room; all that was committed before is kept"),
    "SQLITE_IOERR": ("cannot be read or written", "look at the disk and its limits; what was committed before is kept"),
    "SQLITE_READONLY": ("cannot be written", "look at the rights of the file and its folder"),
    "SQLITE_PERM": ("cannot be written", "look at the rights of the file and its folder"),
    "SQLITE_CANTOPEN": ("cannot be opened", "look at the rights of the file and its folder"),
    "SQLITE_BUSY": ("is in use by another process", "wait for it to end, or give another file with --store"),
    "SQLITE_LOCKED": ("is in use by another process", "wait for it to end, or give another file with --store"),
    "SQLITE_PROTOCOL": ("is in use by another process", "wait for it to end, or give another file with --store"),
    "SQLITE_TOOBIG": ("cannot hold something that large", ""),
}

# By class of SQLSTATE (PostgreSQL, appendix A): connection, login, database, rights, resources, limits, operator,
# system, damage; 25006 is a read-only transaction. No state at all: the server was never reached.
_POSTGRES = ("08", "28", "3D", "42501", "25006", "53", "54", "57", "58", "XX001", "XX002", "40", "55P03")


def explain(error: DBAPIError, place: str) -> StoreError | None:
    """The user's side of a database error, or None where the mistake is ours."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "")
        for beginning, (what, hint) in _SQLITE.items():
            if name.startswith(beginning):
                return StoreError(f"the store {place} {what}", hint)
        return None
    state = getattr(cause, "sqlstate", None)
    if state is None or state.startswith(_POSTGRES):
        return StoreError(f"the store {place} cannot be used: {_first_line(cause)}", "look at the server and the URL")
    return None


def damaged(place: str, why: str) -> StoreError:
    """What is said of a store that holds what it cannot hold."""
    return StoreError(f"the store {place} is damaged: {why}", _NO_CURE)


def complaints(rows: Iterable[tuple[str]]) -> tuple[str, ...]:
    """What SQLite's checks of a file found, a line each; a text of theirs is ``ok``, or lines below a heading."""
    lines = [line for (text,) in rows for line in text.splitlines()]
    return tuple(line for line in lines if line != "ok" and not line.startswith("***"))


def _first_line(cause: BaseException | None) -> str:
    return str(cause).strip().partition("\n")[0]
