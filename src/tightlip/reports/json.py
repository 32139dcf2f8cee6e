"""One JSON document: the contract's records, each endpoint's findings beside its observation."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.json import encode

from tightlip.model.run import Run
from tightlip.reports._escape import safe_json
from tightlip.reports._records import (
    SCHEMA,
    FindingRecord,
    ObservationRecord,
    finding_records,
    observation_record,
    summary_record,
)
from tightlip.reports._report import Entry, Report, ReportFormat, Style


class EndpointRecord(Struct, frozen=True, gc=False):
    """What is known of one endpoint."""

    observation: ObservationRecord
    findings: tuple[FindingRecord, ...]


def json(report: Report, style: Style) -> Iterator[str]:
    """The document in pieces, one per endpoint as it becomes known; ``style`` plays no part."""
    del style
    yield f'{{"schema":{SCHEMA},"endpoints":['
    separator = "\n"
    for entry in report.entries:
        yield separator + safe_json(encode(_endpoint(entry, report.run)).decode())
        separator = ",\n"
    yield '\n],"summary":' + safe_json(encode(summary_record(report.summary())).decode()) + "}\n"


def _endpoint(entry: Entry, run: Run) -> EndpointRecord:
    heard = observation_record(entry, run)
    return EndpointRecord(heard, tuple(finding_records(entry, heard.endpoint)))


REPORT = ReportFormat(name="json", render=json)
