"""What was named and not reached: hosts by their position, networks by any answer out of them."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.targets.spoken import GRAMMAR
from tightlip.targets.overlaps import Sweep, once, sweeps_of
from tightlip.targets.reaching import Reaching, Unreached, named_among

NETWORKS = ["10.0.0.0/30", "10.0.0.0/29", "10.0.0.4-10.0.0.6", "pop3://10.0.0.8/31", "::ffff:10.0.0.8/125"]
NETWORKS += ["2001:db8::/126", "10.0.0.5", "2001:db8::1", "pop3://10.0.0.1"]
ANSWERS = [*(f"10.0.0.{number}" for number in range(18)), "2001:db8::1", "2001:db8::3", "2001:db8::4", "::ffff:a00:9"]


def reaching(*texts: str) -> Reaching:
    """What is to be reached of these targets, all of them asked."""
    targets = [GRAMMAR.read(text) for text in texts]
    return Reaching(named_among(targets, sweeps_of(target for target in targets if not target.is_single)))


@pytest.mark.parametrize(
    ("named", "answer", "left"),
    [
        (("10.0.0.0/24",), None, Unreached(networks=1)),
        (("10.0.0.0/24",), "10.0.0.255", Unreached()),
        (("10.0.0.0/24", "10.0.2.0/24"), "10.0.2.0", Unreached(networks=1)),
        (("10.0.0.0/24", "10.0.0.128/25"), "10.0.0.5", Unreached(networks=1)),
        (("10.0.0.0/24", "10.0.0.128/25"), "10.0.0.200", Unreached()),
        (("10.0.0.0/24", "pop3://10.0.0.0/24"), None, Unreached(networks=1)),
        (("10.0.0.1-10.0.0.9",), "10.0.0.9", Unreached()),
        (("10.0.0.1-10.0.0.9",), "10.0.0.10", Unreached(networks=1)),
        (("10.0.0.0/24", "10.0.0.5"), "10.0.0.6", Unreached(hosts=1)),
        (("10.0.0.0/24", "10.0.0.5"), "10.0.0.5", Unreached()),
        (("10.0.0.0/24", "10.0.0.5"), None, Unreached(hosts=1, networks=1)),
        (("10.0.0.0/24", "10.9.0.5"), "10.0.0.6", Unreached()),
        (("::ffff:10.0.0.0/120",), "10.0.0.7", Unreached()),
        (("10.0.0.0/24",), "::ffff:10.0.0.7", Unreached()),
        (("2001:db8::/64",), "2001:db8::7", Unreached()),
        (("2001:db8::/64",), "10.0.0.7", Unreached(networks=1)),
    ],
)
def test_a_network_counts_as_one(named: tuple[str, ...], answer: str | None, left: Unreached) -> None:
    """One answer out of it is enough; a host in it that was named too wants one of its own."""
    asked = reaching(*named)
    asked.note(0, answer)
    assert asked.unreached() == left


@given(st.lists(st.sampled_from(NETWORKS), max_size=5), st.lists(st.sampled_from(ANSWERS), max_size=5))
def test_overlaps_are_told_apart(named: list[str], answers: list[str]) -> None:
    """As if each answer were held against each thing named."""
    asked = reaching(*named)
    for answer in answers:
        asked.note(0, answer)
    heard = {_plain(answer) for answer in answers}
    targets = {text: GRAMMAR.read(text) for text in named}
    swept = {_plain(str(each)) for one in targets.values() if not one.is_single for net in one.networks for each in net}
    silent: set[tuple[frozenset[str], bool]] = set()
    for target in targets.values():
        addresses = frozenset(_plain(str(address)) for network in target.networks for address in network)
        if addresses & swept and not addresses & heard:
            silent.add((addresses, target.is_single))
    hosts = sum(is_host for _, is_host in silent)
    assert asked.unreached() == Unreached(hosts, len(silent) - hosts)


def _plain(address: str) -> str:
    parsed = ip_address(address)
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def test_what_is_not_asked_of_a_network_is_not_missed() -> None:
    """The scope or an exclusion took all of it, which is told elsewhere."""
    kept = [Sweep(ip_network("10.0.1.0/25"), GRAMMAR.usual)]
    named = named_among([GRAMMAR.read("10.0.0.0/24"), GRAMMAR.read("10.0.1.0/24")], kept)
    assert Reaching(named).unreached() == Unreached(networks=1)


def test_a_host_is_missed_where_its_position_ends_without_an_answer() -> None:
    """Once, and not where anything answered."""
    asked = reaching()
    for position in (3, 4):
        asked.expect(position, [f"192.0.2.{position}"])
    asked.note(4, "192.0.2.4")
    assert [asked.finish(position) for position in (3, 4, 5, 3)] == [1, 0, 0, 0]


def test_a_name_is_missed_at_each_of_its_addresses() -> None:
    """What answered before the run was cut off has answered."""
    asked = reaching()
    asked.recall(7, "192.0.2.1")
    asked.expect(7, ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"])
    asked.note(7, "192.0.2.3")
    asked.note(8, "192.0.2.2")
    assert asked.finish(7) == 2


@pytest.mark.parametrize(
    ("texts", "must"),
    [
        (("mail.test",), [True]),
        (("mail.test", "MAIL.test."), [True]),
        (("mail.test:110",), [False]),
        (("mail.test:110", "mail.test"), [False, False]),
        (("192.0.2.7", "pop3://192.0.2.0/24"), [False]),
        (("192.0.2.7", "pop3://192.0.9.0/24"), [True]),
    ],
)
def test_a_bare_host_must_answer_where_nothing_else_speaks_for_it(texts: tuple[str, ...], must: list[bool]) -> None:
    """A port that was named is a doubt of its own, and so is a host within a network."""
    targets = [GRAMMAR.read(text) for text in texts]
    sweeps = sweeps_of(target for target in targets if not target.is_single)
    assert [each.must_answer for each in once((one for one in targets if one.is_single), sweeps)] == must
