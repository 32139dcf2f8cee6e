"""Large runs: reports that sort and group stay small, whatever a scan brings in."""

import tracemalloc
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tests.unit.reports.examples import report_of
from tests.unit.reports.hosts import ALL
from tests.unit.reports.rendering import FORMATS, PLAIN
from tightlip.model.endpoint import Endpoint
from tightlip.model.observation import Line
from tightlip.reports._report import Entry

ENTRIES = 20_000
MEBIBYTE = 1 << 20


def crowd() -> Iterator[Entry]:
    """A scan of many hosts, each heard anew: nothing is shared that a real scan would not share."""
    for number in range(ENTRIES):
        pattern = ALL[number % len(ALL)]
        observation = pattern.assessed.observation
        was = observation.endpoint
        host = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        said = tuple(Line(line.speaker, bytes(bytearray(line.data))) for line in observation.transcript)
        heard = replace(observation, endpoint=Endpoint(host, was.port, was.protocol, was.security), transcript=said)
        yield replace(pattern, assessed=replace(pattern.assessed, observation=heard))


# Text gathers as HTML does, and shows less of it; laying it out under tracemalloc takes long.
@pytest.mark.drawn(2)
@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"text"}))
def test_a_large_run_needs_little_memory(name: str) -> None:
    """20,000 endpoints of five kinds, read while they come: a few MiB of working memory in every format."""
    list(FORMATS[name].render(report_of(ALL), PLAIN))
    tracemalloc.start()
    size = sum(len(piece) for piece in FORMATS[name].render(report_of(crowd()), PLAIN))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 100_000
    assert peak < 32 * MEBIBYTE


@pytest.mark.parametrize(("name", "largest"), [("html", 8 * MEBIBYTE), ("text", MEBIBYTE)])
def test_a_report_for_a_person_stays_one_that_can_be_opened(name: str, largest: int) -> None:
    """A page that a browser, a text that a pager takes, with the same 20,000 endpoints."""
    assert sum(len(piece) for piece in FORMATS[name].render(report_of(crowd()), PLAIN)) < largest
