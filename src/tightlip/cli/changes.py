"""``tightlip changes``: the changes made here, and how each came out."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cyclopts import Parameter
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tightlip.cli._changes import span, told_damaged
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, say, style_for, write_all
from tightlip.model.counting import counted
from tightlip.model.errors import Exit
from tightlip.reports._escape import visible
from tightlip.reports._layout import laid_out
from tightlip.workflows.change.history import Told, damaged, prune, rolled_back, stories
from tightlip.workflows.change.live import changes_shelf


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Listing:
    """What is done besides listing, and where the list goes."""

    prune: str | None = None
    "Remove changes that ended longer ago than this, with their backups: 90d. What is under way stays."
    output: Output = None
    "Write to this file instead of to standard output."


def changes(listing: Listing = Listing()) -> int:
    """List the changes, the youngest first, and below those that are damaged."""
    shelf = changes_shelf()
    if listing.prune is not None:
        gone = prune(shelf, datetime.now(UTC) - span(listing.prune, "--prune", "90d"))
        say(f"{counted(len(gone), 'change')} removed")
    told, unread = stories(shelf)[::-1], damaged(shelf)
    with results(listing.output) as file:
        listed = [laid_out(_page(told, rolled_back(shelf)), style_for(file))] if told or not unread else []
        write_all([*listed, *(f"\n{told_damaged(each)}" for each in unread)], file)
    return Exit.OK


def _page(told: tuple[Told, ...], gone: dict[str, str]) -> RenderableType:
    if not told:
        return Text("No changes yet. A change begins with: tightlip plan")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    # An id begins with the time. Neither it nor the one that a rollback names is parted, so that it can be copied.
    table.add_column("change (UTC)", no_wrap=True)
    table.add_column("state")
    table.add_column("by", overflow="ellipsis", no_wrap=True)
    table.add_column("goal", min_width=len("20261129-003905-046c"))
    for folder, story in told:
        state = "rolled back" if folder.id in gone else str(story.state).replace("_", " ")
        state += ", not proved" if story.unproved else ""
        opening = story.opening
        cells = (folder.id, state, opening.author.login, opening.goal)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    return table


COMMAND = Command(Stage.MEND, changes)
