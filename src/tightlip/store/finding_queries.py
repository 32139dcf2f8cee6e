"""Findings read again, by what they are now or as a run saw them, and accepted."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from string import ascii_lowercase, digits
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, update

from tightlip.model.errors import UsageError
from tightlip.model.finding import Cleared, FindingState, Severity
from tightlip.store.database import Database
from tightlip.store.hosts import spellings
from tightlip.store.life import Event, after, as_of
from tightlip.store.pages import pages, portions
from tightlip.store.runs import find_run
from tightlip.store.sight import Advice, Sight, decode, read_advice, whole
from tightlip.store.tables import acceptance, finding, known, moment, observation, run, sighting, stamp, subject
from tightlip.store.upsert import upsert
from tightlip.store.values import Acceptance, KeptFinding

_HINT = "tightlip findings lists them"
# What the schemes of endpoints are written with.
_SCHEME = f"{ascii_lowercase}{digits}+-"
_ORDER = (finding.c.subject_key, finding.c.rule)


def read_findings(
    database: Database, states: frozenset[FindingState], host: str | None, now: datetime
) -> Iterator[KeptFinding]:
    """Findings in one of ``states`` at ``now`` (none given: any), in the order their subjects came to be known."""
    wanted = _lives().where(sighting.c.run_key == finding.c.run_key)
    if host is not None:
        wanted = wanted.where(subject.c.host.in_(spellings(host)))
    if states:
        wanted = wanted.where(or_(*(_is(state, now) for state in sorted(states))))
    for row, sight, advice in _sights(database, wanted):
        yield _made(row, sight, advice, _state(row, now))


def read_findings_of(database: Database, run_name: str) -> Iterator[KeptFinding]:
    """What a run flagged, with the state it had in that run, in the order its subjects came to be known."""
    with database.reading() as connection:
        key = find_run(connection, run_name).key
    for row, sight, advice in _sights(database, _lives().where(sighting.c.run_key == key)):
        # An acceptance that has ended since had not ended then.
        yield _made(row, sight, advice, sight.state)


def count_still_standing(database: Database, run_name: str, now: datetime) -> int:
    """How many findings above ``info`` stand open of endpoints that a run asked, and were not found again by it.

    So do those of another protocol at a port that it asked: a port that is recognised may have changed its own.
    """
    with database.reading() as connection:
        key = find_run(connection, run_name).key
        stands = or_(_is(FindingState.OPEN, now), _is(FindingState.REGRESSED, now))
        wanted: Select[Any] = select(subject.c.text).join_from(finding, subject).outerjoin(acceptance)
        wanted = wanted.where(stands, finding.c.severity != Severity.INFO.value, finding.c.run_key != key)
        if connection.execute(wanted.limit(1)).first() is None:
            return 0
        text, endpoint = subject.c.text, observation.c.endpoint
        # Of a run that asked a million endpoints only those are gathered of which something stands.
        ports = wanted.with_only_columns(_port(text))
        asked = select(endpoint).where(observation.c.run_key == key, _port(endpoint).in_(ports))
        is_of_its_port = _port(text).in_(asked.with_only_columns(_port(endpoint)))
        is_of_its_service = _service(text).in_(asked.with_only_columns(_service(endpoint)))
        found = wanted.with_only_columns(func.count())
        found = found.where(or_(text.in_(asked), and_(is_of_its_port, ~is_of_its_service)))
        return connection.scalar(found) or 0


def find_finding(database: Database, prefix: str, now: datetime) -> KeptFinding:
    """The finding with that id, or whose id alone begins so."""
    with database.reading() as connection:
        row = _find(connection, prefix)
        advice = read_advice(connection)
    sight = next(sight for sight in decode(row.body) if sight.rule == row.rule)
    return _made(row, sight, advice, _state(row, now))


def read_standing(database: Database, subjects: Sequence[str]) -> dict[Cleared, datetime | None]:
    """Of these subjects, what would be cleared: findings that are not fixed; and when each was fixed last, if ever."""
    wanted = select(finding.c.rule, subject.c.text, finding.c.fixed_at).join_from(finding, subject)
    wanted = wanted.where(finding.c.state != FindingState.FIXED.value)
    with database.reading() as connection:
        return {
            Cleared(rule, text): known(fixed_at)
            for portion in portions(subjects)
            for rule, text, fixed_at in connection.execute(wanted.where(subject.c.text.in_(portion)))
        }


def accept_finding(database: Database, prefix: str, given: Acceptance, now: datetime) -> KeptFinding:
    """Let a finding stand until ``given.until``; a fixed one, or a moment that has passed, is a UsageError."""
    if given.until <= now:
        raise UsageError(f"{given.until:%F} is in the past", "give a future date with --until")
    with database.writing() as connection:
        row = _find(connection, prefix)
        state = after(_state(row, now), Event.EXCUSED)
        if state is None:
            raise UsageError(f"the finding {row.id} is {row.state}: there is nothing to accept")
        where = (finding.c.subject_key == row.subject_key, finding.c.rule == row.rule)
        connection.execute(update(finding).where(*where).values(state=state.value))
        excuse = (row.subject_key, row.rule, given.reason, given.by, stamp(given.until))
        database.many(connection, upsert(database, acceptance), [excuse])
    return find_finding(database, row.id, now)


def _port(text: ColumnElement[str]) -> ColumnElement[str]:
    """As ``port_of``, in SQL: ``://`` and what follows; no setting of a host begins so."""
    return func.ltrim(text, _SCHEME)


