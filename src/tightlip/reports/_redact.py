"""Redaction: the same report with every name and address replaced by a stable pseudonym, and free text taken out.

Nothing is searched and replaced: every value is built anew from what is known to be harmless (numbers, times, closed
vocabularies, the constants of our rules) and from pseudonyms. What a peer or a user worded freely does not come
through, and ids that are hashes of names are hashes of pseudonyms afterwards, for a plain hash can be guessed at.
"""

import re

from msgspec.structs import replace

from tightlip.model.counting import counted
from tightlip.model.endpoint import Endpoint
from tightlip.model.errors import Exit
from tightlip.model.finding import Evidence, Finding, Place
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Observation, observation_id
from tightlip.model.run import AND_MORE, THE_REST, Authority, NotAsked, Run, Summary
from tightlip.model.verdict import Assessment
from tightlip.reports._pseudonyms import Pseudonyms
from tightlip.reports._redact_facts import REMOVED, redacted_cause, redacted_fact, redacted_line
from tightlip.reports._report import Entry, Report

_PROTOCOL = re.compile(r"[a-z]+[0-9]?")
_WHY = {
    Exit.OK: "nothing stands open",
    Exit.SCOPE: "a target lies outside the scope",
    Exit.DOUBT: "not every endpoint could be judged",
    Exit.FAULT: "tightlip failed somewhere",
    Exit.INTERRUPTED: "the run was interrupted",
}


def redact(report: Report, key: bytes) -> Report:
    """``report`` without anything that names or places a host; ``key`` is secret and decides the pseudonyms."""
    names = Pseudonyms(key)
    run = _run(names, report.run)
    return Report(
        run=run,
        entries=(_entry(names, entry, run) for entry in report.entries),
        summary=lambda: _summary(names, report.summary()),
    )


def _run(names: Pseudonyms, run: Run) -> Run:
    return replace(
        run,
        targets=tuple(names.of("target", target) for target in run.targets),
        seed=REMOVED,
        source=run.source if run.source == "auto" else names.host(run.source),
        scope=tuple(_authority(names, entry) for entry in run.scope),
    )


def _authority(names: Pseudonyms, entry: Authority) -> Authority:
    return Authority(
        names.of("network", entry.network),
        names.of("person", entry.by),
        entry.until,
        REMOVED if entry.note else "",
    )


def _summary(names: Pseudonyms, summary: Summary) -> Summary:
    return replace(
        summary,
        run=_run(names, summary.run),
        why=_why(summary),
        not_asked=tuple(NotAsked(_target(names, each.target), each.why, each.count) for each in summary.not_asked),
    )


def _target(names: Pseudonyms, target: str) -> str:
    return target if target in (THE_REST, AND_MORE) else names.of("target", target)


def _why(summary: Summary) -> str:
    """In our own words, with the number of findings."""
    found = sum(summary.findings.values())
    open_findings = counted(found, "open finding")
    if summary.exit is Exit.FINDINGS:
        return open_findings
    said = _WHY.get(summary.exit, REMOVED)
    return f"{said}; {open_findings}" if found else said


def _entry(names: Pseudonyms, entry: Entry, run: Run) -> Entry:
    observation = _observation(names, entry.assessed.observation)
    told = entry.assessed.assessment
    name = observation_id(run.id, observation)
    assessment = Assessment(told.verdict, told.reason, REMOVED if told.detail else None)
    was = str(entry.assessed.observation.endpoint)
    findings = tuple(
        (_finding(names, finding, str(observation.endpoint) if finding.subject == was else None, name), state)
        for finding, state in entry.findings
    )
    return Entry(Assessed(observation, assessment, name), findings)


def _observation(names: Pseudonyms, observation: Observation) -> Observation:
    endpoint = observation.endpoint
    protocol = endpoint.protocol if _PROTOCOL.fullmatch(endpoint.protocol) else "unknown"
    return replace(
        observation,
        endpoint=Endpoint(names.host(endpoint.host), endpoint.port, protocol, endpoint.security),
        address=names.perhaps("address", observation.address),
        facts=tuple(redacted_fact(names, fact) for fact in observation.facts),
        transcript=tuple(map(redacted_line, observation.transcript)),
        source_address=names.perhaps("address", observation.source_address),
        error=redacted_cause(observation.error),
        stopped=redacted_cause(observation.stopped),
        server_names=tuple(map(names.host, observation.server_names)),
    )


def _finding(names: Pseudonyms, finding: Finding, subject: str | None, observation: str) -> Finding:
    """Remediations and references are constants of the rule; all else that is worded goes."""
    return replace(
        finding,
        subject=subject or names.of("subject", finding.subject),
        summary=finding.rule.replace("-", " "),
        evidence=tuple(_evidence(names, piece, observation) for piece in finding.evidence),
        places=tuple(_place(names, place) for place in finding.places),
    )


def _evidence(names: Pseudonyms, evidence: Evidence, observation: str) -> Evidence:
    if evidence.file is None:
        return Evidence(observation)
    return Evidence(file=names.of("file", evidence.file), line=evidence.line)


def _place(names: Pseudonyms, place: Place) -> Place:
    return Place(
        names.of("file", place.file),
        place.line,
        names.of("setting", place.setting),
        None if place.value is None else REMOVED,
    )
