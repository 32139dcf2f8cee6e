"""Hearing what a host's own listeners say: the scan of the ports that its configuration names, kept nowhere."""

from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv6Address, ip_address

from tightlip.model.endpoint import Security, read_endpoint
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth
from tightlip.model.posture import Listener, Posture
from tightlip.network.messages import EngineSettings
from tightlip.workflows.beginning import Sources
from tightlip.workflows.intake import Complaint
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.known_findings import Depths
from tightlip.workflows.scan import Progress
from tightlip.workflows.scanning import ScanOrder, scanning

_LOOPBACK = {4: "127.0.0.1", 6: "::1"}


def targets_of(postures: Iterable[Posture]) -> tuple[str, ...]:
    """How the scan asks the TCP ports that the services listen on, each once: ``pop3://127.0.0.1:110``.

    Those that greet no client on this machine are left out.
    """
    named = (
        target
        for posture in postures
        for service in posture.services
        for listener in service.listeners
        if not listener.is_out_of_reach
        for target in _targets(service.protocol, listener)
    )
    return tuple(dict.fromkeys(named))


def proxied_in(postures: Iterable[Posture]) -> frozenset[tuple[str, int]]:
    """The addresses and ports of them that greet after a PROXY header alone."""
    listeners = (each for posture in postures for service in posture.services for each in service.listeners)
    asking = (each for each in listeners if each.asks_for_header)
    return frozenset((host, each.port) for each in asking if (host := host_of(each.address)))


def hear(
    targets: tuple[str, ...],
    proxied: frozenset[tuple[str, int]],
    wanted: Depths,
    watch: Callable[[Progress], None],
    interruption: Interruption,
) -> tuple[Assessed, ...]:
    """Ask them, in every TLS state; thoroughly where that is ``wanted`` of any of them. No login is tried.

    ``proxied`` are the addresses and ports that are sent a PROXY header.
    """
    if not targets:
        return ()
    endpoints = map(read_endpoint, targets)
    is_thorough = any(wanted.of(each.host, each.port) is Depth.THOROUGH for each in endpoints)
    engine = EngineSettings(allowed=(), depth=Depth.THOROUGH if is_thorough else Depth.POLITE, proxied=proxied)
    order = ScanOrder(Sources(targets), engine, 1, "none")
    with scanning(order, watch, _never, interruption) as under_way:
        return tuple(entry.assessed for entry in under_way.report().entries)


def _targets(protocol: str, listener: Listener) -> Iterator[str]:
    if not 0 < listener.port < 65_536 or (host := host_of(listener.address)) is None:
        return
    where = f"[{host}]" if ":" in host else host
    if Security.IMPLICIT in listener.states:
        yield f"{protocol}s://{where}:{listener.port}"
    if listener.states != (Security.IMPLICIT,):
        yield f"{protocol}://{where}:{listener.port}"


def host_of(address: str) -> str | None:
    """Where a listener on an address is asked, None where it is not: loopback stands for every address.

    Any other is asked as it is, a name not at all: it may be elsewhere.
    """
    written = address.strip("[]").partition("%")[0]
    if written in ("", "*", "localhost"):
        return _LOOPBACK[4]
    try:
        where = ip_address(written)
    except ValueError:
        return None
    if isinstance(where, IPv6Address) and where.ipv4_mapped:
        where = where.ipv4_mapped
    return _LOOPBACK[where.version] if where.is_unspecified else str(where)


def _never(complaint: Complaint) -> None:
    raise AssertionError(f"a target of our own cannot be read: {complaint.message}")