def _service(text: ColumnElement[str]) -> ColumnElement[str]:
    """As ``service_of``, in SQL."""
    return func.replace(text, "+starttls://", "://")


def _lives() -> Select[Any]:
    """Every pair of a finding and a run that saw its subject."""
    wanted: Select[Any] = select(*finding.columns, subject.c.text, subject.c.host, sighting.c.body)
    wanted = wanted.add_columns(run.c.id.label("run_id"))
    wanted = wanted.add_columns(acceptance.c.reason, acceptance.c.by_whom, acceptance.c.until)
    wanted = wanted.join_from(finding, subject).outerjoin(acceptance)
    return wanted.join(sighting, sighting.c.subject_key == finding.c.subject_key).join(run)


def _is(state: FindingState, now: datetime) -> ColumnElement[bool]:
    written = finding.c.state == state.value
    match state:
        case FindingState.OPEN:
            lapsed = and_(finding.c.state == FindingState.ACCEPTED.value, acceptance.c.until <= stamp(now))
            return or_(written, lapsed)
        case FindingState.ACCEPTED:
            return and_(written, acceptance.c.until > stamp(now))
        case _:
            return written


def _sights(database: Database, wanted: Select[Any]) -> Iterator[tuple[Row[Any], Sight, dict[int, Advice]]]:
    """The pairs of which the run really flagged the finding, and not only others of its subject."""
    for page in pages(database, wanted, _ORDER):
        with database.reading() as connection:
            advice = read_advice(connection)
        for row in page:
            for sight in decode(row.body):
                if sight.rule == row.rule:
                    yield row, sight, advice


def _find(connection: Connection, prefix: str) -> Row[Any]:
    wanted = _lives().where(sighting.c.run_key == finding.c.run_key)
    rows = connection.execute(wanted.where(finding.c.id.startswith(prefix.lower(), autoescape=True)).limit(2)).all()
    if not prefix or not rows:
        raise UsageError(f"the store holds no finding {prefix!r}", _HINT)
    if len(rows) > 1:
        raise UsageError(f"several findings begin with {prefix}: {rows[0].id}, {rows[1].id}", _HINT)
    return rows[0]


def _state(row: Row[Any], now: datetime) -> FindingState:
    return as_of(FindingState(row.state), known(row.until), now)


def _made(row: Row[Any], sight: Sight, advice: dict[int, Advice], state: FindingState) -> KeptFinding:
    return KeptFinding(
        finding=whole(row.text, sight, advice),
        host=row.host,
        state=state,
        first_seen=moment(row.first_seen),
        last_seen=moment(row.last_seen),
        fixed_at=known(row.fixed_at),
        run=row.run_id,
        acceptance=None if row.until is None else Acceptance(row.reason, row.by_whom, moment(row.until)),
    )
