"""``tightlip explain``: a rule's manual page: what it flags, why that matters, what mends it."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tightlip import registry
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, style_for, write_all
from tightlip.model.errors import Exit, UsageError
from tightlip.reports._layout import laid_out
from tightlip.reports._report import Style
from tightlip.rules._rule import Rule

_INSET = (0, 0, 0, 2)
# The fixed parts of a rule's page; each opens a paragraph.
_PART = re.compile(r"(Flags|Why it matters|Mends it|References):\s+(.*)", re.DOTALL)


def explain(*rules: str, output: Output = None) -> int:
    """Print the page of a rule: what it flags, why it matters, what mends it.

    Parameters
    ----------
    rules
        Names of rules, as findings carry them; 'tightlip rules' lists them.
    output
        Write to this file instead of to standard output.
    """
    if not rules:
        raise UsageError("name a rule", "tightlip rules lists them")
    chosen = [registry.pick("rules", _known(name), Rule) for name in rules]
    with results(output) as file:
        write_all(_pages(chosen, style_for(file)), file)
    return Exit.OK


def _known(name: str) -> str:
    """The rule's file name, whichever way the rule was written."""
    wanted = name.strip().lower().replace("-", "_")
    names = registry.names("rules")
    if wanted in names:
        return wanted
    near = get_close_matches(wanted, names, 1, 0)[0].replace("_", "-")
    raise UsageError(f"there is no rule {name!r}; the nearest is {near}", "tightlip rules lists them")


def _pages(chosen: list[Rule], style: Style) -> Iterator[str]:
    for number, rule in enumerate(chosen):
        yield "\n" if number else ""
        yield laid_out(_page(rule), style)


def _page(rule: Rule) -> RenderableType:
    """The page as wide as the reader's terminal, whatever its source's lines are."""
    lines: list[RenderableType] = [
        Text.assemble((rule.name, "bold underline"), (f"  {rule.severity} (the severity is tightlip's own)", "dim"))
    ]
    for paragraph in rule.page.split("\n\n"):
        part = _PART.fullmatch(paragraph)
        if part is None:
            lines += [Text(), Text(_flowing(paragraph))]
        else:
            lines += [Text(), Text(part[1], "bold"), Padding(Text(_flowing(part[2])), _INSET)]
    return Group(*lines)


def _flowing(text: str) -> str:
    return " ".join(text.split())


COMMAND = Command(Stage.PROVE, explain)
