"""Findings taken apart for the store and put together again: what is of the run, and advice shared by many."""

from hashlib import sha256

from msgspec import Struct, msgpack
from sqlalchemy import Connection, func, insert, select

from tightlip.model.finding import (
    Certainty,
    Evidence,
    Finding,
    FindingState,
    InstanceOf,
    Place,
    Reference,
    Remediation,
    Severity,
)
from tightlip.store import tables


class Sight(Struct, frozen=True, gc=False, array_like=True):
    """What one run says of one subject by one rule, without the advice that is the same for all its subjects."""

    rule: str
    state: FindingState
    severity: Severity
    certainty: Certainty
    summary: str
    evidence: tuple[Evidence, ...]
    places: tuple[Place, ...]
    advice_key: int
    instances: tuple[InstanceOf, ...] = ()


class Advice(Struct, frozen=True, gc=False, array_like=True):
    """Half of a finding's bytes: they come from the rule."""

    remediations: tuple[Remediation, ...] = ()
    references: tuple[Reference, ...] = ()


_NONE = Advice()
_encoder = msgpack.Encoder()
_sights = msgpack.Decoder(list[Sight])
_advices = msgpack.Decoder(Advice)


def seen(finding: Finding, state: FindingState, advice_key: int) -> Sight:
    """A finding as a run saw it."""
    return Sight(
        finding.rule,
        state,
        finding.severity,
        finding.certainty,
        finding.summary,
        finding.evidence,
        finding.places,
        advice_key,
        finding.instances,
    )


def encode(sights: list[Sight]) -> bytes:
    """All sights of one subject."""
    return _encoder.encode(sights)


def decode(body: bytes) -> list[Sight]:
    """They again."""
    return _sights.decode(body)


def whole(subject: str, sight: Sight, advice: dict[int, Advice]) -> Finding:
    """The finding again; its advice is missing only where it named a forgotten host."""
    given = advice.get(sight.advice_key, _NONE)
    return Finding(
        rule=sight.rule,
        subject=subject,
        severity=sight.severity,
        certainty=sight.certainty,
        summary=sight.summary,
        evidence=sight.evidence,
        places=sight.places,
        remediations=given.remediations,
        references=given.references,
        instances=sight.instances,
    )


def read_advice(connection: Connection) -> dict[int, Advice]:
    """All advice there is: some few texts a rule."""
    rows = connection.execute(select(tables.advice.c.key, tables.advice.c.body))
    return {key: _advices.decode(body) for key, body in rows}


class AdviceShelf:
    """Finds or makes the key of an advice, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        """``connection`` is that of the only writer."""
        self._connection = connection
        self._keys: dict[tuple[tuple[Remediation, ...], tuple[Reference, ...]], int] = {}

    def key_of(self, finding: Finding) -> int:
        """The key of a finding's remediations and references."""
        parts = (finding.remediations, finding.references)
        if (key := self._keys.get(parts)) is None:
            key = self._keys[parts] = self._stored(_encoder.encode(Advice(*parts)))
        return key

    def _stored(self, body: bytes) -> int:
        shelf = tables.advice
        digest = sha256(body).digest()
        key: int | None = self._connection.scalar(select(shelf.c.key).where(shelf.c.digest == digest))
        if key is None:
            key = (self._connection.scalar(select(func.max(shelf.c.key))) or 0) + 1
            self._connection.execute(insert(shelf).values(key=key, digest=digest, body=body))
        return key
