"""``tightlip doctor``: whether this installation can work, and what to mend where it cannot."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, style_for, write_all
from tightlip.cli._store import store_url
from tightlip.model.errors import Exit
from tightlip.reports._escape import safe_json, visible
from tightlip.reports._layout import laid_out
from tightlip.workflows.checkup import Check, State, checkup

_STYLES = {State.OK: "green", State.NOTE: "yellow", State.BAD: "bold red"}


class DoctorFormat(StrEnum):
    """For a person, or for machines."""

    TEXT = "text"
    JSON = "json"


def doctor(
    *,
    form: Annotated[DoctorFormat, Parameter(name="--format")] = DoctorFormat.TEXT,
    output: Output = None,
    store: str | None = None,
) -> int:
    """Check what tightlip stands on: Python, libraries, TLS, descriptors, scope and store. No server is asked.

    Exit codes: 0 it can work (notes do not count), 6 something must be mended first.

    Parameters
    ----------
    form
        For a person, or one JSON document.
    output
        Write to this file instead of to standard output.
    store
        The store to look at. Default: TIGHTLIP_STORE, else the embedded file.
    """
    checks = list(checkup(store_url(store)))
    code = Exit.REFUSED if any(check.state is State.BAD for check in checks) else Exit.OK
    with results(output) as file:
        told = _json(checks, code) if form is DoctorFormat.JSON else laid_out(_page(checks), style_for(file))
        write_all([told], file)
    return code


def _json(checks: Sequence[Check], code: Exit) -> str:
    document = {"schema": 1, "checks": checks, "exit": int(code)}
    return safe_json(msgspec.json.encode(document).decode()) + "\n"


def _page(checks: Sequence[Check]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    for check in checks:
        said = Text(visible(check.said), overflow="fold")
        if check.hint:
            said.append(f"\n> {visible(check.hint)}", "italic")
        grid.add_row(Text(check.state, _STYLES[check.state]), check.topic, said)
    bad = sum(check.state is State.BAD for check in checks)
    closing = f"{bad} of these must be mended first" if bad else "tightlip can work here"
    return Group(grid, Text(), Text(f"{closing} (exit {Exit.REFUSED if bad else Exit.OK:d})", "bold"))


COMMAND = Command(Stage.KEEP, doctor)
