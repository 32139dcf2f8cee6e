"""What listens on mail ports of this machine, which processes own it, and how the scan can ask it."""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address

import psutil
from msgspec import Struct

from tightlip.model.errors import Exit, TightlipError
from tightlip.workflows.beginning import grammar

_LOOPBACK = {4: "127.0.0.1", 6: "::1"}


class Owner(Struct, frozen=True):
    """A process that holds the listening socket; ``user`` is None where it may not be known."""

    pid: int
    name: str
    user: str | None


class Listener(Struct, frozen=True):
    """One listening socket's address and port; ``target`` is how the scan asks it.

    ``protocol`` is the port's usual one, None for a port that was asked for by number.
    """

    address: str
    port: int
    protocol: str | None
    target: str
    owners: tuple[Owner, ...]


class Listening(Struct, frozen=True):
    """What listens, by port; ``hidden`` counts listeners whose owner cannot be known without more rights."""

    listeners: tuple[Listener, ...]
    hidden: int

    @property
    def targets(self) -> tuple[str, ...]:
        """Each target once: a socket on all addresses and one on loopback are asked at the same place."""
        return tuple(dict.fromkeys(listener.target for listener in self.listeners))


def listening(further: Iterable[int]) -> Listening:
    """Look at the usual ports of every protocol and at ``further`` ones; nothing is dialled."""
    usual = {ask.port: ask.protocol for ask in grammar().usual}
    ports = {**dict.fromkeys(further), **usual}
    holders = _holders(ports.keys())
    owners = {pid: owner for pid in set().union(*holders.values()) if (owner := _owner(pid))}
    listeners = tuple(
        Listener(address, port, ports[port], _target(address, port), _known(holders[port, address], owners))
        for port, address in sorted(holders)
    )
    return Listening(listeners, sum(not listener.owners for listener in listeners))


def _holders(ports: Iterable[int]) -> dict[tuple[int, str], set[int]]:
    """The processes by port and address; a process that may not be seen is left out."""
    holders: dict[tuple[int, str], set[int]] = {}
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        hint = "this system tells it to root alone"
        raise TightlipError("what listens on this machine cannot be seen", hint, Exit.DOUBT) from None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port in ports:
            pids = holders.setdefault((connection.laddr.port, connection.laddr.ip), set())
            pids.update([connection.pid] if connection.pid else [])
    return holders


def _owner(pid: int) -> Owner | None:
    """The process by that number, unless it has ended meanwhile."""
    try:
        process = psutil.Process(pid)
        name = process.name()
    except psutil.Error:
        return None
    try:
        return Owner(pid, name, process.username())
    except psutil.Error:
        return Owner(pid, name, None)


def _known(pids: set[int], owners: dict[int, Owner]) -> tuple[Owner, ...]:
    return tuple(owners[pid] for pid in sorted(pids) if pid in owners)


def _target(address: str, port: int) -> str:
    """Loopback stands for "all addresses"; any other address is dialled as it is."""
    where = ip_address(address.partition("%")[0])
    if isinstance(where, IPv6Address) and where.ipv4_mapped:
        where = where.ipv4_mapped
    host = _LOOPBACK[where.version] if where.is_unspecified else str(where)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
