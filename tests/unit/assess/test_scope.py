"""The authorised scope: decide, permits and partition say the same, and nothing is dialled without authority."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tightlip.assess.scope import Scope, authorities, decide, make_scope, partition, permits, spans
from tightlip.model.networks import Address, Network
from tightlip.model.run import Authority, NotAsked, Unasked

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(days=1)
PAST = NOW - timedelta(days=1)

# Few networks, side by side and inside each other, so that drawn addresses often hit their edges.
NETWORKS = [
    "10.0.0.0/30",
    "10.0.0.0/28",
    "10.0.0.5/32",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "224.0.0.0/28",
    "2001:db8::/126",
    "2001:db8::/124",
    "::/1",
    "8000::/1",
    "ff02::/124",
    "::ffff:10.0.0.0/124",
    "64:ff9b::a00:0/124",
]
AUTHORITIES = st.builds(
    Authority,
    st.sampled_from([text for text in NETWORKS if not text.startswith(("::ffff", "64:"))]),
    by=st.just("the owner"),
    until=st.sampled_from([SOON, PAST, NOW]),
)
SCOPES = st.builds(make_scope, st.lists(AUTHORITIES, max_size=4), st.just(("10.0.0.9", "2001:db8::9")))
EDGES = [
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "223.255.255.255",
    "::",
    "::1",
    "127.0.0.1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:255.255.255.255",
    "64:ff9b::e000:1",
    "64:ff9b::7f00:1",
    "10.0.0.9",
    "2001:db8::9",
]


def near(network: Network) -> st.SearchStrategy[str]:
    """Addresses in or next to a network's first ones."""
    address = type(network.network_address)
    return st.integers(0, 17).map(lambda step: str(address(int(network.network_address) + step)))


def inside(network: Network) -> st.SearchStrategy[tuple[Network, Address]]:
    """The network with one of its addresses, edges preferred."""
    listed = [ip_address(text) for text in EDGES + [text.partition("/")[0] for text in NETWORKS]]
    edges = [address for address in listed if address.version == network.version and address in network]
    first = type(network.network_address)
    steps = st.integers(0, min(17, network.num_addresses - 1))
    counted = steps.map(lambda step: first(int(network.network_address) + step))
    return st.tuples(st.just(network), st.one_of(counted, st.sampled_from(edges)) if edges else counted)


ADDRESSES = st.one_of(st.sampled_from(EDGES), st.sampled_from(NETWORKS).flatmap(lambda text: near(ip_network(text))))


def allows(scope: Scope, address: Address) -> bool:
    """What decide says, as yes or no."""
    return isinstance(decide(scope, str(address), NOW), Authority)


@given(scope=SCOPES, address=ADDRESSES)
def test_decide_and_permits_agree(scope: Scope, address: str) -> None:
    """What is asked before a scan and what is asked again at connect never differ."""
    packed = ip_address(address).packed
    assert permits(spans(scope), packed, NOW.timestamp()) == allows(scope, ip_address(address))


@given(scope=SCOPES, pair=st.sampled_from(NETWORKS).map(ip_network).flatmap(inside))
def test_partition_agrees_with_decide(scope: Scope, pair: tuple[Network, Address]) -> None:
    """An address of a network lies in exactly one part, and in an allowed one just when it may be dialled."""
    network, wanted = pair
    allowed, refused = partition(scope, network, NOW)
    assert sum(wanted in part for part in allowed) == allows(scope, wanted)
    assert sum(wanted in part for part in refused) == (not allows(scope, wanted))


@given(scope=SCOPES, network=st.sampled_from(NETWORKS).map(ip_network))
def test_the_parts_are_sorted_and_cover_the_network(scope: Scope, network: Network) -> None:
    """Parts do not overlap, count up to the whole, lie inside it, and come in order."""
    allowed, refused = partition(scope, network, NOW)
    parts = [*allowed, *refused]
    assert sum(part.num_addresses for part in parts) == network.num_addresses
    ranges = sorted((int(part.network_address), int(part.broadcast_address)) for part in parts)
    assert all(before[1] < after[0] for before, after in pairwise(ranges))
    assert ranges[0][0] == int(network.network_address)
    for listed in (allowed, refused):
        assert listed == sorted(listed, key=lambda part: int(part.network_address))


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "255.255.255.255", "224.0.0.1", "ff02::1", "::ffff:224.0.0.1"])
def test_some_addresses_are_never_dialled(address: str) -> None:
    """Multicast, broadcast and unspecified addresses have no authority, even where an entry holds them."""
    entries = [Authority(text, "the owner", SOON) for text in ("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1")]
    decision = decide(make_scope(entries, ()), address, NOW)
    assert isinstance(decision, NotAsked)
    assert decision.why is Unasked.NEVER_DIALLED


