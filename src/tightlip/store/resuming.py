"""What a run that was cut off needs to go on: where it stood, and the targets that could be read only once."""

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import delete, insert, select, update

from tightlip.model.errors import UsageError
from tightlip.model.run import Run
from tightlip.store.database import Database
from tightlip.store.runs import find_run, kept_run, youngest
from tightlip.store.tables import observation, run, spool, storable
from tightlip.store.values import ResumePoint

# Lines in one transaction, and in one page when they are read: no transaction stays open while targets are slow.
_PAGE = 5_000


def resume_point(database: Database, name: str) -> ResumePoint:
    """Where a run stands that did not come to its end."""
    with database.reading() as connection:
        row = find_run(connection, name)
        if row.spec is None:
            raise UsageError(f"the run {row.id} has come to its end", "nothing of it is left to be asked")
        where = (observation.c.run_key == row.key, observation.c.position >= row.watermark)
        done = select(observation.c.position, observation.c.endpoint, observation.c.address).where(*where)
        asked = frozenset((position, text, address or None) for position, text, address in connection.execute(done))
    return ResumePoint(kept_run(row).run, row.spec, row.watermark, row.tally, asked)


def last_unfinished_run(database: Database) -> Run | None:
    """The youngest run that can be resumed."""
    with database.reading() as connection:
        row = connection.execute(youngest().where(run.c.spec.is_not(None)).limit(1)).first()
    return None if row is None else kept_run(row).run


def write_spool(database: Database, run_id: str, lines: Iterable[str]) -> int:
    """Keep the lines in the order they come, dropping what an earlier attempt left; how many they were."""
    rest = iter(lines)
    count = 0
    with database.writing() as connection:
        key = find_run(connection, run_id).key
        connection.execute(delete(spool).where(spool.c.run_key == key))
    write = database.compiled(insert(spool), ("run_key", "line", "text"))
    while page := list(islice(rest, _PAGE)):
        rows: list[tuple[object, ...]] = [(key, count + nth, storable(text)) for nth, text in enumerate(page)]
        with database.writing() as connection:
            database.many(connection, write, rows)
        count += len(page)
    with database.writing() as connection:
        connection.execute(update(run).where(run.c.key == key).values(spooled=count))
    return count


def read_spool(database: Database, run_id: str) -> Iterator[str]:
    """The lines in order; UsageError where the run was cut off before it had read them all."""
    with database.reading() as connection:
        row = find_run(connection, run_id)
    if row.spooled is None:
        raise UsageError(f"the run {row.id} was cut off while it read its targets", "scan them again from the start")
    for start in range(0, row.spooled, _PAGE):
        where = (spool.c.run_key == row.key, spool.c.line >= start, spool.c.line < start + _PAGE)
        with database.reading() as connection:
            page = connection.scalars(select(spool.c.text).where(*where).order_by(spool.c.line)).all()
        yield from page
