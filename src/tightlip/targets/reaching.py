"""Which of the hosts and networks that were named were reached: where nothing was, nobody may call it clean.

A single host is followed by its position in the walk, for as long as that is in hand, and a name by each of its
addresses: strangers are led to all of them. Of a network only one thing is
remembered, however many addresses it has: whether anything in it answered. Networks may overlap, so the bounds of all
of them cut the addresses into stretches, and each stretch has one flag.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from ipaddress import IPv6Address, ip_address
from itertools import accumulate
from operator import itemgetter

from msgspec import Struct

from tightlip.model.networks import Address, Network, merged, normalised, reaches
from tightlip.targets.grammar import Target
from tightlip.targets.overlaps import Sweep

# IPv6 addresses are counted on from the last IPv4 address, so that one number stands for an address of either kind.
_BEYOND_IPV4 = 1 << 32
_PENDING, _SETTLED = 0, 1

_Stretch = tuple[int, int]


class Named(Struct, frozen=True):
    """A network that was named, or a host that is asked as a part of one: its addresses as numbers, last included."""

    stretches: tuple[_Stretch, ...]
    is_host: bool


class Unreached(Struct, frozen=True):
    """How much of what was named was not reached."""

    hosts: int = 0
    networks: int = 0


class Reaching:
    """What is still to be reached."""

    def __init__(self, named: Sequence[Named], first: int = 0) -> None:
        """Nothing was reached so far; what lies at positions before ``first`` does not come into hand."""
        self._first = first
        self._hosts: dict[int, set[str]] = {}
        self._before: set[tuple[int, str]] = set()
        self._named = named
        stretches = [stretch for each in named for stretch in each.stretches]
        self._bounds = sorted({bound for first, last in stretches for bound in (first, last + 1)})
        self._flags = _pending_of(stretches, self._bounds)
        self._left = self._flags.count(_PENDING)

    def expect(self, position: int, addresses: Iterable[str]) -> None:
        """A bare single host is in hand: something must answer at each of its addresses."""
        if left := {each for each in addresses if (position, each) not in self._before}:
            self._hosts[position] = left

    def recall(self, position: int, address: str | None) -> None:
        """Something answered there before the run was cut off; the host may come into hand once more."""
        self.note(position, address)
        if address is not None and position >= self._first:
            self._before.add((position, address))

    def note(self, position: int, address: str | None) -> None:
        """Something answered at this address, which belongs to this position."""
        if self._hosts and address is not None and position in self._hosts:
            self._hosts[position].discard(address)
        # Once everything has answered, which for one network is after its first answer, a sweep pays no more for it.
        if self._left and address is not None:
            self._settle(bisect_right(self._bounds, _number(address)) - 1)

    def finish(self, position: int) -> int:
        """All that was to be asked at this position was; at how many addresses of a host nothing was reached."""
        return len(self._hosts.pop(position, ()))

    def unreached(self) -> Unreached:
        """What of the networks, and of the hosts in them that were named too, was not reached."""
        silent = [each for each in self._named if not any(map(self._answered, each.stretches))]
        hosts = sum(each.is_host for each in silent)
        return Unreached(hosts, len(silent) - hosts)

    def _settle(self, place: int) -> None:
        if place >= 0 and self._flags[place] == _PENDING:
            self._flags[place] = _SETTLED
            self._left -= 1

    def _answered(self, stretch: _Stretch) -> bool:
        first, last = stretch
        return _SETTLED in self._flags[bisect_left(self._bounds, first) : bisect_left(self._bounds, last + 1)]


def named_among(targets: Iterable[Target], sweeps: Sequence[Sweep]) -> tuple[Named, ...]:
    """The networks among ``targets`` of which any address is asked, and the single addresses that a sweep asks."""
    asked = sorted(_stretches(merged(reach.network for sweep in sweeps for reach in reaches(sweep.network))))
    named = (
        Named(stretches, target.is_single)
        for target in targets
        if (stretches := _stretches(target.networks)) and any(_meets(stretch, asked) for stretch in stretches)
    )
    return tuple(dict.fromkeys(named))


def _pending_of(stretches: list[_Stretch], bounds: list[int]) -> bytearray:
    """A flag for what lies between each bound and the next; what nobody named needs no answer."""
    depth = [0] * len(bounds)
    for first, last in stretches:
        depth[bisect_left(bounds, first)] += 1
        depth[bisect_left(bounds, last + 1)] -= 1
    return bytearray(_PENDING if covered else _SETTLED for covered in accumulate(depth))


def _stretches(networks: Iterable[Network]) -> tuple[_Stretch, ...]:
    return tuple(
        (_numbered(reach.network.network_address), _numbered(reach.network.broadcast_address))
        for network in networks
        for reach in reaches(network)
    )


def _meets(stretch: _Stretch, asked: list[_Stretch]) -> bool:
    """Whether it has an address in common with one of these, which are sorted and do not overlap."""
    place = bisect_right(asked, stretch[1], key=itemgetter(0)) - 1
    return place >= 0 and asked[place][1] >= stretch[0]


def _number(address: str) -> int:
    """The number of an address; plain IPv4 without the detour over an object, for this is asked of what answers."""
    if ":" in address:
        return _numbered(normalised(ip_address(address)))
    first, second, third, fourth = address.split(".")
    return int(first) << 24 | int(second) << 16 | int(third) << 8 | int(fourth)


def _numbered(address: Address) -> int:
    return int(address) + (_BEYOND_IPV4 if isinstance(address, IPv6Address) else 0)
