"""``tightlip runs``: the runs that the store holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from cyclopts import Parameter
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, style_for, write_all
from tightlip.cli._store import open_for
from tightlip.model.errors import Exit, UsageError
from tightlip.reports._escape import visible
from tightlip.reports._layout import laid_out
from tightlip.store.values import KeptRun

_ALL = 1 << 31
_TARGETS_READ = 100  # more than any line holds


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Listing:
    """Which runs."""

    limit: int = 20
    "How many, the youngest first; 0 for all."
    output: Output = None
    "Write to this file instead of to standard output."
    store: str | None = None
    "Where runs are kept. Default: TIGHTLIP_STORE, else the embedded file."


def runs(listing: Listing = Listing()) -> int:
    """List the runs in the store, the youngest first; a run's id begins with the UTC time at which it began."""
    if listing.limit < 0:
        raise UsageError(f"--limit cannot be {listing.limit}", "0 means no limit")
    with open_for(listing.store) as store:
        kept = store.runs(listing.limit or _ALL)
    with results(listing.output) as file:
        write_all([laid_out(_page(kept), style_for(file))], file)
    return Exit.OK


def _page(kept: Sequence[KeptRun]) -> RenderableType:
    if not kept:
        return Text("No runs yet. A first one: tightlip scan mail.example.org")
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True, header_style="dim")
    for name in ("run", "state", "endpoints", "open"):
        table.add_column(name, no_wrap=True)
    table.add_column("targets", no_wrap=True, overflow="ellipsis", ratio=1)
    for each in kept:
        table.add_row(*_row(each))
    return table


def _row(kept: KeptRun) -> tuple[str | Text, ...]:
    """Its id tells when it began."""
    targets = Text(visible(", ".join(kept.run.targets[:_TARGETS_READ])))
    if kept.summary is None:
        return kept.run.id, "cut off", f"{kept.observations:,}", "", targets
    state = "interrupted" if kept.summary.exit is Exit.INTERRUPTED else f"exit {kept.summary.exit:d}"
    found = sum(kept.summary.findings.values())
    return kept.run.id, state, f"{kept.summary.endpoints:,}", f"{found:,}", targets


COMMAND = Command(Stage.PRESENT, runs)
