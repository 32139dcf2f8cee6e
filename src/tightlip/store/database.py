"""Connections and transactions, the same for SQLite and PostgreSQL: many readers, one writer at a time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec
from sqlalchemy import URL, Connection, Engine, Insert, Update, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool

from tightlip.model.errors import StoreError, UsageError
from tightlip.store.faults import complaints, damaged, explain
from tightlip.store.place import Postgres, SqliteFile

# Seconds that a writer waits for another process's transaction.
_PATIENCE = 30
# Bytes: a file up to here is looked through before the first writing, which takes 1.3 ms a MiB (4 from the disk).
LOOKED_THROUGH = 64 << 20

_PRAGMAS = (
    # An observation takes 1.5 KB: small pages would be left a quarter empty. Heeded in an empty file only.
    "PRAGMA page_size = 8192",
    # With a write-ahead log, a crash of ours loses nothing and one of the machine at most the last batches.
    "PRAGMA synchronous = NORMAL",
    # KiB: the index of some 100,000 findings stays in memory.
    "PRAGMA cache_size = -16384",
    # Pages. The checkpointer is far ahead of this; it only bounds the log where it cannot keep up.
    "PRAGMA wal_autocheckpoint = 8192",
)

# Any number will do, so long as nobody else in the database uses it: "tl" in ASCII, and a version.
_WRITER_LOCK = 0x746C_0001


class Database:
    """An engine together with the name it has in messages."""

    def __init__(self, engine: Engine, name: str, path: Path | None) -> None:
        """``path`` is the file of an embedded database."""
        self.engine = engine
        self.name = name
        self.path = path
        self._is_sound = False

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the data and changes nothing."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is the only writer from its beginning on, committed unless something is raised."""
        self._look_through()
        with self._explained(), self.engine.connect() as plain:
            connection = plain.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                if self.dialect == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
                yield connection

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Cursor]:
        """A cursor outside any transaction: for VACUUM, and for SQLite's pragmas."""
        with self._explained():
            pooled = self.engine.raw_connection()
            driver = pooled.driver_connection
            try:
                if self.dialect == "postgresql" and driver is not None:
                    driver.autocommit = True
                # A statement that is not read to its end would keep its lock beyond the connection's.
                with self._translated(), closing(pooled.cursor()) as cursor:
                    yield cursor  # type: ignore[misc]  # psycopg's has the same execute
            finally:
                # Its settings differ from the pool's: it is not given back.
                pooled.invalidate()
                pooled.close()

    def many(self, connection: Connection, sql: str, rows: list[tuple[object, ...]]) -> None:
        """Run one compiled statement for many rows, without Core's work on each of them."""
        if rows:
            connection.exec_driver_sql(sql, rows)

    def compiled(self, statement: Insert | Update, names: tuple[str, ...]) -> str:
        """A statement as the driver wants it, for rows that hold ``names`` in that order."""
        compiled = statement.compile(dialect=self.engine.dialect)
        if tuple(compiled.positiontup or ()) != names:
            raise TypeError(f"rows must hold {compiled.positiontup}")
        return str(compiled)

    def _look_through(self) -> None:
        """A damaged file is left as it is: once something was written into it, less of it could be saved."""
        if self._is_sound or self.path is None or self.path.stat().st_size > LOOKED_THROUGH:
            return
        with self.alone() as cursor:
            found = complaints(cursor.execute("PRAGMA quick_check(1)"))
        if found:
            raise damaged(self.name, found[0])
        self._is_sound = True

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Tell errors of the bare driver as if they had come through SQLAlchemy."""
        try:
            yield
        except self.engine.dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(None, None, error, self.engine.dialect.loaded_dbapi.Error) from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            told = explain(error, self.name)
            if told is None:
                raise
            raise told from error
        except (msgspec.MsgspecError, OverflowError) as error:
            raise damaged(self.name, str(error)) from error


def connect(place: SqliteFile | Postgres) -> Database:
    """A database at that place; nothing is opened yet."""
    match place:
        case SqliteFile(path):
            return Database(_sqlite(path), str(path), path)
        case Postgres(url):
            engine = _postgres(url)
            return Database(engine, _shown(engine.url), None)


def name_of(place: Postgres) -> str:
    """What a database at that place is called in messages, never with a password; "" where its URL cannot be read."""
    try:
        return _shown(make_url(place.url))
    except ArgumentError:
        return ""


def _shown(url: URL) -> str:
    """The password is three stars where it stands before the host, and gone where it is a parameter."""
    return url.set(drivername="postgresql").difference_update_query(("password",)).render_as_string()


def _sqlite(path: Path) -> Engine:
    uri = f"file:{quote(str(path.absolute()))}?mode=rw"

    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, _PATIENCE, uri=True, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        return connection

    engine = create_engine("sqlite://", creator=opened, poolclass=QueuePool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # The driver is in autocommit mode: left to itself it begins too late, and never for a table's creation.
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _postgres(url: str) -> Engine:
    try:
        return create_engine(url, paramstyle="format", connect_args={"connect_timeout": _PATIENCE})
    except ArgumentError:
        raise UsageError("the URL of the store cannot be read", "postgresql://user@host/database") from None
    except ModuleNotFoundError:
        hint = "install tightlip with its extra: pip install 'tightlip[postgres]'"
        raise StoreError("a store on PostgreSQL needs the package psycopg", hint) from None
