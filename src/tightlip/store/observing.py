"""A run's observations, read again, alone or with what was found of them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from msgspec import MsgspecError, msgpack
from sqlalchemy import Row, select

from tightlip.model.finding import Finding, FindingState
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Observation
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.store.database import Database
from tightlip.store.pages import pages, portions
from tightlip.store.runs import find_run
from tightlip.store.sight import decode, read_advice, whole
from tightlip.store.tables import observation, sighting, subject
from tightlip.store.values import Kept, KeptEntry

_observations = msgpack.Decoder(Observation)

_ORDER = (observation.c.position, observation.c.endpoint, observation.c.address)

Found = tuple[tuple[Finding, FindingState], ...]


def read_observations(database: Database, run: str) -> Iterator[Kept]:
    """By position, endpoint and address."""
    for _, page in _pages(database, run):
        yield from map(_kept, page)


def read_entries(database: Database, run: str) -> Iterator[KeptEntry]:
    """The same, each with the findings whose subject is its endpoint, as they stood in that run."""
    for run_key, page in _pages(database, run):
        found = _found(database, run_key, {row.endpoint for row in page})
        yield from (KeptEntry(_kept(row), found.get(row.endpoint, ())) for row in page)


def read_askings(database: Database, endpoints: Sequence[str]) -> Iterator[list[Assessed]]:
    """What each run heard of endpoints at one address of a host's port, newest first.

    A damaged row proves nothing, and is left out.
    """
    askings: dict[tuple[int, str, int, str], list[Assessed]] = {}
    wanted = select(observation).order_by(observation.c.time.desc())
    with database.reading() as connection:
        for portion in portions(endpoints):
            for row in connection.execute(wanted.where(observation.c.endpoint.in_(portion))):
                with suppress(MsgspecError, ValueError):
                    kept = _kept(row)
                    asking = askings.setdefault((row.run_key, row.host, row.port, row.address), [])
                    asking.append(Assessed(kept.observation, kept.assessment))
    return iter(askings.values())


def _pages(database: Database, run: str) -> Iterator[tuple[int, list[Row[Any]]]]:
    with database.reading() as connection:
        run_key = find_run(connection, run).key
    wanted = select(observation).where(observation.c.run_key == run_key)
    return ((run_key, page) for page in pages(database, wanted, _ORDER))


def _kept(row: Row[Any]) -> Kept:
    assessment = Assessment(Verdict(row.verdict), Reason(row.reason), row.detail)
    return Kept(row.position, _observations.decode(row.body), assessment)


def _found(database: Database, run_key: int, endpoints: set[str]) -> dict[str, Found]:
    wanted = select(subject.c.text, sighting.c.body).join_from(subject, sighting)
    wanted = wanted.where(sighting.c.run_key == run_key, subject.c.text.in_(sorted(endpoints)))
    with database.reading() as connection:
        advice = read_advice(connection)
        rows = connection.execute(wanted).all()
    return {text: tuple((whole(text, sight, advice), sight.state) for sight in decode(body)) for text, body in rows}
