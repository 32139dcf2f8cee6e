"""Say which networks may be scanned, who authorised it and until when.

Nothing outside these entries is ever dialled; loopback and this machine's own addresses are always in.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from cyclopts import Parameter
from rich.markup import escape
from rich.table import Table

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import console_for, say
from tightlip.config import scope_file
from tightlip.config.folders import folders
from tightlip.config.settings import end_of, read_settings
from tightlip.model.errors import UsageError
from tightlip.model.run import Authority
from tightlip.reports._escape import visible


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
    until = end_of(word.until)
    if until < datetime.now(UTC):
        raise UsageError(f"--until {word.until} is over", "name a day to come")
    for network in networks:
        try:
            entry = scope_file.allow(folders().config, Authority(network, word.by, until, word.note))
        except ValueError as error:
            raise UsageError(str(error), "write a network as 10.0.0.0/8, an address as 192.0.2.7") from None
        say(f"allowed: {entry.authority.network} until {until:%Y-%m-%d}, by {entry.authority.by} (entry {entry.id})")
    return 0


def list_entries() -> int:
    """List the entries, those of the settings file included."""
    table = Table("entry", "network", "until (UTC)", "by", "note", box=None, pad_edge=False)
    for entry in scope_file.read_entries(folders().config):
        _add(table, entry.id, entry.authority)
    settings = read_settings()
    for authority in settings.scope:
        _add(table, "settings", authority)
    console = console_for()
    if table.row_count:
        console.print(table)
    else:
        console.print("No entries: only loopback and this machine's own addresses may be scanned.")
    return 0


def revoke(*entries: str) -> int:
    """Take entries back: each an entry's id or its network."""
    if not entries:
        raise UsageError("no entry was named", "see tightlip scope list")
    for name in entries:
        for gone in scope_file.revoke(folders().config, name):
            say(f"revoked: {gone.authority.network} (entry {gone.id})")
    return 0


def _add(table: Table, name: str, authority: Authority) -> None:
    over = " (over)" if scope_file.is_over(authority, datetime.now(UTC)) else ""
    until = f"{authority.until:%Y-%m-%d}{over}"
    table.add_row(name, authority.network, until, escape(visible(authority.by)), escape(visible(authority.note)))


COMMAND = Command(Stage.FIND, verbs={"allow": allow, "list": list_entries, "revoke": revoke})
