"""JSON: one document with the same records as JSON Lines."""

import json
from collections.abc import Iterator

from tests.unit.reports.examples import clean, report_of
from tests.unit.reports.hostile import HOSTILE
from tests.unit.reports.hosts import ALL
from tests.unit.reports.rendering import FORMATS, PLAIN, records, rendered
from tightlip.reports._report import Entry


def test_the_document_holds_the_records_of_json_lines() -> None:
    """Observations with their findings beside them, then the summary: the very same records."""
    entries = [*ALL, HOSTILE]
    document = json.loads(rendered("json", report_of(entries)))
    flat = [record for endpoint in document["endpoints"] for record in (endpoint["observation"], *endpoint["findings"])]
    assert [*flat, document["summary"]] == records(entries)


def test_no_endpoint_is_a_document_too() -> None:
    """A run that met nobody renders an empty list."""
    assert json.loads(rendered("json", report_of([])))["endpoints"] == []


def test_endpoints_are_written_as_they_come() -> None:
    """Nothing is held back: the first endpoint leaves before the second is awaited."""

    def scan() -> Iterator[Entry]:
        yield clean(0, "first.example.org")
        raise AssertionError("the second was awaited first")

    pieces = FORMATS["json"].render(report_of(scan()), PLAIN)
    assert "first.example.org" in next(pieces) + next(pieces)


def test_the_text_holds_no_control_character() -> None:
    """What a terminal shows of the file cannot steer it."""
    text = rendered("json", report_of([HOSTILE]))
    assert {char for char in text if not char.isprintable()} == {"\n"}
