"""``tightlip findings``: what stands open, was fixed, came back, or was accepted."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.markup import escape
from rich.table import Table

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import console_for
from tightlip.cli._store import open_for
from tightlip.model.finding import FindingState
from tightlip.reports._escape import safe_json, visible
from tightlip.store.values import KeptFinding


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
    "Only of this host."
    format: ListFormat = ListFormat.TEXT
    "text, or jsonl: one record a line."
    store: str | None = None
    "Where findings are kept. Default: TIGHTLIP_STORE, else the embedded file."


def findings(selection: Selection = Selection()) -> int:
    """List findings with their state over all runs."""
    console = console_for()
    with open_for(selection.store) as store:
        kept = store.findings(frozenset(selection.state), selection.host)
        if selection.format is ListFormat.JSONL:
            for each in kept:
                print(safe_json(msgspec.json.encode(_record(each)).decode()))
            return 0
        table = Table("severity", "finding", "state", "last seen", "id", box=None, pad_edge=False)
        for each in kept:
            what = f"{each.finding.rule}\n  {escape(visible(each.finding.subject))}"
            table.add_row(each.finding.severity, what, _state(each), f"{each.last_seen:%Y-%m-%d}", each.finding.id)
    if table.row_count:
        console.print(table)
    else:
        console.print(f"No findings that are {' or '.join(selection.state)}.")
    return 0


def _state(kept: KeptFinding) -> str:
    if kept.acceptance is not None and kept.state is FindingState.ACCEPTED:
        return f"accepted until {kept.acceptance.until:%Y-%m-%d}"
    return kept.state


def _record(kept: KeptFinding) -> dict[str, object]:
    """The life of one finding, as JSON."""
    record: dict[str, object] = {"record": "kept_finding", "schema": 1, "id": kept.finding.id}
    return record | msgspec.structs.asdict(kept)


COMMAND = Command(Stage.PROVE, findings)
