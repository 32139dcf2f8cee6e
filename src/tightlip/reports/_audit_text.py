"""An audit for a person at a terminal: product by product what it is set to do, then what is found, line by line."""

from collections.abc import Iterator
from itertools import islice

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tightlip.model.counting import counted
from tightlip.model.endpoint import Security
from tightlip.model.finding import Finding, FindingState, Severity
from tightlip.model.host_view import Assessed
from tightlip.model.posture import Certificate, FromLoopback, Listener, Note, NoteKind, Posture, ProxyHeader, Service
from tightlip.model.run import Run, Summary
from tightlip.reports._audit import AuditedHost, AuditedInstance, AuditReport
from tightlip.reports._audit_records import mechanisms
from tightlip.reports._escape import visible
from tightlip.reports._layout import labelled, laid_out
from tightlip.reports._report import Style
from tightlip.reports._rows import moment, not_asked_rows
from tightlip.reports._words import SEVERITIES, STANDING_STATES, reason_words

_FILES_SHOWN = 12
_NOTES_SHOWN = 40
_HOSTS_SHOWN = 10
_SEVERITY_STYLES = {
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
_INDENTED = (0, 0, 0, 2)
_UNDECIDED = {NoteKind.DOUBT, NoteKind.CONTRADICTION}

NOTE_SAYS = {
    NoteKind.UNREAD: "not read",
    NoteKind.MISSING: "missing",
    NoteKind.DOUBT: "in doubt",
    NoteKind.MANAGED: "managed",
    NoteKind.BREAKS_ON_UPGRADE: "upgrade",
    NoteKind.CONTRADICTION: "contradicted",
    NoteKind.HARMLESS: "harmless",
    NoteKind.UNKNOWN: "not known",
}
_HEADER_SAYS = {
    FromLoopback.TRUSTED: "clients are greeted after a PROXY header, also those on this machine",
    FromLoopback.UNTRUSTED: "clients are greeted after a PROXY header, and those on this machine never",
    FromLoopback.EXEMPT: "certain clients are greeted after a PROXY header, and those on this machine without one",
    FromLoopback.UNKNOWN: "clients are greeted after a PROXY header; those on this machine perhaps not",
}


def text(report: AuditReport, style: Style) -> Iterator[str]:
    """The heading at once, each host as it comes, the summary at last."""
    yield laid_out(_heading(report.run), style) + "\n"
    for host in report.hosts:
        if host.instances or host.faults:
            yield laid_out(_host(host), style) + "\n"
    yield laid_out(_summary(report.summary()), style)


def _heading(run: Run) -> RenderableType:
    told = visible(f"  run {run.id}, {moment(run.started)}")
    return Text.assemble((f"tightlip {visible(run.version)}", "bold"), told)


def _host(host: AuditedHost) -> RenderableType:
    parts: list[RenderableType] = [Text(visible(host.host), "bold underline", overflow="fold")]
    parts += [Padding(_instance(each), (0, 0, 1, 2)) for each in host.instances]
    parts += [Padding(Text(f"our own fault: {visible(each)}", "bold red"), _INDENTED) for each in host.faults]
    if host.heard:
        parts += [Text("Heard", "bold underline"), Padding(_heard(host.heard), (0, 0, 1, 2))]
    if host.findings:
        parts += [Text("Findings", "bold underline"), *_findings(host.findings)]
    elif host.instances:
        parts.append(Text("No findings."))
    return Group(*parts)


def _instance(instance: AuditedInstance) -> RenderableType:
    posture = instance.posture
    version = f" {visible(posture.version)}" if posture.version else ", version not known"
    parts: list[RenderableType] = [Text.assemble((posture.product, "bold"), version), _files(instance)]
    if posture.services:
        parts.append(Padding(_services(posture), (0, 0, 0, 2)))
    rows = [(NOTE_SAYS[note.kind], _said(note)) for note in posture.notes[:_NOTES_SHOWN]]
    if len(posture.notes) > _NOTES_SHOWN:
        rows.append(("", f"and {counted(len(posture.notes) - _NOTES_SHOWN, 'more note')}"))
    rows += [("PROXY header", each) for each in islice(_proxy_headers(posture), _NOTES_SHOWN)]
    rows += [("certificate", _certificate(each)) for each in posture.certificates]
    if rows:
        parts.append(Padding(labelled(rows), _INDENTED))
    return Group(*parts)


def _files(instance: AuditedInstance) -> RenderableType:
    shown = [visible(path) for path in instance.files[:_FILES_SHOWN]] or [visible(instance.posture.config)]
    more = len(instance.files) - len(shown)
    if more > 0:
        shown.append(f"and {counted(more, 'more file')}")
    return Padding(Text("\n".join(shown), "dim", overflow="fold"), _INDENTED)


def _services(posture: Posture) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True, header_style="dim")
    for title in ("service", "ports", "without TLS", "under TLS", "TLS"):
        table.add_column(title, overflow="fold", ratio=None if title in ("ports", "TLS") else 1)
    for service in posture.services:
        nothing = "nothing" if _is_known(service, posture) else "not known"
        under_tls = dict.fromkeys(
            name for state in (Security.STARTTLS, Security.IMPLICIT) for name in _listed(service, state)
        )
        ports = dict.fromkeys(map(_port, service.listeners))
        table.add_row(
            Text(_name(service), overflow="fold"),
            Text("\n".join(ports) or _no_ports(posture)),
            Text(" ".join(_listed(service, Security.PLAIN)) or nothing),
            Text(" ".join(under_tls) or nothing),
            Text(_tls(service)),
        )
    return table