@pytest.mark.parametrize("text", ["224.0.0.0/28", "0.0.0.0/32", "255.255.255.255/32", "ff02::/120", "::/128"])
def test_a_network_that_is_never_dialled_is_refused_whole(text: str) -> None:
    """No entry, however wide, allows a part of it; its neighbours are allowed."""
    entries = [Authority(text, "the owner", SOON) for text in ("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1")]
    network = ip_network(text)
    assert partition(make_scope(entries, ()), network, NOW) == ([], [network])
    assert partition(make_scope(entries, ()), ip_network("223.255.255.0/24"), NOW)[1] == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.9.9.9", "198.51.100.3", "2001:db8::3"]
)
def test_loopback_and_own_addresses_need_no_entry(address: str) -> None:
    """This machine may always ask itself, on the authority that is built in."""
    decision = decide(make_scope((), ("198.51.100.3", "2001:db8::3")), address, NOW)
    assert isinstance(decision, Authority)
    assert decision.until is None


@pytest.mark.parametrize("address", ["::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_embedded_ipv4_is_judged_as_ipv4(address: str) -> None:
    """IPv4-mapped and NAT64 addresses stand on the entry of the IPv4 network that they reach, and on no IPv6 entry."""
    four = Authority("10.0.0.0/8", "the owner", SOON)
    six = Authority("::/1", "somebody else", SOON)
    assert decide(make_scope([four, six], ()), address, NOW) == four
    assert isinstance(decide(make_scope([six], ()), address, NOW), NotAsked)


def test_a_network_of_embedded_addresses_is_cut_as_its_ipv4_network() -> None:
    """The allowed part comes back in the form that was asked for."""
    scope = make_scope([Authority("10.0.0.0/25", "the owner", SOON)], ())
    allowed, refused = partition(scope, ip_network("64:ff9b::a00:0/120"), NOW)
    assert allowed == [IPv6Network("64:ff9b::a00:0/121")]
    assert refused == [IPv6Network("64:ff9b::a00:80/121")]


@given(scope=SCOPES, pair=st.sampled_from(NETWORKS).map(ip_network).flatmap(inside))
def test_a_network_stands_on_the_entries_that_its_addresses_stand_on(
    scope: Scope, pair: tuple[Network, Address]
) -> None:
    """Each part that may be dialled has one authority, the one that decide names for each of its addresses."""
    network, wanted = pair
    for whole in partition(scope, network, NOW)[0]:
        named = [authority for part, authority in authorities(scope, whole, NOW) if wanted in part]
        assert named == ([decide(scope, str(wanted), NOW)] if wanted in whole else [])


def test_the_most_specific_entry_is_the_authority() -> None:
    """Of nested entries the narrowest that still holds is named, in whatever order they were given."""
    wide, narrow = Authority("10.0.0.0/8", "group", SOON), Authority("10.1.0.0/16", "team", SOON)
    for entries in ([wide, narrow], [narrow, wide]):
        assert decide(make_scope(entries, ()), "10.1.2.3", NOW) == narrow
        assert decide(make_scope(entries, ()), "10.2.2.3", NOW) == wide
    ended = Authority("10.1.0.0/16", "team", PAST)
    assert decide(make_scope([wide, ended], ()), "10.1.2.3", NOW) == wide


def test_an_entry_ends_at_its_moment() -> None:
    """Up to ``until`` it holds, from then on it does not, and the refusal says that it ended."""
    scope = make_scope([Authority("10.0.0.0/8", "the owner", NOW)], ())
    just_before = NOW - timedelta(microseconds=1)
    assert isinstance(decide(scope, "10.0.0.1", just_before), Authority)
    assert permits(spans(scope), bytes([10, 0, 0, 1]), just_before.timestamp())
    decision = decide(scope, "10.0.0.1", NOW)
    assert isinstance(decision, NotAsked)
    assert decision.why is Unasked.SCOPE_ENDED
    assert not permits(spans(scope), bytes([10, 0, 0, 1]), NOW.timestamp())


def test_a_zone_does_not_matter() -> None:
    """A link-local address with a zone is judged by the address."""
    scope = make_scope([Authority("fe80::/64", "the owner", SOON)], ())
    assert isinstance(decide(scope, "fe80::7%eth0", NOW), Authority)
    assert isinstance(decide(make_scope((), ()), "fe80::7%eth0", NOW), NotAsked)


def test_a_network_written_with_host_bits_is_its_network() -> None:
    """An entry 10.0.0.7/8 authorises 10.0.0.0/8."""
    scope = make_scope([Authority("10.0.0.7/8", "the owner", SOON)], ())
    assert allows(scope, IPv4Address("10.255.0.1"))
    assert not allows(scope, IPv6Address("fe80::1"))
