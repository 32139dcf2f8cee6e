"""``tightlip listen``: what listens on this machine's mail ports, whose it is, and, on request, what it says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TextIO

import msgspec
from cyclopts import Parameter

from tightlip import registry
from tightlip.cli._command import Command, Stage
from tightlip.cli._listeners import page_of, record_of
from tightlip.cli._output import Output, results, style_for, write_all
from tightlip.cli._progress import StatusForm, watcher
from tightlip.cli._store import settled_url
from tightlip.model.errors import Exit, UsageError
from tightlip.network.messages import EngineSettings
from tightlip.reports._escape import safe_json
from tightlip.reports._layout import laid_out
from tightlip.reports._report import ReportFormat
from tightlip.workflows.beginning import Sources
from tightlip.workflows.intake import Complaint
from tightlip.workflows.interruption import interruptible
from tightlip.workflows.listening import Listening, listening
from tightlip.workflows.scanning import ScanOrder, scanning

_MOST_PORTS = 65_535


class ListenFormat(StrEnum):
    """For a person, as one document, or one record a line."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Look:
    """Where to look, and how deep."""

    port: Annotated[tuple[int, ...], Parameter(negative=(), show_default=False)] = ()
    "A further port to look at. Repeatable."
    probe: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Ask what listens, in every TLS state, as 'tightlip scan' does, and report the verdicts."


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What becomes of the results."""

    format: ListenFormat = ListenFormat.TEXT
    "text, json or jsonl."
    output: Output = None
    "Write here instead of to standard output."
    store: str | None = None
    "Where a probe is kept: a path, a URL, or none. Default: TIGHTLIP_STORE, else the embedded file."
    status: StatusForm = StatusForm.AUTO
    "A probe's progress on stderr: bar, json or none. auto: a bar on a terminal, elsewhere a json line a minute."


def listen(*, look: Look = Look(), outcome: Outcome = Outcome()) -> int:
    """List what listens on mail ports of this machine, and the processes that own it.

    Nothing is sent, unless --probe asks for the verdicts: then loopback stands for a socket on all addresses,
    and any other address of this machine is asked as it is. No login is tried.

    Exit codes: 0 listed; with --probe those of 'tightlip scan'; 4 where the system does not tell.
    """
    for port in look.port:
        if not 0 < port <= _MOST_PORTS:
            raise UsageError(f"{port} is not a port", "a port is a number from 1 to 65535")
    found = listening(look.port)
    if look.probe and found.listeners:
        return _probe(found, outcome)
    with results(outcome.output) as file:
        write_all(_alone(found, outcome.format, file), file)
    return Exit.OK


def _alone(found: Listening, form: ListenFormat, file: TextIO) -> Iterator[str]:
    match form:
        case ListenFormat.TEXT:
            yield laid_out(page_of(found), style_for(file))
        case ListenFormat.JSONL:
            yield from _lines(found)
        case ListenFormat.JSON:
            yield _document(found) + "}\n"


def _probe(found: Listening, outcome: Outcome) -> int:
    """The same scan as ever, of what was found; the listeners come before its report."""
    order = ScanOrder(Sources(found.targets), EngineSettings(allowed=()), 1, settled_url(outcome.store))
    chosen = registry.pick("reports", outcome.format, ReportFormat)
    with (
        interruptible() as interruption,
        watcher(outcome.status) as watch,
        scanning(order, watch, _never, interruption) as under_way,
        results(outcome.output) as file,
    ):
        rendered = chosen.render(under_way.report(), style_for(file))
        write_all(_together(found, rendered, outcome.format, file), file)
        return int(under_way.summary().exit)


def _together(found: Listening, report: Iterable[str], form: ListenFormat, file: TextIO) -> Iterator[str]:
    match form:
        case ListenFormat.TEXT:
            yield laid_out(page_of(found, found.targets), style_for(file)) + "\n"
            yield from report
        case ListenFormat.JSONL:
            yield from _lines(found)
            yield from report
        case ListenFormat.JSON:
            yield _document(found) + ',"report":'
            yield from report
            yield "}\n"


def _lines(found: Listening) -> Iterator[str]:
    for listener in found.listeners:
        yield safe_json(msgspec.json.encode(record_of(listener)).decode()) + "\n"


def _document(found: Listening) -> str:
    """One document, as yet without its last brace."""
    records = ",\n".join(line.rstrip("\n") for line in _lines(found))
    return f'{{"schema":1,"owners_hidden":{found.hidden},"listeners":[\n{records}\n]'


def _never(complaint: Complaint) -> None:
    raise AssertionError(f"a target of our own cannot be read: {complaint.message}")


COMMAND = Command(Stage.FIND, listen)
