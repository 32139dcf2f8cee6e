"""Text for a person at a terminal: host by host with the verdict first, then findings, what mends them, the summary."""

from collections.abc import Iterator

from msgspec.structs import replace
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tightlip.model.counting import counted
from tightlip.model.finding import Finding, FindingState, Severity
from tightlip.model.run import Run, Summary
from tightlip.model.verdict import Verdict
from tightlip.reports._alike import Alike, alike
from tightlip.reports._collect import Collected, Host, Tally, collect
from tightlip.reports._escape import visible
from tightlip.reports._layout import labelled, laid_out
from tightlip.reports._report import Entry, Report, ReportFormat, Style
from tightlip.reports._rows import moment, not_asked_rows, run_rows
from tightlip.reports._words import (
    SEVERITIES,
    STANDING_STATES,
    STATE_MEANS,
    VERDICTS,
)

ENDPOINTS_SHOWN = 300

_VERDICT_STYLES = {
    Verdict.DISCLOSES: "bold red",
    Verdict.OFFERS: "bold yellow",
    Verdict.INCONCLUSIVE: "bold magenta",
    Verdict.CLEAN: "bold green",
    Verdict.ABSENT: "dim",
    Verdict.UNREACHABLE: "dim",
}
_SEVERITY_STYLES = {
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
_STATE_STYLES = {FindingState.OPEN: "bold", FindingState.REGRESSED: "bold red"}


def text(report: Report, style: Style) -> Iterator[str]:
    """The heading at once, then the rest as soon as the last entry is in."""
    yield laid_out(_heading(report.run), style) + "\n"
    for block in _blocks(collect(report.entries, ENDPOINTS_SHOWN, _slim)):
        yield laid_out(block, style) + "\n"
    yield laid_out(_summary(report.summary()), style)


def _blocks(collected: Collected) -> Iterator[RenderableType]:
    yield from map(_host, collected.hosts)
    if collected.left_out:
        yield _left_out(collected)
    if collected.tallies:
        yield _findings(collected)
        yield _what_mends(collected.tallies)


def _slim(entry: Entry) -> Entry:
    """The transcript is not shown here, and may be long."""
    observation = replace(entry.assessed.observation, transcript=())
    return replace(entry, assessed=replace(entry.assessed, observation=observation))


def _heading(run: Run) -> RenderableType:
    told = visible(f"  run {run.id}, {moment(run.started)}")
    return Text.assemble((f"tightlip {visible(run.version)}", "bold"), told)


def _host(host: Host) -> RenderableType:
    addresses = {entry.assessed.observation.address for entry in host.entries} - {None, host.name}
    also = visible(", ".join(sorted(map(str, addresses))))
    title = Text.assemble((visible(host.name), "bold underline"), (f"  {also}", "dim"))
    return Group(title, *(Padding(_endpoints(each), (0, 0, 0, 2)) for each in alike(host.entries)))


def _endpoints(told: Alike) -> RenderableType:
    """Verdict and the endpoints it is of; below, once: why, what was given away, what to do."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=12)
    grid.add_column(overflow="fold", ratio=1)
    verdict = Text(told.same.verdict.upper(), _VERDICT_STYLES[told.same.verdict])
    grid.add_row(verdict, Text("\n".join(map(visible, told.names)), overflow="fold"))
    grid.add_row("", Text(visible(told.same.why)))
    if told.rows:
        grid.add_row("", labelled(told.rows))
    if told.same.next:
        grid.add_row("", Text(f"> {told.same.next}", "italic"))
    return grid


def _left_out(collected: Collected) -> RenderableType:
    counts = ", ".join(f"{collected.left_out[v]:,} {v}" for v in VERDICTS if collected.left_out[v])
    most = counted(ENDPOINTS_SHOWN, "endpoint")
    return Text(f"Only counted (at most {most} are shown one by one, silent ports never): {counts}.")


def _findings(collected: Collected) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True, header_style="dim")
    table.add_column("severity", no_wrap=True)
    table.add_column("finding", overflow="fold", ratio=1)
    table.add_column("state", no_wrap=True)
    table.add_column("id", no_wrap=True)
    found = [pair for host in collected.hosts for entry in host.entries for pair in entry.findings]
    for finding, state in sorted(found, key=_standing_severest_first):
        said = f"\n{visible(finding.summary)}\n"
        table.add_row(
            Text(finding.severity, _SEVERITY_STYLES[finding.severity]),
            Text.assemble((finding.rule, "bold"), said, (visible(finding.subject), "dim"), overflow="fold"),
            Text(state, _STATE_STYLES.get(state, "dim")),
            Text(finding.id, "dim"),
        )
    return Group(Text("Findings", "bold underline"), Padding(table, (0, 0, 0, 2)))


def _standing_severest_first(found: tuple[Finding, FindingState]) -> tuple[bool, int, str]:
    finding, state = found
    return state not in STANDING_STATES, SEVERITIES.index(finding.severity), finding.rule


def _what_mends(tallies: tuple[Tally, ...]) -> RenderableType:
    """Each rule's remedies once, however many endpoints it speaks of."""
    parts: list[RenderableType] = [Text("What mends them", "bold underline")]
    for tally in tallies:
        counts = ", ".join(f"{tally.states[state]:,} {state}" for state in STATE_MEANS if tally.states[state])
        parts.append(Padding(Text.assemble((tally.example.rule, "bold"), (f"  {counts}", "dim")), (0, 0, 0, 2)))
        if tally.standing:
            parts += [Padding(Text(f"- {visible(each.text)}"), (0, 0, 0, 4)) for each in tally.remediations]
    parts.append(Padding(Text("Severities are tightlip's own. More: tightlip explain RULE", "dim"), (0, 0, 0, 2)))
    return Group(*parts)


def _summary(summary: Summary) -> RenderableType:
    """Counts, the run, what was not asked; and the one line that says why, last."""
    verdicts = ", ".join(f"{summary.verdicts[v]:,} {v}" for v in VERDICTS if summary.verdicts.get(v))
    graded = ", ".join(f"{summary.findings[s]:,} {s}" for s in SEVERITIES if summary.findings.get(s))
    rows = [
        ("endpoints", f"{summary.endpoints:,} ({counted(summary.targets, 'target')}): {verdicts or 'none was asked'}"),
        ("findings", f"open: {graded}" if graded else _none(summary)),
        *run_rows(summary),
        *(("not asked", f"{target}: {why}") for target, why in not_asked_rows(summary)),
    ]
    if summary.faults:
        rows.append(("our faults", f"{summary.faults:,} (see the observations that ended with internal_error)"))
    closing = Text(f"{summary.why} (exit {int(summary.exit)})", "bold")
    return Group(Text("Summary", "bold underline"), Padding(labelled(rows), (0, 0, 0, 2)), closing)


def _none(summary: Summary) -> str:
    """That no finding stands open, and what it rests on: where nothing was heard, that is no result."""
    if doubts := summary.verdicts.get(Verdict.INCONCLUSIVE):
        return f"none; {doubts:,} in doubt"
    was_heard = summary.endpoints > summary.verdicts.get(Verdict.UNREACHABLE, 0)
    return "none open" if was_heard else "none; nothing was heard"


REPORT = ReportFormat(name="text", render=text)
