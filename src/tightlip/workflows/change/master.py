"""The one process that is told to read its configuration again: anybody can start one that calls itself so."""

from collections.abc import Iterable
from ipaddress import ip_address
from math import inf
from pathlib import Path

import psutil
from msgspec.structs import replace

from tightlip.files.trust import is_trusted
from tightlip.products._product import Instance, Process, Product

_DELETED = " (deleted)"
_PROC = Path("/proc")
# The number of the capability CAP_NET_BIND_SERVICE.
_NET_BIND_SERVICE = 10
_USUAL_FIRST_FREE = 1_024


def master_of(instance: Instance, processes: Iterable[Process], plug: Product) -> int | str:
    """The process id of an instance's master, which is no child of another that runs it; or why there is none.

    Of several, the first to begin of those that hold a port which root alone may open.
    """
    pids = {
        process.pid
        for process in processes
        if runs(process, instance, plug) and (not process.foreign or _is_genuine(process, plug))
    }
    masters = [pid for pid in sorted(pids) if _parent_of(pid) not in pids]
    if len(masters) > 1:
        # The product's own account can hand a process a socket as well: one that root alone may open it has to take
        # from the master, which was there before.
        masters = [pid for pid in masters if any(port < _first_free() for _, port in held_sockets(pid))] or masters
        masters.sort(key=_started)
    return masters[0] if masters else f"no process runs {instance.product} on {instance.config}"


def may_open(pid: int, port: int) -> bool:
    """Whether a process may bind a port as it is now: capabilities(7), ip(7). One that has ended may not."""
    try:
        status = (_PROC / str(pid) / "status").read_text("ascii", "replace")
    except OSError:
        return False
    held = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    return port >= _first_free() or bool(int(held, 16) >> _NET_BIND_SERVICE & 1)


def held_sockets(pid: int) -> frozenset[tuple[str, int]]:
    """The addresses and TCP ports at which a process listens, its children with it; none where not to be seen."""
    try:
        connections = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.Error:
        return frozenset()
    listening = (each.laddr for each in connections if each.status == psutil.CONN_LISTEN and each.laddr)
    return frozenset((each.ip, each.port) for each in listening)


def is_at(host: str, port: int, sockets: Iterable[tuple[str, int]]) -> bool:
    """Whether one of these listening sockets is who answers at an address and port."""
    asked = ip_address(host)
    for address, its_port in sockets:
        own = ip_address(address.partition("%")[0])
        if port == its_port and (own == asked or (own.is_unspecified and own.version in (6, asked.version))):
            return True
    return False


def is_run(instance: Instance, processes: Iterable[Process], plug: Product) -> bool:
    """Whether any process runs an instance, or says so."""
    return any(runs(each, instance, plug) for each in processes)


def runs(process: Process, instance: Instance, plug: Product) -> bool:
    """Whether a process of this host runs an instance, or says so; of those whose accounts it is given to.

    Anybody may start the product's own program, and stop it while it looks like the master.
    """
    if process.elsewhere or (process.foreign and not (process.serves and process.user in plug.accounts)):
        return False
    found = plug.recognise(process)
    if found is None:
        return False
    config = instance.config if instance.config in plug.before.get(found.config, ()) else found.config
    return replace(found, pid=None, config=config) == replace(instance, pid=None)


def _is_genuine(process: Process, plug: Product) -> bool:
    """Whether a process that is neither root's nor ours runs the product's own program, whatever it calls itself.

    Servers give root's rights up once they listen. In a user namespace of one's own a path may lead to other bytes.
    """
    there = _PROC / str(process.pid)
    try:
        program = str((there / "exe").readlink()).removesuffix(_DELETED)
        is_among_us = (there / "ns/user").readlink() == Path("/proc/self/ns/user").readlink()
    except OSError:
        return False
    named = Process(process.pid, (program, *process.argv[1:]))
    return is_among_us and is_trusted(program) and plug.recognise(named) is not None


def _first_free() -> int:
    """The first port that anybody may open."""
    try:
        return int((_PROC / "sys/net/ipv4/ip_unprivileged_port_start").read_text("ascii"))
    except (OSError, ValueError):
        return _USUAL_FIRST_FREE


def _started(pid: int) -> float:
    """When a process began; of one that has ended, last of all."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return inf


def _parent_of(pid: int) -> int | None:
    try:
        return psutil.Process(pid).ppid()
    except psutil.Error:
        return None
