"""Choosing a report format, and redaction."""

from enum import StrEnum
from pathlib import PurePath

from tightlip import registry
from tightlip.config.folders import folders
from tightlip.config.private import secret_key
from tightlip.reports._redact import redact
from tightlip.reports._report import Report, ReportFormat


class FormatName(StrEnum):
    """The report formats by name."""

    TEXT = "text"
    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


def report_format(name: FormatName | None, output: str | None) -> ReportFormat:
    """The format asked for, else the one that the output file's ending means, else text."""
    if name is None and output:
        ending = PurePath(output).suffix.removeprefix(".")
        name = FormatName(ending) if ending in list(FormatName) else None
    return registry.pick("reports", name or FormatName.TEXT, ReportFormat)


def redacted(report: Report) -> Report:
    """The same report under pseudonyms that stay the same on this machine."""
    return redact(report, secret_key(folders().config / "pseudonyms.key"))
