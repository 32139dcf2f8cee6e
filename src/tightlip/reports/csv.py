"""CSV for spreadsheets: one row an endpoint, then the run and what it did not ask; no cell can start a formula."""

import csv
from collections.abc import Iterator
from datetime import datetime
from io import StringIO

from tightlip.model.run import Run, Summary
from tightlip.reports._escape import visible
from tightlip.reports._heard import heard
from tightlip.reports._report import Entry, Report, ReportFormat, Style
from tightlip.reports._rows import not_asked_rows, oddity_row, run_rows
from tightlip.reports._words import severest

COLUMNS = (
    "record run version source_address observation endpoint host address port protocol security time ending verdict "
    "reason detail severity findings advertised accepted via mechanisms implementation target_name "
    "netbios_computer_name netbios_domain_name dns_computer_name dns_domain_name dns_tree_name product_version product "
    "system_time tls_version tls_cipher certificate_names certificate_issuer certificate_not_after "
    "certificate_self_signed certificate_name_matches banner oddities service_name"
).split()

_SAYS = "detail"
# What spreadsheets take for the start of a formula; the full-width forms too, which some locales accept.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cells = dict[str, object]


def csv_(report: Report, style: Style) -> Iterator[str]:
    """A header, a row per entry as it arrives, then a row per fact of the run; ``style`` plays no part."""
    del style
    pen = _Pen()
    yield pen.line(dict(zip(COLUMNS, COLUMNS, strict=True)))
    for entry in report.entries:
        yield pen.line(_endpoint(entry, report.run))
    for cells in _about_run(report.summary()):
        yield pen.line(cells)


class _Pen:
    """Writes one row at a time (RFC 4180)."""

    def __init__(self) -> None:
        self._sheet = StringIO()
        self._writer = csv.DictWriter(self._sheet, COLUMNS, restval="")

    def line(self, cells: Cells) -> str:
        """``cells`` as one line of text; columns without a value stay empty."""
        self._writer.writerow({column: _safe(value) for column, value in cells.items()})
        text = self._sheet.getvalue()
        self._sheet.seek(0)
        self._sheet.truncate()
        return text


def _safe(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            text = str(value)
            guarded = text.lstrip(" ").startswith(_FORMULA)
            return f"'{visible(text)}" if guarded else visible(text)


def _endpoint(entry: Entry, run: Run) -> Cells:
    """One observation, its verdict, its findings and what it gave away."""
    observation = entry.assessed.observation
    assessment = entry.assessed.assessment
    endpoint = observation.endpoint
    return {
        "record": "endpoint",
        "run": run.id,
        "version": run.version,
        "source_address": observation.source_address,
        "observation": entry.assessed.id,
        "endpoint": endpoint,
        "host": endpoint.host,
        "address": observation.address,
        "port": endpoint.port,
        "protocol": endpoint.protocol,
        "security": endpoint.security,
        "time": observation.time,
        "ending": observation.ending,
        "verdict": assessment.verdict,
        "reason": assessment.reason,
        "detail": assessment.detail,
        "severity": severest(entry.findings),
        "findings": " ".join(f"{finding.rule}={state}" for finding, state in entry.findings),
        **_given(entry),
    }


def _given(entry: Entry) -> Cells:
    told = heard(entry.assessed.observation.facts)
    fields = {name: getattr(told.disclosure, name) for name in told.disclosure.__struct_fields__}
    cells: Cells = {
        "advertised": told.advertised,
        "accepted": bool(told.via),
        "via": " ".join(told.via),
        "mechanisms": " ".join(told.mechanisms),
        "implementation": told.implementation,
        "banner": told.banner,
        "oddities": "; ".join(oddity_row(oddity)[1] for oddity in told.oddities),
        **fields,
    }
    if tls := told.tls:
        cells |= {
            "tls_version": tls.version,
            "tls_cipher": tls.cipher,
            "certificate_names": " ".join(tls.subject_names),
            "certificate_issuer": tls.issuer,
            "certificate_not_after": tls.not_after,
            "certificate_self_signed": tls.self_signed,
            "certificate_name_matches": tls.name_matches,
        }
    return cells


def _about_run(summary: Summary) -> Iterator[Cells]:
    run: Cells = {"run": summary.run.id, "version": summary.run.version}
    for target, why in not_asked_rows(summary):
        yield run | {"record": "not_asked", "endpoint": target, _SAYS: why}
    for label, value in run_rows(summary):
        yield run | {"record": "run", _SAYS: f"{label}: {value}"}
    yield run | {"record": "summary", _SAYS: f"{summary.why} (exit {int(summary.exit)})"}


REPORT = ReportFormat(name="csv", render=csv_)
