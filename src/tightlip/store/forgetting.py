"""Removes what is to be forgotten, in one transaction, and gives its room back so that no byte of it stays."""

from datetime import datetime
from typing import Any

from msgspec import msgpack
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Select, delete, func, or_, select, update

from tightlip.model.errors import StoreError
from tightlip.model.run import NotAsked, Run, Summary
from tightlip.store.database import Database
from tightlip.store.hosts import normalised, spellings
from tightlip.store.pages import portions
from tightlip.store.tables import acceptance, advice, finding, observation, run, sighting, spool, stamp, subject
from tightlip.store.values import Forgotten

_GONE = "(forgotten)"

_encoder = msgpack.Encoder()
_records = msgpack.Decoder(Run)
_summaries = msgpack.Decoder(Summary)


def forget_host(database: Database, host: str) -> Forgotten:
    """Remove what was observed at a name or address, and the findings of every host that was observed there."""
    name = normalised(host)
    there = or_(observation.c.host == name, observation.c.address == name)
    hosts = select(observation.c.host).where(there).distinct()
    doomed = select(subject.c.key).where(or_(subject.c.host.in_(spellings(host)), subject.c.host.in_(hosts)))
    with database.writing() as connection:
        beside = sorted(set(connection.scalars(hosts)) - {name})
        findings = _remove_subjects(connection, list(connection.scalars(doomed)))
        observations = connection.execute(delete(observation).where(there)).rowcount
        _remove_advice(connection, name)
        named = _scrub_runs(connection, name)
        unresumable = _end_resuming(connection, name)
    _give_back(database)
    return Forgotten(observations, findings, unresumable=unresumable, beside=tuple(beside), named=named)


def forget_before(database: Database, before: datetime) -> Forgotten:
    """Remove observations before a moment, and the subjects and runs of which nothing happened since."""
    limit = stamp(before)
    since = or_(finding.c.last_seen >= limit, finding.c.fixed_at >= limit)
    doomed = select(subject.c.key).where(~_finding_of_subject(since))
    with database.writing() as connection:
        findings = _remove_subjects(connection, list(connection.scalars(doomed)))
        observations = connection.execute(delete(observation).where(observation.c.time < limit)).rowcount
        runs = _remove_runs(connection, list(connection.scalars(_runs_before(limit))))
    _give_back(database)
    return Forgotten(observations=observations, findings=findings, runs=runs)


def _finding_of_subject(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(finding.c.rule).where(finding.c.subject_key == subject.c.key, which).exists()


def _remove_subjects(connection: Connection, keys: list[int]) -> int:
    """Remove subjects with all that is known of them; how many findings that were."""
    findings = 0
    for page in portions(keys):
        for table in (acceptance, sighting):
            connection.execute(delete(table).where(table.c.subject_key.in_(page)))
        findings += connection.execute(delete(finding).where(finding.c.subject_key.in_(page))).rowcount
        connection.execute(delete(subject).where(subject.c.key.in_(page)))
    return findings


def _remove_advice(connection: Connection, name: str) -> None:
    """Advice comes from a rule and names nobody; where it does all the same, it goes with its host."""
    for key, body in connection.execute(select(advice.c.key, advice.c.body)).all():
        if name.encode() in body.lower():
            connection.execute(delete(advice).where(advice.c.key == key))


def _scrub_runs(connection: Connection, name: str) -> int:
    """Take the name out of what runs were told to ask and did not ask; how many runs named it."""
    named = 0
    for key, record, summary in connection.execute(select(run.c.key, run.c.record, run.c.summary)).all():
        was = _records.decode(record)
        now = _scrubbed(was, name)
        kept: dict[str, bytes] = {"record": _encoder.encode(now)}
        is_named = now != was
        if summary is not None:
            whole = _summaries.decode(summary)
            unasked = tuple(_unnamed(each, name) for each in whole.not_asked)
            kept["summary"] = _encoder.encode(replace(whole, run=_scrubbed(whole.run, name), not_asked=unasked))
            is_named |= unasked != whole.not_asked
        if is_named:
            connection.execute(update(run).where(run.c.key == key).values(kept))
            named += 1
    return named


def _scrubbed(record: Run, name: str) -> Run:
    return replace(record, targets=tuple(_GONE if name in each.lower() else each for each in record.targets))


def _unnamed(unasked: NotAsked, name: str) -> NotAsked:
    named = name in unasked.target.lower() or name in unasked.detail.lower()
    return replace(unasked, target=_GONE, detail="") if named else unasked


def _end_resuming(connection: Connection, name: str) -> int:
    """Runs whose targets name the host cannot keep them, and so cannot be resumed."""
    named = select(spool.c.run_key).where(func.lower(spool.c.text).contains(name, autoescape=True)).distinct()
    keys = set(connection.scalars(named))
    waiting = select(run.c.key, run.c.spec, run.c.tally).where(run.c.spec.is_not(None))
    for key, spec, tally in connection.execute(waiting):
        if name.encode() in (spec + b"\n" + (tally or b"")).lower():
            keys.add(key)
    connection.execute(delete(spool).where(spool.c.run_key.in_(keys)))
    connection.execute(update(run).where(run.c.key.in_(keys)).values(spec=None, tally=None))
    return len(keys)


def _runs_before(limit: int) -> Select[Any]:
    """Runs that ended before, and of which neither an observation nor a finding's last sight is left."""
    wanted = select(run.c.key).where(run.c.started < limit, func.coalesce(run.c.ended, run.c.started) < limit)
    wanted = wanted.where(~select(observation.c.run_key).where(observation.c.run_key == run.c.key).exists())
    return wanted.where(~select(finding.c.rule).where(finding.c.run_key == run.c.key).exists())


def _remove_runs(connection: Connection, keys: list[int]) -> int:
    for page in portions(keys):
        for table in (spool, sighting):
            connection.execute(delete(table).where(table.c.run_key.in_(page)))
        connection.execute(delete(run).where(run.c.key.in_(page)))
    return len(keys)


def _give_back(database: Database) -> None:
    with database.alone() as cursor:
        if database.path is None:
            cursor.execute("VACUUM FULL")
            return
        cursor.execute("VACUUM")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        hint = "the data is removed; forget it again when no other tightlip runs, and the file will hold no trace of it"
        raise StoreError(f"the store {database.name} is being read by another process", hint)
