"""``tightlip report``: render a run again from the store, in any format."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, style_for, write_all
from tightlip.cli._reporting import FormatName, redacted, report_format
from tightlip.cli._store import open_for
from tightlip.model.errors import Exit
from tightlip.workflows.retelling import retell


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Telling:
    """Which run, and how."""

    run: str = "last"
    "The run's id, the beginning of one, or last."
    format: FormatName | None = None
    "How the report is written. Without it, by the ending of --output, else text."
    output: Output = None
    "Write the report here instead of to standard output."
    redact: Annotated[bool, Parameter(negative=())] = False
    "Replace names and addresses by stable pseudonyms, for vendors and tickets."
    store: str | None = None
    "Where runs are kept. Default: TIGHTLIP_STORE, else the embedded file."


def report(telling: Telling = Telling()) -> int:
    """Render a run again from the store.

    Exits with 0, whatever the run found: its findings were told when it ran.
    """
    chosen = report_format(telling.format, telling.output)
    with open_for(telling.store) as store, results(telling.output) as file:
        told = retell(store, telling.run)
        write_all(chosen.render(redacted(told) if telling.redact else told, style_for(file)), file)
    return Exit.OK


COMMAND = Command(Stage.PRESENT, report)
