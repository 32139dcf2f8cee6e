"""Which of our own addresses to dial from: some servers trust a peer whose address equals their own."""

import socket
from collections.abc import Collection

_LOOPBACK_SECOND = "127.0.0.2"
_LOOPBACK_FIRST = "127.0.0.1"


def own_addresses() -> tuple[str, ...]:
    """Every address of this machine's interfaces, without zones."""
    import psutil  # once a run, and never in an engine process

    found = {
        entry.address.partition("%")[0]
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6)
    }
    return tuple(sorted(found))


def source_for(destination: str, own: Collection[str]) -> str | None:
    """An own address other than ``destination`` where the destination is one of ours; None leaves it to the kernel.

    Dovecot counts a client whose address equals the server's as secured, so that what it answers there says
    nothing of what it answers to others.
    """
    if destination.startswith("127."):
        return _LOOPBACK_FIRST if destination == _LOOPBACK_SECOND else _LOOPBACK_SECOND
    if destination not in own:
        return None
    # A link-local address cannot be bound without its zone, and is not routed to the others.
    same_family = [each for each in own if (":" in each) == (":" in destination) and not each.startswith("fe80:")]
    others = sorted(each for each in same_family if each != destination)
    routed = [each for each in others if not each.startswith("127.") and each != "::1"]
    return next(iter(routed or others), None)


def is_same_address(destination: str, source: str | None, own: Collection[str]) -> bool:
    """Whether a dial from ``source`` (None: the kernel's choice) will seem to come from the destination itself."""
    return source == destination or (source is None and destination.partition("%")[0] in own)
