"""``tightlip show``: one change: what it did, its journal, and the evidence before and after."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tightlip.cli._command import Command, Stage
from tightlip.cli._evidence import evidence_of
from tightlip.cli._output import Output, results, style_for, write_all
from tightlip.config.changes import ChangeFolder
from tightlip.model.errors import Exit
from tightlip.remediate._instructions import planned_files
from tightlip.remediate.journal import Story
from tightlip.remediate.plan import Plan
from tightlip.reports._escape import visible
from tightlip.reports._layout import labelled, laid_out
from tightlip.workflows.change.driving import plan_of, story_of
from tightlip.workflows.change.live import changes_shelf


def show(change: str, /, *, output: Output = None) -> int:
    """Show one change: files, commands, the journal, and what each endpoint said before and after.

    CHANGE is its id, or a beginning that no other shares.

    Parameters
    ----------
    output
        Write to this file instead of to standard output.
    """
    folder = changes_shelf().find(change)
    story, plan = story_of(folder), plan_of(folder)
    with results(output) as file:
        write_all([laid_out(Group(*_parts(folder, story, plan)), style_for(file))], file)
    return Exit.OK


def _parts(folder: ChangeFolder, story: Story, plan: Plan) -> Iterator[RenderableType]:
    opening = story.opening
    rows = [
        ("change", f"{folder.id}, {str(story.state).replace('_', ' ')}"),
        ("goal", opening.goal),
        ("by", f"{opening.author.login} (uid {opening.author.uid})"),
        ("host", opening.host),
        ("plan", opening.plan),
        ("folder", str(folder.path)),
    ]
    if opening.due:
        rows.append(("confirm until", f"{opening.due:%Y-%m-%d %H:%M:%S} UTC"))
    yield labelled(rows)
    yield from _section("Files", _files(plan))
    yield from _section("Journal", _journal(story))
    yield from _section("Evidence", evidence_of(folder))


def _section(title: str, body: RenderableType) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", "bold underline")
    yield Padding(body, (0, 0, 0, 2))


def _files(plan: Plan) -> RenderableType:
    lines = [visible(f"backup/{number}  {file.path}") for number, file in enumerate(planned_files(plan))]
    return Text("\n".join(lines) if lines else "none")


def _journal(story: Story) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for record in story.records:
        doubt = f"not proved: {record.unproved}" if record.unproved else None
        words = "; ".join(filter(None, (record.detail, f"by {record.by}" if record.by else None, doubt)))
        table.add_row(f"{record.at:%Y-%m-%d %H:%M:%S}", record.words, Text(visible(words)))
    return table


COMMAND = Command(Stage.MEND, show)
