"""The authorised scope: a pure decision on the address that would really be dialled."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

from msgspec import Struct

from tightlip.model.networks import MAPPED, NAT64, Network, merged, normalised, reaches, subtract
from tightlip.model.run import Authority, NotAsked, Unasked

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_EMBEDDING_IPV4 = (MAPPED.network_address.packed[:12], NAT64.network_address.packed[:12])
_NEVER = (bytes(4), bytes(16), b"\xff\xff\xff\xff")
_MULTICAST = {4: range(224, 240), 16: range(255, 256)}
_BROADCAST = IPv4Address("255.255.255.255")
_NEVER_NETWORKS: tuple[Network, ...] = (
    IPv4Network("0.0.0.0/32"),
    IPv4Network("255.255.255.255/32"),
    IPv4Network("224.0.0.0/4"),
    IPv6Network("::/128"),
    IPv6Network("ff00::/8"),
)


class Span(Struct, frozen=True, array_like=True):
    """A permitted run of addresses as packed bytes of equal length, both ends included; ``until`` in epoch seconds."""

    first: bytes
    last: bytes
    until: float | None


class Scope(Struct, frozen=True):
    """What may be dialled: each network with the authority it stands on, most specific first."""

    allowed: tuple[tuple[Network, Authority], ...]


def make_scope(entries: Iterable[Authority], own_addresses: Iterable[str]) -> Scope:
    """Loopback and the machine's own addresses are always in; all else needs an entry."""
    builtin = [(network, Authority(str(network), "built in: loopback")) for network in LOOPBACK]
    for address in own_addresses:
        own = ip_network(address)
        if not own.is_loopback:
            builtin.append((own, Authority(str(own), "built in: this machine")))
    given = [(ip_network(entry.network, strict=False), entry) for entry in entries]
    return Scope(tuple(sorted(builtin + given, key=lambda pair: -pair[0].prefixlen)))


def decide(scope: Scope, address: str, now: datetime) -> Authority | NotAsked:
    """The authority under which ``address`` may be dialled at ``now`` (UTC), or why it may not."""
    reached = normalised(ip_address(address))
    if reached.is_multicast or reached.is_unspecified or reached == _BROADCAST:
        return NotAsked(address, Unasked.NEVER_DIALLED, detail="multicast, broadcast or unspecified")
    expired = None
    for network, authority in scope.allowed:
        if reached.version == network.version and reached in network:
            if authority.until is None or now < authority.until:
                return authority
            expired = authority
    if expired is not None and expired.until is not None:
        return NotAsked(address, Unasked.SCOPE_ENDED, detail=f"the entry {expired.network} ended {expired.until:%F}")
    return NotAsked(address, Unasked.OUT_OF_SCOPE, detail="no scope entry holds it")


def spans(scope: Scope) -> tuple[Span, ...]:
    """The scope in the form that is asked again at every connect: cheap to send and to search."""
    return tuple(
        Span(
            network.network_address.packed,
            network.broadcast_address.packed,
            authority.until.timestamp() if authority.until else None,
        )
        for network, authority in scope.allowed
    )


def permits(allowed: Iterable[Span], packed: bytes, now: float) -> bool:
    """Whether the address ``packed`` (4 or 16 bytes, network order) may be dialled at ``now`` (epoch seconds)."""
    if len(packed) == 16 and packed.startswith(_EMBEDDING_IPV4):
        packed = packed[12:]
    if packed in _NEVER or packed[0] in _MULTICAST[len(packed)]:
        return False
    length = len(packed)
    for span in allowed:
        if len(span.first) == length and span.first <= packed <= span.last and (span.until is None or now < span.until):
            return True
    return False


def partition(scope: Scope, network: Network, now: datetime) -> tuple[list[Network], list[Network]]:
    """Split a network into the parts that may be dialled and those that may not, without listing addresses.

    The allowed parts are disjoint and sorted; so are the refused ones. As everywhere, what embeds IPv4 is judged by
    the IPv4 address it reaches.
    """
    valid = [inside for inside, authority in scope.allowed if authority.until is None or now < authority.until]
    allowed: list[Network] = []
    refused: list[Network] = []
    for reach in reaches(network):
        inside, outside = _judged(reach.network, valid)
        allowed += map(reach.written, inside)
        refused += map(reach.written, outside)
    return merged(allowed), merged(refused)


def authorities(scope: Scope, network: Network, now: datetime) -> Iterator[tuple[Network, Authority]]:
    """The parts of a network with the authority that each stands on, most specific entry first."""
    for reach in reaches(network):
        left: list[Network] = [reach.network]
        for inside, authority in scope.allowed:
            if left and (authority.until is None or now < authority.until):
                left, taken = subtract(left, [inside])
                yield from ((reach.written(part), authority) for part in merged(taken))


def _judged(network: Network, valid: list[Network]) -> tuple[list[Network], list[Network]]:
    """(what lies in a valid network and may be dialled at all, the rest)."""
    left, never = subtract([network], _NEVER_NETWORKS)
    outside, inside = subtract(left, valid)
    return inside, outside + never
