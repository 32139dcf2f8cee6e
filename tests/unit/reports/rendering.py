"""Renders reports for the tests, by format name as users ask for them."""

import json
from collections.abc import Iterable
from typing import Any

from tests.unit.reports.examples import report_of
from tightlip.registry import gather
from tightlip.reports._report import Entry, Report, ReportFormat, Style

FORMATS = gather("reports", ReportFormat)
PLAIN = Style()


def rendered(name: str, report: Report, style: Style = PLAIN) -> str:
    """The whole report as text."""
    return "".join(FORMATS[name].render(report, style))


def records(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """What JSON Lines say of these entries, decoded; the summary last."""
    return [json.loads(line) for line in rendered("jsonl", report_of(entries)).splitlines()]
