"""The order of asking: a one-to-one shuffle that a seed reproduces, spread over networks, resumable anywhere."""

from ipaddress import ip_network
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.targets.spoken import GRAMMAR, asks
from tightlip.model.observation import Intent
from tightlip.targets.grammar import Target
from tightlip.targets.order import Kind, Permutation, walk
from tightlip.targets.overlaps import Sweep

POP3 = asks("pop3:110:plain")
SWEEPS = [Sweep(ip_network("10.0.0.0/26"), POP3), Sweep(ip_network("2001:db8::/125"), POP3)]
SEEDS = st.text(max_size=8)


def singles(count: int) -> list[Target]:
    """Hosts named h0, h1, …."""
    return [GRAMMAR.read(f"pop3+plain://h{number}") for number in range(count)]


@given(size=st.integers(1, 3_000), key=st.binary(max_size=8))
def test_the_permutation_is_one_to_one(size: int, key: bytes) -> None:
    """Every index below the size is hit exactly once."""
    shuffle = Permutation(size, key)
    assert sorted(shuffle[index] for index in range(size)) == list(range(size))


@given(size=st.integers(1, 1 << 64), key=st.binary(max_size=8), draws=st.sets(st.integers(0, 1 << 63), max_size=20))
def test_a_large_permutation_stays_in_range_and_apart(size: int, key: bytes, draws: set[int]) -> None:
    """As far as can be seen of an index space like an IPv6 /64: in range, and no two to the same place."""
    shuffle = Permutation(size, key)
    indexes = {draw % size for draw in draws}
    places = {shuffle[index] for index in indexes}
    assert len(places) == len(indexes)
    assert all(0 <= place < size for place in places)


@given(seed=SEEDS, count=st.integers(0, 20), start=st.integers(0, 100))
def test_a_walk_from_the_middle_is_the_tail_of_the_whole(seed: str, count: int, start: int) -> None:
    """A run goes on from a watermark as if it had never stopped."""
    whole = list(walk(singles(count), SWEEPS, seed))
    assert list(walk(singles(count), SWEEPS, seed, start)) == whole[start:]
    assert [stop.position for stop in whole] == list(range(count + 64 + 8))


@given(seed=SEEDS, other=SEEDS)
def test_the_seed_is_the_order(seed: str, other: str) -> None:
    """The same seed gives the same order; another gives another order of the same hosts."""
    first, again = list(walk(singles(9), SWEEPS, seed)), list(walk(singles(9), SWEEPS, seed))
    assert first == again
    changed = list(walk(singles(9), SWEEPS, other))
    assert {stop.host for stop in changed} == {stop.host for stop in first}
    assert (changed == first) == (other == seed)


def test_hosts_beyond_one_window_are_all_there() -> None:
    """A list longer than the shuffling window loses and repeats nobody."""
    stops = list(walk(singles(4_100), (), "seed"))
    assert len(stops) == len({stop.host for stop in stops}) == 4_100
    assert [stop.host for stop in stops] != [f"h{number}" for number in range(4_100)]


def test_load_is_spread_over_networks() -> None:
    """The first stops of a /16 lie in most of its /24s, not in a few."""
    stops = islice(walk((), [Sweep(ip_network("10.9.0.0/16"), POP3)], "seed"), 512)
    counts: dict[str, int] = {}
    for stop in stops:
        network = stop.host.rpartition(".")[0]
        counts[network] = counts.get(network, 0) + 1
    # Throwing 512 balls into 256 boxes at random leaves 35 empty on average, and no box with 12.
    assert len(counts) > 190
    assert max(counts.values()) < 12


def test_stops_say_what_their_host_is() -> None:
    """A name is to be resolved, an address to be asked for in the scope, a swept one is inside it already."""
    targets = [GRAMMAR.read("pop3+plain://h"), GRAMMAR.read("pop3+plain://192.0.2.7")]
    sweep = Sweep(ip_network("10.0.0.0/31"), POP3)
    kinds = {stop.host: (stop.kind, stop.intent) for stop in walk(targets, [sweep], "seed")}
    assert kinds == {
        "h": (Kind.NAME, Intent.NAMED),
        "192.0.2.7": (Kind.ADDRESS, Intent.NAMED),
        "10.0.0.0": (Kind.SWEPT, Intent.SWEPT),
        "10.0.0.1": (Kind.SWEPT, Intent.SWEPT),
    }


def test_a_walk_over_an_ipv6_network_is_streamed() -> None:
    """The first stops of a /64 come without listing it."""
    network = ip_network("2001:db8::/64")
    stops = list(islice(walk((), [Sweep(network, POP3)], "seed"), 50))
    assert len({stop.host for stop in stops}) == 50
    assert all(stop.host.startswith("2001:db8:") for stop in stops)
