"""At which addresses of an endpoint NTLM is to be reckoned with: it was met there, and nothing since could close it."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row, Select, func, select

from tightlip.model.endpoint import Security, port_of, read_endpoint
from tightlip.model.observation import Depth, Observation
from tightlip.model.verdict import Reason, Verdict
from tightlip.store.database import Database
from tightlip.store.pages import portions
from tightlip.store.tables import observation

_MET = (Verdict.DISCLOSES.value, Verdict.OFFERS.value)

_observations = msgspec.msgpack.Decoder(Observation)

# Endpoint and address, and the same of one run.
_Place = tuple[str, str]
_Asking = tuple[int, str, str]


def read_disclosed_at(database: Database, endpoints: list[str]) -> dict[str, frozenset[str]]:
    """Of endpoints, the addresses at which NTLM was met and not disproved since; only of those that have any.

    It is disproved by an asking that could close a finding: a clean one, thorough, of a host that let us ask; where it
    wants TLS first, together with the STARTTLS state. Whatever proves less takes nothing back.
    """
    found: dict[str, frozenset[str]] = {}
    with database.reading() as connection:
        met: dict[_Place, int] = {}
        for portion in portions(endpoints):
            met |= _last_met(connection, portion)
        for endpoint, address in met.keys() - set(_disproved(connection, met)):
            found[endpoint] = found.get(endpoint, frozenset()) | {address}
    return found


def _last_met(connection: Connection, endpoints: Sequence[str]) -> dict[_Place, int]:
    seen = observation.c
    wanted = select(seen.endpoint, seen.address, func.max(seen.time))
    wanted = wanted.where(seen.verdict.in_(_MET), seen.endpoint.in_(endpoints)).group_by(seen.endpoint, seen.address)
    return {(endpoint, address): time for endpoint, address, time in connection.execute(wanted)}


def _disproved(connection: Connection, met: dict[_Place, int]) -> Iterator[_Place]:
    """The places among these of which a later asking is a proof."""
    upgraded = {endpoint: _over_tls(endpoint) for endpoint, _ in met}
    proven: dict[_Asking, bool] = {}
    clean: list[Row[Any]] = []
    mixed: set[_Asking] = set()
    for row in _later(connection, sorted({*upgraded, *upgraded.values()}), min(met.values(), default=0)):
        asking = row.run_key, row.endpoint, row.address
        if row.verdict in _MET and _has_other_answers(row):
            mixed.add((row.run_key, port_of(row.endpoint), row.address))
        proven[asking] = _could_close(row) and proven.get(asking, True)
        if row.verdict == Verdict.CLEAN.value and row.time > met.get((row.endpoint, row.address), row.time):
            clean.append(row)
    for row in clean:
        if (row.run_key, port_of(row.endpoint), row.address) in mixed:
            continue  # a node behind it still has NTLM, and may just not have been met in this state
        wants_tls = row.reason == Reason.TLS_REQUIRED.value
        over_tls = (row.run_key, upgraded[row.endpoint], row.address) if wants_tls else None
        if proven[row.run_key, row.endpoint, row.address] and (over_tls is None or proven.get(over_tls, False)):
            yield row.endpoint, row.address


def _later(connection: Connection, endpoints: list[str], since: int) -> Iterator[Row[Any]]:
    """What was heard of endpoints since."""
    seen = observation.c
    wanted: Select[Any] = select(
        seen.run_key, seen.endpoint, seen.address, seen.time, seen.verdict, seen.reason, seen.body
    )
    for portion in portions(endpoints):
        yield from connection.execute(wanted.where(seen.endpoint.in_(portion), seen.time > since))


def _over_tls(endpoint: str) -> str:
    """The STARTTLS state of the same."""
    return str(replace(read_endpoint(endpoint), security=Security.STARTTLS))


def _could_close(row: Row[Any]) -> bool:
    seen = _seen(row) if row.verdict == Verdict.CLEAN.value else None
    return seen is not None and seen.depth is Depth.THOROUGH and not seen.was_throttled


def _has_other_answers(row: Row[Any]) -> bool:
    seen = _seen(row)
    return seen is None or bool(seen.answers)


def _seen(row: Row[Any]) -> Observation | None:
    try:
        return _observations.decode(row.body)
    except msgspec.MsgspecError:
        return None  # what cannot be read proves nothing
