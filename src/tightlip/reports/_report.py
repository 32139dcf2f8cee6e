"""What a report is made of, and what a report format describes; shared by every plug of this room."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from tightlip.model.finding import Finding, FindingState
from tightlip.model.host_view import Assessed
from tightlip.model.run import Run, Summary
from tightlip.talk.session import Transcripts


class Entry(Struct, frozen=True, gc=False):
    """One observation with its verdict and what the rules say of it."""

    assessed: Assessed
    findings: tuple[tuple[Finding, FindingState], ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A run on its way to its reader.

    ``entries`` may be read once and may still be growing (a scan in progress); ``summary`` may be called only
    after the last entry was taken.
    """

    run: Run
    entries: Iterable[Entry]
    summary: Callable[[], Summary]


class Colour(StrEnum):
    """What the reader's terminal can show."""

    NONE = "none"
    STANDARD = "standard"
    TRUE = "true"


class Style(Struct, frozen=True, gc=False):
    """How a report for a person is laid out; ``width`` in columns. The caller has heeded NO_COLOR."""

    width: int = 80
    colour: Colour = Colour.NONE


class ReportFormat(Struct, frozen=True, gc=False):
    """One format. ``render`` yields text in pieces, each as soon as it can be known.

    ``transcripts`` says whether it shows what was said.
    """

    name: str
    render: Callable[[Report, Style], Iterator[str]]
    transcripts: Transcripts = Transcripts.DROPPED
