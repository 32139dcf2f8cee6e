"""Choosing a report format, and redaction."""

from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from tightlip import registry
from tightlip.config.folders import folders
from tightlip.config.private import secret_key
from tightlip.reports._redact import redact
from tightlip.reports._report import Report, ReportFormat

# The format for a person, and where no other is asked for.
TEXT = "text"

# The formats there are, by name: the folder says which, and the command line offers them.
if TYPE_CHECKING:
    FormatName = str
else:
    FormatName = Literal[registry.names("reports")]


def report_format(name: FormatName | None, output: str | None) -> ReportFormat:
    """The format asked for, else the one that the output file's ending means, else text."""
    if name is None and output:
        ending = PurePath(output).suffix.removeprefix(".")
        name = ending if ending in registry.names("reports") else None
    return registry.pick("reports", name or TEXT, ReportFormat)


def redacted(report: Report) -> Report:
    """The same report under pseudonyms that stay the same on this machine."""
    return redact(report, secret_key(folders().config / "pseudonyms.key"))
