"""Listening sockets and their owners, for a person and for machines."""

from collections.abc import Collection

from msgspec import Struct
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tightlip.model.counting import counted
from tightlip.reports._escape import visible
from tightlip.workflows.listening import Listener, Listening, Owner

_OWNERS_SHOWN = 6


class ListenerRecord(Struct, frozen=True, tag_field="record", tag="listener"):
    """One listener for machines; ``target`` is where a probe asks it."""

    schema: int
    address: str
    port: int
    protocol: str | None
    target: str
    owners: tuple[Owner, ...]


def record_of(listener: Listener) -> ListenerRecord:
    """The record of one listener."""
    return ListenerRecord(1, listener.address, listener.port, listener.protocol, listener.target, listener.owners)


def page_of(found: Listening, asked: Collection[str] = ()) -> RenderableType:
    """All listeners in a table, those among ``asked`` with the place they were asked at; what cannot be seen below."""
    if not found.listeners:
        return Text("Nothing listens on a mail port of this machine.")
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True, header_style="dim")
    table.add_column("listens on", overflow="fold")
    table.add_column("usually", no_wrap=True)
    table.add_column("process", overflow="fold", ratio=1)
    for listener in found.listeners:
        table.add_row(_place(listener, asked), listener.protocol or "", Text(visible(_owners(listener.owners))))
    if not found.hidden:
        return table
    whose = f"{counted(found.hidden, 'listener')} {'belongs' if found.hidden == 1 else 'belong'}"
    return Group(table, Text(f"{whose} to a process that takes more rights to see: run it as root.", "dim"))


def _place(listener: Listener, asked: Collection[str]) -> Text:
    address = f"[{listener.address}]" if ":" in listener.address else listener.address
    place = Text(visible(f"{address}:{listener.port}"), "bold")
    if listener.target in asked and listener.target != place.plain:
        place.append(f"\nasked at {listener.target}", "dim")
    return place


def _owners(owners: tuple[Owner, ...]) -> str:
    """Processes by name, with their numbers: a server and its children often share a socket."""
    if not owners:
        return "not visible"
    by_name: dict[str, list[Owner]] = {}
    for owner in owners:
        by_name.setdefault(f"{owner.name} of {owner.user}" if owner.user else owner.name, []).append(owner)
    return "; ".join(f"{name} ({_pids(group)})" for name, group in by_name.items())


def _pids(group: list[Owner]) -> str:
    shown = ", ".join(str(owner.pid) for owner in group[:_OWNERS_SHOWN])
    more = len(group) - _OWNERS_SHOWN
    return f"pid {shown} and {more} more" if more > 0 else f"pid {shown}"
