"""Laying text out for a person: rich at a given width, nothing read from the environment, no trailing blanks."""

from io import StringIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from tightlip.reports._escape import visible
from tightlip.reports._report import Colour, Style

_NARROWEST = 40
_COLOUR_SYSTEMS = {Colour.NONE: None, Colour.STANDARD: "standard", Colour.TRUE: "truecolor"}


def laid_out(content: RenderableType, style: Style) -> str:
    """``content`` as text that fits the reader's terminal."""
    console = Console(
        file=StringIO(),
        width=max(style.width, _NARROWEST),
        force_terminal=style.colour is not Colour.NONE,
        color_system=_COLOUR_SYSTEMS[style.colour],  # type: ignore[arg-type]  # rich wants a literal
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        _environ={},
    )
    with console.capture() as capture:
        console.print(content)
    return "\n".join(line.rstrip(" ") for line in capture.get().split("\n"))


def labelled(rows: list[tuple[str, str]]) -> Table:
    """Labels and what belongs to them; the values may be a peer's and are made visible."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold", ratio=1)
    for label, value in rows:
        grid.add_row(label, Text(visible(value), overflow="fold"))
    return grid
