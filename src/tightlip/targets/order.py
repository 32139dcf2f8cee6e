"""The order of asking: spread over networks, reproducible from a seed, in memory that does not grow with the sweep.

A run's positions count through one sequence: first the single hosts, shuffled in windows, then every address of every
network, by a keyed permutation of their joint index space. Position N is the same target in every run with the same
input and seed, so that a run can go on from a watermark.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from hashlib import blake2b
from ipaddress import IPv4Network
from itertools import accumulate, islice

from msgspec import Struct

from tightlip.model.networks import Network
from tightlip.model.observation import Intent
from tightlip.targets.grammar import Ask, Target
from tightlip.targets.overlaps import Sweep

_WINDOW = 4_096
_ROUNDS = 4


class Kind(Enum):
    """What a stop's host is: a name to resolve, one address, or an address out of a sweep inside the scope."""

    NAME = "name"
    ADDRESS = "address"
    SWEPT = "swept"


class Stop(Struct, frozen=True, gc=False):
    """One position of the walk: a host and what to ask there; whether something of it has to be reached."""

    position: int
    host: str
    kind: Kind
    asks: tuple[Ask, ...]
    intent: Intent
    must_answer: bool = False


class Permutation:
    """A keyed one-to-one shuffle of range(size): a Feistel network over the next power of four, walked into range."""

    def __init__(self, size: int, key: bytes) -> None:
        """``size`` may be as large as an IPv6 network."""
        self._size = size
        self._half = max(1, ((size - 1).bit_length() + 1) // 2)
        self._mask = (1 << self._half) - 1
        digest = blake2b(key, digest_size=8 * _ROUNDS).digest()
        self._keys = [int.from_bytes(digest[8 * i : 8 * i + 8], "little") for i in range(_ROUNDS)]

    def __getitem__(self, index: int) -> int:
        """Where ``index`` is sent; every index below size is hit exactly once."""
        half, mask = self._half, self._mask
        value = index
        while True:
            left, right = value >> half, value & mask
            for key in self._keys:
                mixed = (right + key) * 0x9E3779B97F4A7C15
                left, right = right, left ^ ((mixed ^ (mixed >> 29) ^ (mixed >> 47)) & mask)
            value = (left << half) | right
            if value < self._size:
                return value


def walk(singles: Iterable[Target], sweeps: Sequence[Sweep], seed: str, start: int = 0) -> Iterator[Stop]:
    """Every stop from position ``start`` on."""
    position = 0
    for target in _shuffled(iter(singles), seed):
        if position >= start:
            yield _stop_of(position, target)
        position += 1
    yield from _swept(sweeps, seed, position, start)


def _swept(sweeps: Sequence[Sweep], seed: str, first: int, start: int) -> Iterator[Stop]:
    bounds = list(accumulate(sweep.network.num_addresses for sweep in sweeps))
    if not bounds:
        return
    bases = [int(sweep.network.network_address) for sweep in sweeps]
    befores = [0, *bounds[:-1]]
    shuffle = Permutation(bounds[-1], f"{seed}/networks".encode())
    for index in range(max(0, start - first), bounds[-1]):
        place = shuffle[index]
        number = bisect_right(bounds, place)
        sweep = sweeps[number]
        address = _text(bases[number] + place - befores[number], sweep.network)
        yield Stop(first + index, address, Kind.SWEPT, sweep.asks, Intent.SWEPT)


def _text(value: int, network: Network) -> str:
    if isinstance(network, IPv4Network):
        return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"
    return str(network.network_address.__class__(value))


def _shuffled(targets: Iterator[Target], seed: str) -> Iterator[Target]:
    number = 0
    while window := list(islice(targets, _WINDOW)):
        order = Permutation(len(window), f"{seed}/{number}".encode())
        yield from (window[order[index]] for index in range(len(window)))
        number += 1


def _stop_of(position: int, target: Target) -> Stop:
    if target.name is not None:
        return Stop(position, target.name, Kind.NAME, target.asks, target.intent, target.must_answer)
    address = str(target.networks[0].network_address)
    return Stop(position, address, Kind.ADDRESS, target.asks, target.intent, target.must_answer)
