"""Brings a store to the revision this program knows, or refuses to touch it."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from tightlip.model.errors import StoreError
from tightlip.store.database import Database
from tightlip.store.reopening import Proves, reopen_unproven
from tightlip.store.tables import REVISION_TABLE, REVISIONS

# In a store of this revision findings were closed by refusals that nobody understood.
_UNPROVEN = "0001"

_REVISION = text(f"SELECT version_num FROM {REVISION_TABLE}")


def settle(database: Database, proves: Proves) -> int:
    """Make the tables of an empty store, migrate an older one, refuse a newer or foreign one untouched.

    Everything happens in one transaction, so no copy is made first: a copy would outlive what ``forget`` removes.
    ``proves`` judges the observations that closed findings; how many of these are open again.
    """
    if _known(database, _read(database)) == REVISIONS[-1]:
        return 0
    if database.path is not None:
        # Set before there is anything to write; it stays with the file.
        with database.alone() as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
    with database.writing() as connection:
        # Another process may have been faster.
        revision = _revision_of(connection)
        if revision != REVISIONS[-1]:
            _migrate(connection)
        return reopen_unproven(connection, proves) if revision == _UNPROVEN else 0


def _read(database: Database) -> str | None:
    """The store's revision; None when there is nothing at all in it."""
    try:
        with database.reading() as connection:
            return _stamped(connection)
    except (OperationalError, ProgrammingError):
        # There is no such table; every other trouble is a StoreError by now.
        with database.reading() as connection:
            return _revision_of(connection)


def _revision_of(connection: Connection) -> str | None:
    tables = inspect(connection).get_table_names()
    if REVISION_TABLE in tables:
        return _stamped(connection)
    return "" if tables else None


def _stamped(connection: Connection) -> str | None:
    revision: str | None = connection.scalar(_REVISION)
    return revision


def _known(database: Database, revision: str | None) -> str | None:
    if revision == "":
        hint = "it was left as it is; give tightlip a file or database of its own with --store"
        raise StoreError(f"{database.name} is not a tightlip store: it holds the tables of another program", hint)
    if revision is not None and revision not in REVISIONS:
        hint = "it was left as it is; update tightlip, or give another file with --store"
        raise StoreError(f"the store {database.name} was made by a newer tightlip (revision {revision})", hint)
    return revision


def _migrate(connection: Connection) -> None:
    # Imported here: it takes longer than all else that opening a store does.
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    steps = ScriptDirectory(str(Path(__file__).with_name("migrations")))
    context = MigrationContext.configure(connection, opts={"version_table": REVISION_TABLE})
    start = context.get_current_revision() or "base"
    with Operations.context(context):
        for step in reversed(list(steps.iterate_revisions(REVISIONS[-1], start))):
            step.module.upgrade()
    context.stamp(steps, REVISIONS[-1])
