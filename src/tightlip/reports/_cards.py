"""What the HTML page shows of each host and endpoint, made one host at a time while the page is written."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.finding import Evidence, Finding, FindingState, Severity
from tightlip.model.verdict import Verdict
from tightlip.reports._collect import Host
from tightlip.reports._heard import Heard, heard
from tightlip.reports._hexview import HexView, hex_view
from tightlip.reports._report import Entry
from tightlip.reports._rows import Rows, conversation_rows, disclosure_rows, tls_rows
from tightlip.reports._transcript import Said, said, trimmed
from tightlip.reports._words import STATE_MEANS, next_step, reason_words, severest

EVIDENCE_SHOWN = 300

_LEFT_OUT = (
    f"The evidence (transcript and challenge) is left out here: this page holds that of {EVIDENCE_SHOWN:,} endpoints, "
    "the worst first."
)


class FoundCard(Struct, frozen=True):
    """A finding, its state, what that state means, and its evidence in words."""

    finding: Finding
    state: FindingState
    means: str
    evidence: list[str]


class EndpointCard(Struct, frozen=True, kw_only=True):
    """One endpoint state with its evidence; ``left_out`` says why evidence is missing."""

    verdict: Verdict
    severity: Severity | None
    name: str
    why: str
    next: str | None
    findings: list[FoundCard]
    given: Rows
    rows: Rows
    talk: list[Said]
    challenges: list[HexView]
    left_out: str | None


class HostCard(Struct, frozen=True):
    """One host: what it gives away (by its first endpoint that does), and its endpoints."""

    name: str
    addresses: str
    given: Rows
    endpoints: list[EndpointCard]


def slim(entry: Entry) -> Entry:
    """An entry as the page keeps it while it waits for the last one: no more transcript than can be shown."""
    observation = entry.assessed.observation
    kept = trimmed(observation.transcript)
    if kept is observation.transcript:
        return entry
    return replace(entry, assessed=replace(entry.assessed, observation=replace(observation, transcript=kept)))


class Cards:
    """Hosts on their way to the page; counts how much evidence went there."""

    def __init__(self, hosts: tuple[Host, ...]) -> None:
        """Show ``hosts`` in this order."""
        self._hosts = hosts
        self._evidence = 0

    def each(self) -> Iterator[HostCard]:
        """The cards, one host after the other."""
        self._evidence = 0
        for host in self._hosts:
            endpoints = [self._endpoint(entry) for entry in host.entries]
            addresses = {entry.assessed.observation.address for entry in host.entries} - {None, host.name}
            given = next((card.given for card in endpoints if card.given), [])
            yield HostCard(host.name, ", ".join(sorted(map(str, addresses))), given, endpoints)

    def _endpoint(self, entry: Entry) -> EndpointCard:
        observation = entry.assessed.observation
        assessment = entry.assessed.assessment
        told = heard(observation.facts)
        has_evidence = bool(observation.transcript or told.challenges)
        room = has_evidence and self._evidence < EVIDENCE_SHOWN
        self._evidence += room
        return EndpointCard(
            verdict=assessment.verdict,
            severity=severest(entry.findings),
            name=str(observation.endpoint),
            why=reason_words(assessment),
            next=next_step(assessment),
            findings=[_found(finding, state) for finding, state in entry.findings],
            given=disclosure_rows(told.disclosure, observation.time),
            rows=_rows(entry, told),
            talk=said(observation.transcript) if room else [],
            challenges=[hex_view(raw) for raw in _challenges(told)] if room else [],
            left_out=_LEFT_OUT if has_evidence and not room else None,
        )


def _found(finding: Finding, state: FindingState) -> FoundCard:
    return FoundCard(finding, state, STATE_MEANS[state], [line for line in map(_evidence, finding.evidence) if line])


def _evidence(piece: Evidence) -> str:
    """``file:line: text``, as far as it has each."""
    place = f"{piece.file}:{piece.line}" if piece.line is not None else piece.file
    return ": ".join(part for part in (place, piece.text) if part)


def _rows(entry: Entry, told: Heard) -> Rows:
    rows = conversation_rows(entry.assessed.observation, told)
    if told.tls:
        rows += tls_rows(told.tls)
    rows += [("server code", f"{each.implementation}: {each.why}") for each in told.challenges if each.why]
    return [*rows, ("observation", entry.assessed.id)]


def _challenges(told: Heard) -> dict[bytes, None]:
    """Each challenge once: a second door often gives the same bytes but for the nonce."""
    return dict.fromkeys(each.raw for each in told.challenges if each.raw)
