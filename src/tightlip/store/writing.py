"""Keeps a batch in one transaction, with statements compiled once and run for all its rows."""

from msgspec import msgpack
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from tightlip.model.errors import StoreError
from tightlip.model.finding import FindingState
from tightlip.store.database import Database
from tightlip.store.docket import Docket
from tightlip.store.tables import acceptance, finding, observation, run, sighting, stamp, storable, subject
from tightlip.store.upsert import upsert
from tightlip.store.values import Batch, Judgement, Kept

_FINDING = tuple(column.name for column in finding.columns)
# All but subject, rule and id.
_CHANGING = _FINDING[3:]

_encoder = msgpack.Encoder()


class Writer:
    """Commits batches. Core compiles the statements; row by row it would cost as much as SQLite itself."""

    def __init__(self, database: Database) -> None:
        """Compile for that database."""
        self._database = database
        changed = update(finding).values({name: bindparam(name) for name in _CHANGING})
        self._observation = upsert(database, observation)
        self._sighting = upsert(database, sighting)
        self._new_finding = database.compiled(insert(finding), _FINDING)
        changed = changed.where(finding.c.subject_key == bindparam("at"), finding.c.rule == bindparam("by"))
        self._old_finding = database.compiled(changed, (*_CHANGING, "at", "by"))
        self._subject = database.compiled(insert(subject), ("key", "text", "host"))

    def commit(self, batch: Batch) -> dict[str, FindingState]:
        """Keep it, all or nothing; the states of its flagged findings by id."""
        with self._database.writing() as connection:
            run_key = connection.scalar(select(run.c.key).where(run.c.id == batch.run))
            if run_key is None:
                raise StoreError(f"the store {self._database.name} has no run {batch.run} any more")
            rows = [_observation_row(run_key, kept) for kept in batch.observations]
            self._database.many(connection, self._observation, rows)
            states = self._judge(connection, run_key, batch.judgements)
            progress = update(run).where(run.c.key == run_key)
            connection.execute(progress.values(watermark=batch.watermark, tally=batch.tally))
        return states

    def _judge(self, connection: Connection, run_key: int, judgements: list[Judgement]) -> dict[str, FindingState]:
        docket = Docket(connection, run_key, judgements)
        states: dict[str, FindingState] = {}
        for judgement in judgements:
            states.update(docket.judge(judgement))
        self._database.many(connection, self._subject, docket.new_subjects)
        self._database.many(connection, self._new_finding, docket.new_rows())
        self._database.many(connection, self._old_finding, docket.changed_rows())
        self._database.many(connection, self._sighting, docket.sighting_rows())
        for key, rule in docket.ended_excuses():
            excuse = delete(acceptance).where(acceptance.c.subject_key == key, acceptance.c.rule == rule)
            connection.execute(excuse)
        return states


def _observation_row(run_key: int, kept: Kept) -> tuple[object, ...]:
    seen = kept.observation
    endpoint = seen.endpoint
    detail = kept.assessment.detail
    return (
        run_key,
        kept.position,
        str(endpoint),
        seen.address or "",
        endpoint.host,
        endpoint.port,
        endpoint.protocol,
        endpoint.security._value_,
        stamp(seen.time),
        seen.ending._value_,
        kept.assessment.verdict._value_,
        kept.assessment.reason._value_,
        detail and storable(detail),
        seen.intent._value_,
        _encoder.encode(seen),
    )
