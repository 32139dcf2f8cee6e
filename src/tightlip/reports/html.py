"""One self-contained HTML page: nothing is loaded, no script is needed, and everything a peer said is escaped."""

from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256

from jinja2 import Environment, StrictUndefined, Template

from tightlip.model.counting import counted
from tightlip.model.run import Summary
from tightlip.model.verdict import Verdict
from tightlip.reports._cards import EVIDENCE_SHOWN, Cards, slim
from tightlip.reports._collect import Collected, Tally, collect
from tightlip.reports._escape import visible
from tightlip.reports._page import PAGE
from tightlip.reports._report import Report, ReportFormat, Style
from tightlip.reports._rows import moment, not_asked_rows, run_rows
from tightlip.reports._style import style_sheet
from tightlip.reports._words import SEVERITIES, STATE_MEANS, VERDICT_MEANS, VERDICTS
from tightlip.talk.session import Transcripts

ENDPOINTS_SHOWN = 2000

_PIECES = 256


def html(report: Report, style: Style) -> Iterator[str]:
    """The page, once the last entry is in; ``style`` plays no part, the browser lays it out."""
    del style
    collected = collect(report.entries, ENDPOINTS_SHOWN, slim)
    summary = report.summary()
    sheet, sheet_hash, page = _prepared()
    stream = page.stream(
        style=sheet,
        style_hash=sheet_hash,
        **_about_run(summary),
        **_about_findings(collected),
        hosts=Cards(collected.hosts).each,
    )
    stream.enable_buffering(_PIECES)
    yield from stream


@cache
def _prepared() -> tuple[str, str, Template]:
    """The style sheet, its hash as a content security policy names it, and the compiled page."""
    sheet = style_sheet()
    digest = b64encode(sha256(sheet.encode()).digest()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_shown)
    return sheet, f"sha256-{digest}", environment.from_string(PAGE)


def _shown(value: object) -> object:
    """Controls and bidi marks written out; only what the page itself wrote (``__html__``) is left alone."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _about_run(summary: Summary) -> dict[str, object]:
    run = summary.run
    counts = [(verdict, summary.verdicts.get(verdict, 0)) for verdict in VERDICTS]
    faults = [("our faults", f"{summary.faults:,}")] if summary.faults else []
    return {
        "version": run.version,
        "headline": _headline(summary),
        "lede": f"{_counts(summary)}, asked {moment(run.started)}. {summary.why}.",
        "total": sum(summary.verdicts.values()),
        "verdicts": counts,
        "severities": SEVERITIES,
        "bar": _bar(counts),
        "bar_label": ", ".join(f"{count} {verdict}" for verdict, count in counts if count),
        "run": run_rows(summary) + faults,
        "not_asked": not_asked_rows(summary),
        "meanings": [(verdict, VERDICT_MEANS[verdict]) for verdict in VERDICTS],
        "closing": f"{summary.why} (exit {int(summary.exit)}). tightlip {run.version}, run {run.id}.",
    }


def _headline(summary: Summary) -> str:
    """The one sentence a reader in a hurry takes away."""
    answered = summary.endpoints - summary.verdicts.get(Verdict.UNREACHABLE, 0)
    total = counted(answered, "endpoint") + (" that answered" if answered < summary.endpoints else "")
    of = {verdict: summary.verdicts.get(verdict, 0) for verdict in VERDICTS}
    if told := of[Verdict.DISCLOSES]:
        does = "tells" if told == 1 else "tell"
        return f"{told:,} of {total} {does} anybody who the host is"
    if accepted := of[Verdict.OFFERS]:
        does = "accepts" if accepted == 1 else "accept"
        return f"No endpoint names its host, yet {accepted:,} of {total} still {does} NTLM"
    if doubts := of[Verdict.INCONCLUSIVE]:
        return f"Nothing was disclosed, but {doubts:,} of {total} could not be judged"
    if of[Verdict.CLEAN]:
        return "Every endpoint that answered refuses NTLM"
    if of[Verdict.ABSENT]:
        return "Where a server answered, the state that was asked for does not exist"
    return "No endpoint answered" if summary.endpoints else "Nothing was asked"


def _counts(summary: Summary) -> str:
    return f"{counted(summary.endpoints, 'endpoint')} ({counted(summary.targets, 'target')})"


def _bar(counts: list[tuple[Verdict, int]]) -> list[dict[str, object]]:
    """The verdicts as parts of a bar 1000 wide."""
    total = sum(count for _, count in counts) or 1
    parts: list[dict[str, object]] = []
    x = 0.0
    for verdict, count in counts:
        width = 1000 * count / total
        if count:
            parts.append({"verdict": verdict, "x": f"{x:.2f}", "width": f"{max(width - 3, 1):.2f}"})
        x += width
    return parts


def _about_findings(collected: Collected) -> dict[str, object]:
    left_out = ", ".join(f"{collected.left_out[v]:,} {v}" for v in VERDICTS if collected.left_out[v])
    shown = sum(len(host.entries) for host in collected.hosts)
    said = (
        f"This page shows {shown:,} endpoints one by one, the evidence of at most {EVIDENCE_SHOWN:,}. "
        f"Only counted: {left_out}. Ports that nobody named and nothing answers at are never listed."
    )
    return {
        "todo": [_todo(tally) for tally in collected.tallies],
        "left_out": said if left_out else None,
    }


def _todo(tally: Tally) -> dict[str, object]:
    """One rule: how often, where, and what mends it."""
    more = tally.standing - len(tally.endpoints)
    named = ", ".join(map(str, tally.endpoints)) + (f" and {more:,} more" if more > 0 else "")
    return {
        "rule": tally.example.rule,
        "severity": tally.example.severity,
        "standing": tally.standing,
        "counts": ", ".join(f"{tally.states[s]:,} {s}" for s in STATE_MEANS if tally.states[s]),
        "endpoints": named,
        "remediations": tally.remediations,
        "references": tally.example.references,
    }


REPORT = ReportFormat(name="html", render=html, transcripts=Transcripts.KEPT)
