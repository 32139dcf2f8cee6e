"""JSON Lines: the contract's records, one a line, each written as it becomes known."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.json import Encoder

from tightlip.reports._escape import safe_json
from tightlip.reports._records import finding_records, observation_record, summary_record
from tightlip.reports._report import Report, ReportFormat, Style

_encode_lines = Encoder().encode_lines


def jsonl(report: Report, style: Style) -> Iterator[str]:
    """One piece per entry (its observation and its findings), and the summary at last; ``style`` plays no part."""
    del style
    for entry in report.entries:
        heard = observation_record(entry, report.run)
        records: list[Struct] = [heard, *finding_records(entry, heard.endpoint)]
        yield safe_json(_encode_lines(records).decode())
    yield safe_json(_encode_lines([summary_record(report.summary())]).decode())


REPORT = ReportFormat(name="jsonl", render=jsonl)
