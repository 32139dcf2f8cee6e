"""One observation per endpoint and address: overlaps between targets are taken out before anything is asked.

What is heard of one state of a port bears on its others, so the states of one port become one target's, where several
targets name them.
What embeds IPv4 is the address that it reaches, in whichever form it was written.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.networks import Address, Network, distinct, normalised, reaches
from tightlip.targets.grammar import Ask, Target

# How many distinct single hosts are remembered to tell a repeated one; beyond it a repetition is asked again.
_SEEN_LIMIT = 200_000
# Among so many targets in a row the states of one port are brought together.
_WINDOW = 4_096


class Sweep(Struct, frozen=True):
    """A network and what to ask at each of its addresses."""

    network: Network
    asks: tuple[Ask, ...]


_ByLength = dict[tuple[int, int], dict[int, frozenset[Ask]]]


def sweeps_of(targets: Iterable[Target]) -> list[Sweep]:
    """The networks among ``targets``, cut so that no address is asked the same thing twice."""
    by_ask: dict[Ask, list[Network]] = defaultdict(list)
    for target in targets:
        for ask in target.asks:
            by_ask[ask] += target.networks
    by_area: dict[tuple[Network, ...], list[Ask]] = defaultdict(list)
    for ask in sorted(by_ask):
        by_area[tuple(distinct(by_ask[ask]))].append(ask)
    return [Sweep(network, tuple(asks)) for area, asks in by_area.items() for network in area]


def once(singles: Iterable[Target], sweeps: Sequence[Sweep]) -> Iterator[Target]:
    """Single hosts without what was asked of them before or will be asked by a sweep, and then not the first."""
    seen: dict[bytes, frozenset[Ask]] = {}
    by_length = _by_length(sweeps)
    for target in _states_together(iter(singles)):
        address = None if target.name else normalised(target.networks[0].network_address)
        key = blake2b((target.name or str(address)).encode(), digest_size=12).digest()
        known = seen.get(key, frozenset()) | _swept(address, by_length)
        asks = tuple(ask for ask in target.asks if ask not in known)
        if not asks:
            continue
        if len(seen) < _SEEN_LIMIT:
            seen[key] = known.union(asks)
        yield replace(target, asks=asks, is_first=False) if known else target


def _states_together(singles: Iterator[Target]) -> Iterator[Target]:
    """The states of a port go to the first target that names one of them; who has nothing left to ask is left out."""
    while window := list(islice(singles, _WINDOW)):
        owners: dict[tuple[object, int], int] = {}
        asks: list[list[Ask]] = [[] for _ in window]
        for number, target in enumerate(window):
            host = target.name or target.networks
            for ask in target.asks:
                asks[owners.setdefault((host, ask.port), number)].append(ask)
        yield from (
            replace(target, asks=tuple(dict.fromkeys(wanted)))
            for target, wanted in zip(window, asks, strict=True)
            if wanted
        )


def _by_length(sweeps: Sequence[Sweep]) -> _ByLength:
    """The sweeps by version and prefix length, then by prefix: a list of hosts may be long, and so may this one."""
    found: _ByLength = defaultdict(dict)
    for sweep in sweeps:
        for network in (reach.network for reach in reaches(sweep.network)):
            prefix = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
            same_length = found[network.version, network.prefixlen]
            same_length[prefix] = same_length.get(prefix, frozenset()).union(sweep.asks)
    return found


def _swept(address: Address | None, by_length: _ByLength) -> frozenset[Ask]:
    if address is None:
        return frozenset()
    known: frozenset[Ask] = frozenset()
    for (version, length), prefixes in by_length.items():
        if version == address.version:
            known |= prefixes.get(int(address) >> (address.max_prefixlen - length), frozenset())
    return known
