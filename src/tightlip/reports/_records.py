"""The records of the contract (docs/schema/): observation, finding and summary, as values ready to be encoded."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.endpoint import Security
from tightlip.model.facts import Control, ControlAnswer, Door, Standing, TlsState
from tightlip.model.finding import Certainty, Evidence, Finding, FindingState, Place, Reference, Remediation, Severity
from tightlip.model.observation import Answered, Depth, Ending, Observation, Source
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.run import Authority, NotAsked, Run, Summary
from tightlip.model.verdict import Reason, Verdict
from tightlip.reports._heard import Heard, heard
from tightlip.reports._redact_facts import REMOVED
from tightlip.reports._report import Entry
from tightlip.talk.told_grounds import told_grounds

SCHEMA = 1


class OddityRecord(Struct, frozen=True, gc=False):
    """``ntlm.oddities``: what was odd in the peer's bytes."""

    name: OddityName
    detail: str
    offset: int | None


class NtlmRecord(Struct, frozen=True, gc=False):
    """``ntlm``: how NTLM was answered and what its challenge gave away; absent fields are left out of ``fields``."""

    advertised: bool
    accepted: bool
    via: tuple[Door, ...]
    implementation: Implementation
    fields: Disclosure
    oddities: tuple[OddityRecord, ...]


class GroundRecord(Struct, frozen=True, gc=False):
    """``grounds``: what the refusal of one path proves, and the server's words."""

    via: Door
    mechanism: str
    standing: Standing
    reason: Reason
    text: str


class ControlRecord(Struct, frozen=True, gc=False):
    """``controls``: what was asked only to learn what a refusal means, and what became of it."""

    control: Control
    sent: str
    taken: bool
    text: str


class TlsRecord(Struct, frozen=True, gc=False):
    """``tls``: what TLS came to."""

    version: str
    cipher: str
    subject_names: tuple[str, ...]
    issuer: str | None
    not_after: datetime | None
    self_signed: bool | None
    name_matches: bool | None


class ObservationRecord(Struct, frozen=True, gc=False, tag_field="record", tag="observation"):
    """One endpoint at one dialled address."""

    schema: int
    id: str
    run: str
    endpoint: str
    host: str
    address: str | None
    port: int
    protocol: str
    security: Security
    time: datetime
    ending: Ending
    reason: Reason
    detail: str | None
    verdict: Verdict
    mechanisms: tuple[str, ...]
    ntlm: NtlmRecord
    tls: TlsRecord | None
    banner: str | None
    source: Source
    source_address: str | None
    error: str | None
    depth: Depth
    answers: tuple[Answered, ...]
    server_names: tuple[str, ...]
    grounds: tuple[GroundRecord, ...]
    controls: tuple[ControlRecord, ...]


class FindingRecord(Struct, frozen=True, gc=False, tag_field="record", tag="finding"):
    """What one rule says of the endpoint."""

    schema: int
    id: str
    rule: str
    endpoint: str
    severity: Severity
    certainty: Certainty
    state: FindingState
    summary: str
    evidence: tuple[Evidence, ...]
    places: tuple[Place, ...]
    remediations: tuple[Remediation, ...]
    references: tuple[Reference, ...]


class SummaryRecord(Struct, frozen=True, gc=False, tag_field="record", tag="summary"):
    """The closing record: counts, exit code, and what every report says of its run."""

    schema: int
    run: str
    targets: int
    endpoints: int
    verdicts: dict[str, int]
    findings: dict[str, int]
    not_asked: tuple[NotAsked, ...]
    faults: int
    version: str
    started: datetime
    ended: datetime | None
    source: str
    seed: str
    asked: tuple[str, ...]
    scope: tuple[Authority, ...]
    exit: int
    why: str


def observation_record(entry: Entry, run: Run) -> ObservationRecord:
    """The record of one observation; ``ntlm`` is always an object, ``tls`` null where TLS did not come up."""
    observation = entry.assessed.observation
    assessment = entry.assessed.assessment
    endpoint = observation.endpoint
    told = heard(observation.facts)
    return ObservationRecord(
        SCHEMA,
        entry.assessed.id,
        run.id,
        str(endpoint),
        endpoint.host,
        observation.address,
        endpoint.port,
        endpoint.protocol,
        endpoint.security,
        observation.time,
        observation.ending,
        assessment.reason,
        assessment.detail,
        assessment.verdict,
        told.mechanisms,
        _ntlm_record(told),
        None if told.tls is None else _tls_record(told.tls),
        told.banner,
        observation.source,
        observation.source_address,
        observation.error,
        observation.depth,
        observation.answers,
        observation.server_names,
        () if told.via else _ground_records(observation),
        _control_records(observation),
    )


def finding_records(entry: Entry, endpoint: str) -> Iterator[FindingRecord]:
    """The records of what the rules say of one observation's endpoint (its text form)."""
    return (finding_record(finding, state, endpoint) for finding, state in entry.findings)


def finding_record(finding: Finding, state: FindingState, endpoint: str) -> FindingRecord:
    """The record of one finding of an endpoint (its text form)."""
    return FindingRecord(
        SCHEMA,
        finding.id,
        finding.rule,
        endpoint,
        finding.severity,
        finding.certainty,
        state,
        finding.summary,
        finding.evidence,
        finding.places,
        finding.remediations,
        finding.references,
    )


def summary_record(summary: Summary) -> SummaryRecord:
    """The closing record of a run."""
    run = summary.run
    return SummaryRecord(
        SCHEMA,
        run.id,
        summary.targets,
        summary.endpoints,
        summary.verdicts,
        summary.findings,
        summary.not_asked,
        summary.faults,
        run.version,
        run.started,
        run.ended,
        run.source,
        run.seed,
        run.targets,
        run.scope,
        int(summary.exit),
        summary.why,
    )


def _ground_records(observation: Observation) -> tuple[GroundRecord, ...]:
    endpoint = observation.endpoint
    grounds = told_grounds(endpoint.protocol, endpoint.security, observation.facts)
    if any(ground.refusal.text == REMOVED for ground in grounds):
        return ()  # texts cannot be held against each other any more
    return tuple(
        GroundRecord(refusal.via or Door.AUTH, refusal.mechanism, refusal.standing, ground.reason, refusal.text)
        for ground in grounds
        for refusal in (ground.refusal,)
    )


def _control_records(observation: Observation) -> tuple[ControlRecord, ...]:
    answers = [fact for fact in observation.facts if type(fact) is ControlAnswer]
    return tuple(ControlRecord(answer.control, answer.sent, answer.taken, answer.text) for answer in answers)


def _ntlm_record(told: Heard) -> NtlmRecord:
    return NtlmRecord(
        told.advertised,
        bool(told.via),
        told.via,
        told.implementation,
        told.disclosure,
        tuple([_oddity_record(oddity) for oddity in told.oddities]),
    )


def _oddity_record(oddity: Oddity) -> OddityRecord:
    return OddityRecord(oddity.name, oddity.detail, oddity.offset)


def _tls_record(tls: TlsState) -> TlsRecord:
    return TlsRecord(
        tls.version, tls.cipher, tls.subject_names, tls.issuer, tls.not_after, tls.self_signed, tls.name_matches
    )
