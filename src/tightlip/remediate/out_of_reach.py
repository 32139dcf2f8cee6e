"""Listeners that no proof reaches: behind a proxy, and not set to take the PROXY header of this machine."""

from collections.abc import Iterable, Iterator

from tightlip.model.posture import FromLoopback, Posture, ProxyHeader


def out_of_reach(touched: Iterable[Posture]) -> Iterator[str]:
    """A sentence on each listener that cannot be proved, since it does not greet clients on this machine."""
    for posture in touched:
        for service in posture.services:
            for listener in service.listeners:
                if listener.is_out_of_reach and listener.proxy_header:
                    yield f"{posture.product} {service.name}, port {listener.port}: {_why_not(listener.proxy_header)}"


def _why_not(header: ProxyHeader) -> str:
    """Why a listener is out of reach, with the setting that makes it so."""
    at = f"{header.place.setting}, {header.place.where}"
    if header.from_loopback is FromLoopback.UNKNOWN:
        return f"it expects a PROXY header ({at}), and whether it takes one from this machine could not be told"
    return f"it expects a PROXY header ({at}), and takes none from this machine"
