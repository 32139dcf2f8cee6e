"""Say which networks may be scanned, who authorised it and until when.

Nothing outside these entries is ever dialled; loopback and this machine's own addresses are always in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cyclopts import Parameter
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, say, style_for, write_all
from tightlip.config import scope_file
from tightlip.config.entries import authority
from tightlip.config.folders import folders
from tightlip.config.settings import end_of, read_settings
from tightlip.model.errors import Exit, UsageError
from tightlip.model.run import Authority
from tightlip.reports._escape import visible
from tightlip.reports._layout import laid_out


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Word:
    """On whose word, and for how long."""

    by: str
    "Who authorised it: a person or an order, as you would name it to an auditor."
    until: date
    "The last day (UTC) on which it holds, such as 2027-06-30."
    note: str = ""
    "Anything worth keeping: a ticket, a contract."


def allow(*networks: str, word: Word) -> int:
    """Allow NETWORKS (10.0.0.0/8, 192.0.2.7, 2001:db8::/32) to be scanned until a day."""
    if not networks:
        raise UsageError("no network was named", "for example: tightlip scope allow 10.0.0.0/8 --by … --until …")
    if not word.by.strip():
        raise UsageError("--by is empty: who authorised it?", '--by "name, role, reference"')
    until = end_of(word.until)
    if until < datetime.now(UTC):
        raise UsageError(f"--until {word.until} is in the past", "give a future date")
    # All of them are checked before the first is written.
    for each in [authority(network, word.by, until, word.note) for network in networks]:
        entry = scope_file.allow(folders().config, each)
        say(f"allowed: {entry.authority.network} until {until:%Y-%m-%d}, by {entry.authority.by} (entry {entry.id})")
    return Exit.OK


def list_entries(*, output: Output = None) -> int:
    """List the entries, those of the settings file included.

    Parameters
    ----------
    output
        Write to this file instead of to standard output.
    """
    settings = read_settings().scope
    entries = [(each.id, each.authority) for each in scope_file.read_entries(folders().config)]
    entries += [("settings", each) for each in settings]
    with results(output) as file:
        write_all([laid_out(_page(entries), style_for(file))], file)
    return Exit.OK


def revoke(*entries: str) -> int:
    """Take entries back: each an entry's id or its network."""
    if not entries:
        raise UsageError("no entry was named", "see tightlip scope list")
    for name in entries:
        for gone in scope_file.revoke(folders().config, name):
            say(f"revoked: {gone.authority.network} (entry {gone.id})")
    return Exit.OK


def _page(entries: Sequence[tuple[str, Authority]]) -> RenderableType:
    if not entries:
        return Text("No entries: only loopback and this machine's own addresses may be scanned.")
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True, header_style="dim")
    table.add_column("entry", no_wrap=True)
    table.add_column("network", overflow="fold")
    table.add_column("until (UTC)")
    table.add_column("by", overflow="fold")
    table.add_column("note", overflow="fold", ratio=1)
    for name, each in entries:
        over = " (over)" if scope_file.is_over(each, datetime.now(UTC)) else ""
        by, note = Text(visible(each.by)), Text(visible(each.note))
        table.add_row(name, each.network, f"{each.until:%Y-%m-%d}{over}", by, note)
    return table


COMMAND = Command(Stage.FIND, verbs={"allow": allow, "list": list_entries, "revoke": revoke})
