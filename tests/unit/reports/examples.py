"""A few hosts as a scan would have heard them: the values that the report tests render."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.errors import Exit
from tightlip.model.facts import Fact
from tightlip.model.finding import (
    Certainty,
    Evidence,
    Finding,
    FindingState,
    Reference,
    Remediation,
    RemediationKind,
    Severity,
)
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Line, Observation, Speaker, observation_id
from tightlip.model.run import Authority, NotAsked, Run, Summary, Unasked
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.reports._report import Entry, Report

START = datetime(2026, 12, 4, 9, 0, tzinfo=UTC)
RUN_ID = "20261204-090000-3f2a"
VERSION = "0.9.1"
WITHDRAW = Remediation(RemediationKind.WITHDRAW_MECHANISM, "Stop offering NTLM to mail clients.")
REQUIRE_TLS = Remediation(RemediationKind.REQUIRE_TLS, "Let nobody log in before TLS is up.")
NLMP = Reference("MS-NLMP: NT LAN Manager (NTLM) Authentication Protocol", "https://learn.example/ms-nlmp")


def entry(
    position: int,
    endpoint: Endpoint,
    assessment: Assessment,
    facts: Iterable[Fact] = (),
    transcript: Iterable[Line] = (),
    findings: Iterable[tuple[Finding, FindingState]] = (),
    address: str | None = "192.0.2.10",
    ending: Ending = Ending.COMPLETED,
) -> Entry:
    """One entry of the example run, ``position`` seconds after its start, which is what its findings were heard in."""
    observation = Observation(
        endpoint,
        address,
        START + timedelta(seconds=position),
        ending,
        tuple(facts),
        tuple(transcript),
        source_address="192.0.2.99",
    )
    name = observation_id(RUN_ID, observation)
    return Entry(
        Assessed(observation, assessment, name), tuple((_heard_in(name, each), state) for each, state in findings)
    )


def _heard_in(name: str, finding: Finding) -> Finding:
    return replace(finding, evidence=tuple(replace(piece, observation=name) for piece in finding.evidence))


def finding(rule: str, endpoint: Endpoint, severity: Severity, summary: str, *texts: str) -> Finding:
    """A finding heard at ``endpoint``, with one piece of evidence for each of ``texts``."""
    return Finding(
        rule,
        str(endpoint),
        severity,
        Certainty.HEARD,
        summary,
        evidence=tuple(Evidence(text=text) for text in texts),
        remediations=(WITHDRAW, REQUIRE_TLS),
        references=(NLMP,),
    )


def lines(text: str) -> tuple[Line, ...]:
    """A transcript written as ``S: …``, ``C: …`` and ``-: …`` lines."""
    parted = (line.strip().split(": ", 1) for line in text.strip().splitlines())
    return tuple(Line(Speaker(who), words.encode()) for who, words in parted)


def pop3(host: str, security: Security = Security.PLAIN) -> Endpoint:
    """POP3 on the usual port of this state."""
    return Endpoint(host, 995 if security is Security.IMPLICIT else 110, "pop3", security)


def run_of(targets: tuple[str, ...] = ("mail.example.org", "192.0.2.0/28")) -> Run:
    """The example run, twelve and a half seconds long."""
    return Run(
        RUN_ID,
        VERSION,
        START,
        targets,
        "5eed",
        "192.0.2.99",
        START + timedelta(seconds=12, milliseconds=500),
        (Authority("192.0.2.0/24", "Anna Admin", START + timedelta(days=30), "ticket 4711"),),
    )


def report_of(entries: Iterable[Entry], run: Run | None = None, verdicts: dict[str, int] | None = None) -> Report:
    """A report over ``entries`` whose summary counts one disclosing endpoint unless told otherwise."""
    run = run or run_of()
    counts = verdicts if verdicts is not None else {"discloses": 1, "clean": 1}
    summary = Summary(
        run,
        2,
        sum(counts.values()),
        counts,
        {"medium": 2, "high": 1},
        Exit.FINDINGS,
        "3 open findings",
        (NotAsked("198.51.100.7", Unasked.OUT_OF_SCOPE, 1, "no scope entry holds it"),),
    )
    return Report(run=run, entries=entries, summary=lambda: summary)


def clean(position: int, host: str, security: Security = Security.IMPLICIT) -> Entry:
    """An endpoint that refused NTLM for good."""
    assessment = Assessment(Verdict.CLEAN, Reason.REFUSED, "-ERR [AUTH] Unsupported authentication mechanism.")
    return entry(position, pop3(host, security), assessment)
