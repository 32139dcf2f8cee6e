"""``tightlip runs``: the runs that the store holds."""

from dataclasses import dataclass

from cyclopts import Parameter
from rich.table import Table

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import console_for
from tightlip.cli._store import open_for
from tightlip.store.values import KeptRun


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Listing:
    """Which runs."""

    limit: int = 20
    "How many, the youngest first."
    store: str | None = None
    "Where runs are kept. Default: TIGHTLIP_STORE, else the embedded file."


def runs(listing: Listing = Listing()) -> int:
    """List the runs in the store, the youngest first."""
    console = console_for()
    with open_for(listing.store) as store:
        kept = store.runs(listing.limit)
    if not kept:
        console.print("No runs yet. A first one: tightlip scan mail.example.org")
        return 0
    table = Table("run", "began (UTC)", "state", "endpoints", "open findings", box=None, pad_edge=False)
    for each in kept:
        table.add_row(*_row(each))
    console.print(table)
    return 0


def _row(kept: KeptRun) -> tuple[str, ...]:
    began = f"{kept.run.started:%Y-%m-%d %H:%M}"
    if kept.summary is None:
        return kept.run.id, began, "cut off", f"{kept.observations:,}", ""
    state = "interrupted" if kept.summary.exit == 130 else f"exit {kept.summary.exit}"
    return kept.run.id, began, state, f"{kept.summary.endpoints:,}", f"{sum(kept.summary.findings.values()):,}"


COMMAND = Command(Stage.PRESENT, runs)
