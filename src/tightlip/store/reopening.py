"""Findings that an earlier version called fixed without a proof: on upgrading they are open again."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, select, update

from tightlip.model.finding import FindingState
from tightlip.model.observation import Observation
from tightlip.model.verdict import Verdict
from tightlip.store.tables import finding, observation, subject

# Whether an observation that was called clean shows a refusal that proves it.
Proves = Callable[[Observation], bool]

# The rules of 0.1.0 that the verdict clean closed.
_CLOSED_BY_CLEAN = ("ntlm-discloses-host", "ntlm-offered", "ntlm-without-tls")
# Rows in memory at once.
_PAGE = 1_000

_observations = msgspec.msgpack.Decoder(Observation)


def reopen_unproven(connection: Connection, proves: Proves) -> int:
    """Open the fixed findings that no stored observation proves fixed; how many they were.

    Read are the runs after a finding was last seen, all of whose observations of its endpoint are clean: one whose
    every observation proves it is enough. A finding of which no such run is stored was closed by an audit of settings,
    or its observations were forgotten: there is nothing to read, and it stays.
    """
    fixed = _fixed(connection)
    unproven = _unproven(connection, fixed, proves)
    opened = [{"at": row.subject_key, "by": row.rule} for row in fixed if (row.text, row.last_seen) in unproven]
    if opened:
        opening = update(finding).values(state=FindingState.OPEN.value, fixed_at=None)
        where = (finding.c.subject_key == bindparam("at"), finding.c.rule == bindparam("by"))
        connection.execute(opening.where(*where), opened)
    return len(opened)


def _fixed(connection: Connection) -> list[Row[Any]]:
    wanted = select(subject.c.text, finding.c.subject_key, finding.c.rule, finding.c.last_seen)
    wanted = wanted.join_from(finding, subject).where(finding.c.state == FindingState.FIXED.value)
    return list(connection.execute(wanted.where(finding.c.rule.in_(_CLOSED_BY_CLEAN))))


def _unproven(connection: Connection, fixed: list[Row[Any]], proves: Proves) -> set[tuple[str, int]]:
    """Endpoints, each with the moment it was last seen to leak, of which runs since were clean and none is a proof."""
    moments: dict[str, set[int]] = {}
    for row in fixed:
        moments.setdefault(row.text, set()).add(row.last_seen)
    proven: dict[tuple[str, int], bool] = {}
    for endpoint, earliest, is_proof in _clean_runs(connection, proves):
        for last_seen in moments[endpoint]:
            if earliest > last_seen:
                proven[endpoint, last_seen] = is_proof or proven.get((endpoint, last_seen), False)
    return {where for where, is_proof in proven.items() if not is_proof}


def _clean_runs(connection: Connection, proves: Proves) -> Iterator[tuple[str, int, bool]]:
    """Of each fixed endpoint the runs that found it clean at every address: since when, and whether that is proven."""
    fixed = select(subject.c.text).join_from(finding, subject).where(finding.c.state == FindingState.FIXED.value)
    wanted = select(observation).where(observation.c.endpoint.in_(fixed.where(finding.c.rule.in_(_CLOSED_BY_CLEAN))))
    wanted = wanted.order_by(observation.c.endpoint, observation.c.run_key)
    rows = connection.execute(wanted.execution_options(yield_per=_PAGE))
    for (endpoint, _), group in groupby(rows, key=lambda row: (row.endpoint, row.run_key)):
        run = list(group)
        if all(row.verdict == Verdict.CLEAN.value for row in run):
            yield endpoint, min(row.time for row in run), all(_shows_proof(row.body, proves) for row in run)


def _shows_proof(body: bytes, proves: Proves) -> bool:
    try:
        return proves(_observations.decode(body))
    except msgspec.MsgspecError:
        # What cannot be read proves nothing; a store must not become useless for one damaged row.
        return False
