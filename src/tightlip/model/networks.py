"""Arithmetic on networks: cutting one out of another, merging overlaps, and which IPv4 addresses IPv6 ones reach."""

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses

from msgspec import Struct

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAPPED = IPv6Network("::ffff:0:0/96")
NAT64 = IPv6Network("64:ff9b::/96")


class Reach(Struct, frozen=True):
    """A part of a network as what it reaches; ``block`` is the IPv6 network that embeds IPv4 there, if one does."""

    network: Network
    block: IPv6Network | None = None

    def written(self, part: Network) -> Network:
        """A part of ``network`` in the form that was reached through."""
        if self.block is None:
            return part
        return IPv6Network((int(self.block.network_address) | int(part.network_address), part.prefixlen + 96))


def normalised(address: Address) -> Address:
    """IPv4-mapped and NAT64 addresses as the IPv4 address they reach (RFC 4291 2.5.5.2, RFC 6052)."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
        if address.scope_id:
            return IPv6Address(int(address))
    return address


def reaches(network: Network) -> list[Reach]:
    """What a network reaches: its parts that embed IPv4 apart from the rest."""
    if isinstance(network, IPv4Network):
        return [Reach(network)]
    found: list[Reach] = []
    rest: list[Network] = [network]
    for block in (MAPPED, NAT64):
        rest, embedding = subtract(rest, [block])
        for part in embedding:
            first = int(part.network_address) & 0xFFFF_FFFF
            found.append(Reach(IPv4Network((first, part.prefixlen - 96)), block))
    return found + [Reach(part) for part in rest]


def without(parts: Iterable[Network], holes: Collection[Network]) -> tuple[list[Network], list[Network]]:
    """As ``subtract``, by what is reached: ``holes`` are given as that, ``parts`` as they were written."""
    left: list[Network] = []
    taken: list[Network] = []
    for part in parts:
        for reach in reaches(part):
            kept, cut_out = subtract([reach.network], holes)
            left += map(reach.written, kept)
            taken += map(reach.written, cut_out)
    return left, taken


def distinct(networks: Iterable[Network]) -> list[Network]:
    """The same addresses without overlaps, sorted, IPv4 first; what embeds IPv4 without what is there already."""
    kept: list[Network] = []
    held: list[Network] = []
    for network in merged(networks):
        for reach in reaches(network):
            left, _ = subtract([reach.network], held if reach.block else ())
            kept += map(reach.written, left)
            held += left
    return merged(kept)


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