def _no_ports(posture: Posture) -> str:
    """What is said where no port is told: what starts the services may be what was not read."""
    return "not known" if any(note.kind is NoteKind.UNREAD for note in posture.notes) else "none"


def _is_known(service: Service, posture: Posture) -> bool:
    """Whether a state without mechanisms has none: not where the files were not read whole, or do not decide it."""
    kinds = {note.kind for note in posture.notes}
    if NoteKind.UNREAD in kinds:
        return False
    return bool(service.offers) or not (service.delegation or kinds & _UNDECIDED)


def _name(service: Service) -> str:
    asked = service.delegation
    lines = [visible(service.name)]
    if service.protocol != service.name:
        lines.append(f"({service.protocol})")
    if asked:
        lines.append(f"asks {visible(asked.product)}")
    if service.accounts and service.accounts.limited:
        lines.append("listed accounts only")
    return "\n".join(lines)


def _listed(service: Service, state: Security) -> list[str]:
    """Mechanisms of one state: accepted and not shown to clients (hidden), or shown and not accepted (only listed)."""
    hidden = {offer.name for offer in service.offers if offer.hidden_by}
    said = [f"{visible(name)} (hidden)" if name in hidden else visible(name) for name in mechanisms(service, state)]
    only_listed = dict.fromkeys(offer.name for offer in service.offers if state in offer.only_listed)
    return [*said, *(f"{visible(name)} (only listed)" for name in only_listed)]


def _port(listener: Listener) -> str:
    return f"{listener.port} TLS" if listener.states == (Security.IMPLICIT,) else str(listener.port)


def _tls(service: Service) -> str:
    if not service.tls.available:
        return "none"
    return "required" if service.tls.required else "optional"


def _said(note: Note) -> str:
    where = note.file if note.line is None else f"{note.file}:{note.line}"
    return f"{where}: {note.text}"


def _proxy_headers(posture: Posture) -> Iterator[str]:
    """Which ports expect a PROXY header, by the setting that makes them."""
    ports: dict[ProxyHeader, dict[int, None]] = {}
    for service in posture.services:
        for listener in service.listeners:
            if listener.proxy_header:
                ports.setdefault(listener.proxy_header, {})[listener.port] = None
    for header, numbers in ports.items():
        told = f"{'port' if len(numbers) == 1 else 'ports'} {', '.join(map(str, numbers))}"
        yield f"{header.place.where}: {header.place.setting}: {told}: {_HEADER_SAYS[header.from_loopback]}"


def _certificate(certificate: Certificate) -> str:
    return f"{certificate.path}: {certificate.problem or f'valid until {moment(certificate.not_after)}'}"


def _heard(heard: tuple[Assessed, ...]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=12)
    grid.add_column(overflow="fold", ratio=1)
    for each in heard:
        endpoint = visible(str(each.observation.endpoint))
        grid.add_row(each.assessment.verdict.upper(), Text(f"{endpoint}\n{visible(reason_words(each.assessment))}"))
    return grid


def _severest_first(found: tuple[Finding, FindingState]) -> tuple[bool, int, str, str]:
    finding, state = found
    return state not in STANDING_STATES, SEVERITIES.index(finding.severity), finding.rule, finding.subject


def _findings(found: tuple[tuple[Finding, FindingState], ...]) -> Iterator[RenderableType]:
    """What is found, where it is written, and, once a rule, what mends it."""
    told: set[str] = set()
    for finding, state in sorted(found, key=_severest_first):
        word = f"  {finding.certainty}, {state}, {finding.id}"
        title = Text.assemble(
            (finding.severity, _SEVERITY_STYLES[finding.severity]), "  ", (finding.rule, "bold"), (word, "dim")
        )
        rows = [("of", finding.subject), *(("at", f"{each.where}: {each.said}") for each in finding.places)]
        if finding.rule not in told:
            rows += [("mend", each.text) for each in finding.remediations]
        told.add(finding.rule)
        summary = Text(visible(finding.summary), overflow="fold")
        yield Padding(Group(title, Padding(Group(summary, labelled(rows)), _INDENTED)), (1, 0, 0, 2))


def _summary(summary: Summary) -> RenderableType:
    """Counts, and the one line that says why, last."""
    graded = ", ".join(f"{summary.findings[each]:,} {each}" for each in SEVERITIES if summary.findings.get(each))
    rows = [
        ("hosts", f"{summary.targets:,}"),
        ("findings", f"open: {graded}" if graded else "none open"),
        ("run", summary.run.id),
    ]
    if summary.endpoints:
        rows.insert(1, ("endpoints", f"{summary.endpoints:,} asked"))
    if summary.faults:
        rows.append(("our faults", f"{summary.faults:,}"))
    left = not_asked_rows(summary) if summary.not_asked else []
    rows += [("not audited", f"{host}: {why}") for host, why in left[:_HOSTS_SHOWN]]
    if len(left) > _HOSTS_SHOWN:
        rows.append(("", "and more: --format jsonl names them"))
    more = Text("Severities are tightlip's own. More: tightlip explain RULE", "dim")
    closing = Text(f"{summary.why} (exit {int(summary.exit)})", "bold")
    return Group(Text("Summary", "bold underline"), Padding(labelled(rows), _INDENTED), more, closing)
