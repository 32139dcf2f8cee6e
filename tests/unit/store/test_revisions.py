"""Migrations: they make the very tables that the code speaks to, or nothing at all."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.unit.store.samples import run
from tightlip.store import open_store, revisions
from tightlip.store.database import connect
from tightlip.store.place import SqliteFile
from tightlip.store.tables import REVISION_TABLE, REVISIONS, metadata


def test_the_migrations_make_the_tables(tmp_path: Path) -> None:
    """alembic finds no difference between a new store and the tables that the code declares."""
    path = tmp_path / "store.db"
    open_store(str(path)).close()
    database = connect(SqliteFile(path))
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": REVISION_TABLE})
        assert compare_metadata(context, metadata) == []
    database.engine.dispose()


def test_the_revisions_are_those_of_the_folder() -> None:
    """In their order, so that one SELECT tells whether there is something to do."""
    steps = ScriptDirectory(str(Path(revisions.__file__).with_name("migrations")))
    assert tuple(step.revision for step in reversed(list(steps.walk_revisions()))) == REVISIONS


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables made before the failure are gone; the next attempt starts from where this one did."""
    path = tmp_path / "store.db"
    with monkeypatch.context() as patched:
        patched.setattr(MigrationContext, "stamp", _fail)
        with pytest.raises(RuntimeError, match="in the middle"):
            open_store(str(path))
    with open_store(str(path)) as store:
        store.begin_run(run(), b"")
        assert store.complaints() == ()


def test_alembic_is_imported_only_to_migrate(tmp_path: Path) -> None:
    """An existing store is opened without it, and --store none without SQLAlchemy either."""
    path = tmp_path / "store.db"
    open_store(str(path)).close()
    assert _imported_after(str(path)) == "sqlalchemy"
    assert _imported_after("none") == ""


def _fail(*_: object) -> None:
    raise RuntimeError("in the middle of it")


def _imported_after(url: str) -> str:
    code = (
        "import sys; from tightlip.store import open_store; open_store(sys.argv[1]).close();"
        "print(*sorted({'alembic', 'sqlalchemy'} & set(sys.modules)))"
    )
    environ = {"PYTHONPATH": str(Path(revisions.__file__).parents[2])}
    ran = subprocess.run([sys.executable, "-c", code, url], env=environ, capture_output=True, text=True, check=True)
    return ran.stdout.strip()
