"""Runs: begun, ended, listed, and found by what people call them."""

from typing import Any

from msgspec import msgpack
from sqlalchemy import Connection, Row, Select, delete, desc, func, insert, select, update

from tightlip.model.errors import Exit, UsageError
from tightlip.model.run import Run, Summary
from tightlip.store.database import Database
from tightlip.store.tables import observation, run, spool, stamp
from tightlip.store.values import KeptRun

_encoder = msgpack.Encoder()
_records = msgpack.Decoder(Run)
_summaries = msgpack.Decoder(Summary)

_HINT = "tightlip runs lists them"


def begin_run(database: Database, record: Run, spec: bytes) -> None:
    """Write down a run and what is needed to resume it; empty: it cannot be resumed."""
    with database.writing() as connection:
        key = (connection.scalar(select(func.max(run.c.key))) or 0) + 1
        begun = insert(run).values(key=key, id=record.id, started=stamp(record.started), watermark=0, tally=b"")
        begun = begun.values(record=_encoder.encode(record), spec=spec or None, judged_by=record.version)
        connection.execute(begun)


def end_run(database: Database, summary: Summary) -> None:
    """Write down how a run ended; unless it was interrupted, let go of what would resume it."""
    record = summary.run
    ended = stamp(record.ended) if record.ended else None
    known: dict[str, object] = {"ended": ended, "exit": int(summary.exit)}
    known |= {"record": _encoder.encode(record), "summary": _encoder.encode(summary)}
    with database.writing() as connection:
        key = connection.scalar(select(run.c.key).where(run.c.id == record.id))
        if summary.exit is not Exit.INTERRUPTED:
            known |= {"spec": None, "tally": None, "spooled": None}
            connection.execute(delete(spool).where(spool.c.run_key == key))
        connection.execute(update(run).where(run.c.key == key).values(known))


def list_runs(database: Database, limit: int) -> list[KeptRun]:
    """The youngest runs, youngest first."""
    with database.reading() as connection:
        return [kept_run(row) for row in connection.execute(youngest().limit(limit))]


def read_run(database: Database, name: str) -> KeptRun:
    """One run, by what people call it."""
    with database.reading() as connection:
        return kept_run(find_run(connection, name))


def find_run(connection: Connection, name: str) -> Row[Any]:
    """The row of the run that people call ``name``: its id, a unique beginning, or ``last``."""
    wanted = youngest()
    if name == "last":
        if (row := connection.execute(wanted.limit(1)).first()) is None:
            raise UsageError("the store holds no run yet", "tightlip scan makes one")
        return row
    rows = connection.execute(wanted.where(run.c.id.startswith(name, autoescape=True)).limit(3)).all()
    exact = [row for row in rows if row.id == name]
    if not name or not rows:
        raise UsageError(f"the store holds no run {name!r}", _HINT)
    if len(rows) > 1 and not exact:
        raise UsageError(f"several runs begin with {name}: {rows[0].id}, {rows[1].id}", _HINT)
    return (exact or rows)[0]


def kept_run(row: Row[Any]) -> KeptRun:
    """A found row as a value."""
    summary = None if row.summary is None else _summaries.decode(row.summary)
    return KeptRun(_records.decode(row.record), summary, row.observations, row.judged_by)


def youngest() -> Select[Any]:
    """All runs, youngest first, each with the number of its observations."""
    count = select(func.count()).where(observation.c.run_key == run.c.key).scalar_subquery()
    return select(run, count.label("observations")).order_by(desc(run.c.started), desc(run.c.key))
