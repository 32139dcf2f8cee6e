"""``tightlip findings``: what stands open, was fixed, came back, or was accepted."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TextIO

import msgspec
from cyclopts import Parameter
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tightlip.cli._command import Command, Stage
from tightlip.cli._hosts import host_of, refuse_unknown
from tightlip.cli._output import Output, results, style_for, write_all
from tightlip.cli._store import open_for
from tightlip.model.errors import Exit
from tightlip.model.finding import FindingState
from tightlip.reports._escape import safe_json, visible
from tightlip.reports._layout import laid_out
from tightlip.reports._records import finding_record
from tightlip.reports._words import SEVERITIES
from tightlip.store.values import KeptFinding

_SEVERITY_WIDTH = len("severity")
_STATE_WIDTH = max(map(len, FindingState))
_DATE_WIDTH = len("2026-01-01")
_ID_WIDTH = 16
# Under the finding's name, and at the same distance from it as its column from the first.
_BELOW = (0, 0, 0, _SEVERITY_WIDTH + 1)


class ListFormat(StrEnum):
    """How a list is shown."""

    TEXT = "text"
    JSONL = "jsonl"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which findings."""

    state: Annotated[tuple[FindingState, ...], Parameter(negative=())] = (FindingState.OPEN, FindingState.REGRESSED)
    "open, regressed, fixed or accepted. Repeatable; without it what stands open."
    host: str | None = None
    "Only of this host, or of an endpoint's host."
    format: ListFormat = ListFormat.TEXT
    "text, or jsonl: one record a line."
    output: Output = None
    "Write to this file instead of to standard output."
    store: str | None = None
    "Where findings are kept. Default: TIGHTLIP_STORE, else the embedded file."


def findings(selection: Selection = Selection()) -> int:
    """List findings with their state over all runs: for a person most severe first, for machines as they are kept.

    Exit codes: 0 listed, whether or not there are findings (tightlip report likewise; use scan or verify in a
    pipeline), 2 wrong usage, or a host that the store does not know, 6 the store cannot be used.
    """
    with open_for(selection.store) as store:
        host = host_of(selection.host) if selection.host is not None else None
        if host is not None:
            refuse_unknown(store, host)
        with results(selection.output) as file:
            _list(store.findings(frozenset(selection.state), host), selection, file)
    return Exit.OK


def _list(kept: Iterable[KeptFinding], selection: Selection, file: TextIO) -> None:
    match selection.format:
        case ListFormat.TEXT:
            write_all([laid_out(_page(kept, selection), style_for(file))], file)
        case ListFormat.JSONL:
            write_all(map(_line, kept), file)


def _page(kept: Iterable[KeptFinding], selection: Selection) -> RenderableType:
    blocks = [_block(each) for each in sorted(kept, key=_severest_first)]
    if not blocks:
        return Text(f"No findings that are {' or '.join(selection.state)}.")
    return Group(_row(*(Text(name, "dim") for name in ("severity", "finding", "state", "last seen", "id"))), *blocks)


def _block(kept: KeptFinding) -> RenderableType:
    """The rule, and below it, where the whole line is theirs, of what it speaks and on whose word it may stand."""
    seen = f"{kept.last_seen:%Y-%m-%d}"
    row = _row(kept.finding.severity, Text(kept.finding.rule, "bold"), kept.state, seen, kept.finding.id)
    told = [kept.finding.subject, *_word(kept)]
    return Group(row, *(Padding(Text(visible(line), overflow="fold"), _BELOW) for line in told))


def _row(severity: RenderableType, *others: RenderableType) -> Table:
    # One blank between columns: the longest name of a rule fits into 80 columns.
    row = Table.grid(padding=(0, 1, 0, 0), expand=True)
    row.add_column(width=_SEVERITY_WIDTH, no_wrap=True)
    row.add_column(ratio=1, overflow="fold")
    for width in (_STATE_WIDTH, _DATE_WIDTH, _ID_WIDTH):
        row.add_column(width=width, no_wrap=True)
    row.add_row(severity, *others)
    return row


def _severest_first(kept: KeptFinding) -> tuple[int, str, str]:
    return SEVERITIES.index(kept.finding.severity), kept.finding.rule, kept.finding.subject


def _word(kept: KeptFinding) -> list[str]:
    if kept.acceptance is None or kept.state is not FindingState.ACCEPTED:
        return []
    word = kept.acceptance
    return [f"accepted until {word.until:%Y-%m-%d}" + (f" by {word.by}" if word.by else ""), f"because: {word.reason}"]


def _line(kept: KeptFinding) -> str:
    """The contract's record of a finding, and beside it how long it has been known."""
    record = finding_record(kept.finding, kept.state, kept.finding.subject)
    life = {
        "first_seen": kept.first_seen,
        "last_seen": kept.last_seen,
        "fixed_at": kept.fixed_at,
        "run": kept.run,
        "acceptance": kept.acceptance,
    }
    return safe_json(msgspec.json.encode(msgspec.to_builtins(record) | life).decode()) + "\n"


COMMAND = Command(Stage.PROVE, findings)
