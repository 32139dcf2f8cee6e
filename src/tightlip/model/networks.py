"""Arithmetic on networks: cutting one out of another, merging overlaps, counting."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def cut(part: Network, inside: Network) -> tuple[list[Network], list[Network]]:
    """Split ``part`` into what lies in ``inside`` and what does not."""
    if isinstance(part, IPv4Network) and isinstance(inside, IPv4Network):
        if not part.overlaps(inside):
            return [], [part]
        return ([part], []) if part.subnet_of(inside) else ([inside], list(part.address_exclude(inside)))
    if isinstance(part, IPv6Network) and isinstance(inside, IPv6Network):
        if not part.overlaps(inside):
            return [], [part]
        return ([part], []) if part.subnet_of(inside) else ([inside], list(part.address_exclude(inside)))
    return [], [part]


def subtract(parts: Iterable[Network], holes: Iterable[Network]) -> tuple[list[Network], list[Network]]:
    """(what is left of ``parts``, what the holes took)."""
    left, taken = list(parts), []
    for hole in holes:
        kept: list[Network] = []
        for part in left:
            inside, rest = cut(part, hole)
            taken += inside
            kept += rest
        left = kept
    return left, taken


def merged(networks: Iterable[Network]) -> list[Network]:
    """The same addresses without overlaps, sorted, IPv4 first."""
    listed = list(networks)
    four = collapse_addresses(network for network in listed if isinstance(network, IPv4Network))
    six = collapse_addresses(network for network in listed if isinstance(network, IPv6Network))
    return [*four, *six]
