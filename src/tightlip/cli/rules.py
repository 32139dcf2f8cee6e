"""``tightlip rules``: every rule with its severity and what it flags in one sentence."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tightlip import registry
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, style_for, write_all
from tightlip.model.errors import Exit
from tightlip.model.finding import Severity
from tightlip.reports._layout import laid_out
from tightlip.rules._rule import Rule

_CLOSING = "Severities are tightlip's own: no published score exists. One rule's page: tightlip explain RULE"


def rules(*, output: Output = None) -> int:
    """List the rules: name, severity, and what each flags.

    Parameters
    ----------
    output
        Write to this file instead of to standard output.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True, header_style="dim")
    table.add_column("rule", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("flags", ratio=1)
    for rule in sorted(registry.gather("rules", Rule).values(), key=_severest_first):
        table.add_row(Text(rule.name, "bold"), rule.severity, Text(rule.title))
    with results(output) as file:
        write_all([laid_out(Group(table, Text(), Text(_CLOSING, "dim")), style_for(file))], file)
    return Exit.OK


def _severest_first(rule: Rule) -> tuple[int, str]:
    return -list(Severity).index(rule.severity), rule.name


COMMAND = Command(Stage.PROVE, rules)
