"""Exclusions: what is not asked whatever the targets say, by the addresses that are really reached."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from msgspec import Struct

from tightlip.model.errors import UsageError
from tightlip.model.networks import Address, Network, normalised, reaches
from tightlip.network.resolve import Resolver
from tightlip.targets.grammar import read_exclusions


class Exclusions(Struct, frozen=True):
    """``names`` as they were written; ``networks`` are what they and the written networks reach."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def hold(self, address: Address) -> bool:
        """Whether ``address`` is one that is not asked."""
        reached = normalised(address)
        return any(reached.version == network.version and reached in network for network in self.networks)


def make_exclusions(texts: Iterable[str]) -> Exclusions:
    """Read them and look their names up; UsageError where a name has no address: it would keep nothing out."""
    names, networks = read_exclusions(texts)
    resolver = Resolver()
    try:
        asked = {name: resolver.look_up(name) for name in sorted(names)}
        found = {name: future.result() for name, future in asked.items()}
    finally:
        resolver.close()
    for name, addresses in found.items():
        if not addresses:
            raise UsageError(f"--exclude {name}: the name has no address", "exclude its address or network instead")
    named = (ip_network(ip_address(each.partition("%")[0])) for addresses in found.values() for each in addresses)
    return Exclusions(names, tuple(reach.network for each in (*networks, *named) for reach in reaches(each)))
