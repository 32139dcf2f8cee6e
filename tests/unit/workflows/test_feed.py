"""The feed and what it lets in: positions that are stored already, exclusions, a scope that has changed."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import msgspec
import pytest

from tests.unit.targets.spoken import GRAMMAR
from tightlip.assess.scope import Scope, make_scope
from tightlip.model.endpoint import Security
from tightlip.model.networks import Network
from tightlip.model.observation import Depth, Intent
from tightlip.model.run import Authority, Unasked
from tightlip.network.messages import UNKNOWN, WorkItem
from tightlip.targets.grammar import Ask, Target
from tightlip.targets.ledger import Ledger
from tightlip.targets.order import walk
from tightlip.targets.overlaps import Sweep
from tightlip.targets.reaching import Reaching
from tightlip.workflows.admission import Admission
from tightlip.workflows.exclusion import Exclusions, make_exclusions
from tightlip.workflows.feed import Done, Feed
from tightlip.workflows.intake import Itinerary, Wanted, make_itinerary
from tightlip.workflows.known_findings import Depths
from tightlip.workflows.tally import Tally

POP3 = Ask(110, "pop3", Security.PLAIN)
ANY = Ask(2110, UNKNOWN, Security.PLAIN)
LOOPBACK = make_scope((), ())
POLITELY = Depths(Depth.POLITE)
EXCLUDED = make_exclusions(("[::ffff:127.0.0.1]", "64:ff9b::7f00:102-64:ff9b::7f00:103"))


def itinerary(
    targets: Iterable[Target] = (), sweeps: tuple[Sweep, ...] = (), excluded: tuple[Network, ...] = ()
) -> Itinerary:
    """What is asked."""
    listed = list(targets)
    return Itinerary(lambda: iter(listed), sweeps, Exclusions(networks=excluded), (), (), 0, len(listed))


def host(address: str, *asks: Ask) -> Target:
    """One address."""
    return Target(address, None, (ip_network(address),), asks, Intent.NAMED)


def fed(
    plan: Itinerary, scope: Scope = LOOPBACK, done: Done = frozenset(), depths: Depths = POLITELY
) -> tuple[list[WorkItem], Tally]:
    """All that the feed deals out."""
    tally = Tally()
    feed = Feed(walk(plan.singles(), plan.sweeps, "seed"), plan, scope, Ledger(), tally, done, Reaching(()), depths)
    items: list[WorkItem] = []
    while (dealt := feed()) is not None:
        for _, frame in dealt:
            items += msgspec.msgpack.decode(frame, type=list[WorkItem])
    feed.close()
    return items, tally


@pytest.mark.parametrize(
    ("stored", "is_asked"),
    [
        ((), True),
        (("pop3://127.0.0.1:2110",), True),
        (("pop3+starttls://127.0.0.1:2110",), True),
        (("pop3://127.0.0.1:2110", "pop3+starttls://127.0.0.1:2110"), False),
        (("pop3s://127.0.0.1:2110",), False),
        (("unknown://127.0.0.1:2110",), False),
        (("unknowns://127.0.0.1:2110",), False),
    ],
)
def test_a_recognised_port_is_done_with_all_its_states(stored: tuple[str, ...], is_asked: bool) -> None:
    """One of two states alone was stored: a kill came between them."""
    done = frozenset((0, text, "127.0.0.1") for text in stored)
    items, _ = fed(itinerary([host("127.0.0.1", ANY)]), done=done)
    assert [item.protocol for item in items] == [UNKNOWN] * is_asked


def test_an_exclusion_holds_for_the_address_that_is_reached() -> None:
    """IPv4-mapped and written as it is."""
    excluded = (ip_network("127.0.0.0/30"),)
    targets = [host(address, POP3) for address in ("::ffff:127.0.0.1", "127.0.0.2", "127.0.0.9")]
    items, tally = fed(itinerary(targets, excluded=excluded))
    assert [item.address for item in items] == ["127.0.0.9"]
    assert {(each.target, each.why) for each in tally.not_asked} == {
        ("::ffff:7f00:1", Unasked.EXCLUDED),
        ("127.0.0.2", Unasked.EXCLUDED),
    }
    assert tally.refused == 0


def test_an_exclusion_is_cut_out_of_whatever_reaches_it() -> None:
    """A network that embeds IPv4 and one that does not, each in the form it was written in."""
    wanted = Wanted(("::ffff:127.0.0.0/126", "127.0.1.0/30"), EXCLUDED, lambda: ())
    plan = make_itinerary(wanted, GRAMMAR, LOOPBACK, datetime.now(UTC))
    assert {str(sweep.network) for sweep in plan.sweeps} == {"127.0.1.0/31", "::ffff:7f00:0/128", "::ffff:7f00:2/127"}
    assert {(each.target, each.why) for each in plan.not_asked} == {
        ("::ffff:7f00:1/128", Unasked.EXCLUDED),
        ("127.0.1.2/31", Unasked.EXCLUDED),
    }


def test_every_entry_that_a_sweep_stands_on_is_recorded() -> None:
    """Two halves of one network, authorised by two people; a third entry plays no part."""
    until = datetime.now(UTC) + timedelta(days=1)
    halves = [Authority("192.0.2.0/25", "Anna", until), Authority("192.0.2.128/25", "Bert", until)]
    scope = make_scope([*halves, Authority("198.51.100.0/24", "Carl", until)], ())
    items, tally = fed(itinerary(sweeps=(Sweep(ip_network("192.0.2.0/24"), (POP3,)),)), scope)
    assert len(items) == 256
    assert sorted(each.by for each in tally.scope) == ["Anna", "Bert"]


def test_a_sweep_is_asked_about_once_the_scope_no_longer_holds_it_all() -> None:
    """A run is resumed after half of its network was revoked: not one item of that half is dealt out."""
    scope = make_scope([Authority("192.0.2.0/25", "Anna", datetime.now(UTC) + timedelta(days=1))], ())
    items, tally = fed(itinerary(sweeps=(Sweep(ip_network("192.0.2.0/24"), (POP3,)),)), scope)
    assert {item.address.rpartition(".")[2] for item in items} == {str(number) for number in range(128)}
    assert tally.refused == 128
    assert {each.why for each in tally.not_asked} == {Unasked.OUT_OF_SCOPE}


def test_an_entry_that_ends_stops_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """From that moment on each address is judged by itself; loopback has no end."""
    until = datetime.now(UTC) + timedelta(hours=1)
    scope = make_scope([Authority("192.0.2.0/24", "Anna", until)], ())
    admission = Admission(itinerary(sweeps=(Sweep(ip_network("192.0.2.0/24"), (POP3,)),)), scope)
    assert admission.sweeps_hold
    monkeypatch.setattr("tightlip.workflows.admission.time", Later(until.timestamp()))
    assert not admission.sweeps_hold


class Later:
    """A clock that stands."""

    def __init__(self, now: float) -> None:
        """At that moment, in epoch seconds."""
        self._now = now

    def time(self) -> float:
        """What it shows."""
        return self._now


def test_refused_addresses_do_not_hold_up_the_rest() -> None:
    """Ten thousand of them lie before one that may be asked: a few calls walk over them all."""
    targets = [host(f"198.51.{n // 250}.{n % 250}", POP3) for n in range(5_000)]
    plan = itinerary([*targets, host("127.0.0.1", POP3)])
    tally = Tally()
    feed = Feed(walk(plan.singles(), (), "seed"), plan, LOOPBACK, Ledger(), tally, frozenset(), Reaching(()), POLITELY)
    calls = 0
    while feed() is not None:
        calls += 1
    feed.close()
    assert calls <= 3
    assert (tally.targets, tally.refused, len(tally.not_asked)) == (5_001, 5_000, 1_000)
    assert tally.unlisted == {Unasked.OUT_OF_SCOPE: 4_000}
    assert not any(each.target == "127.0.0.1" for each in tally.not_asked)


def test_a_port_with_a_standing_finding_is_asked_thoroughly() -> None:
    """Only that closes it; the host's other ports, and the same port of other hosts, are asked as ordered."""
    imap = Ask(143, "imap", Security.PLAIN)
    plan = itinerary([host("127.0.0.1", POP3, imap), host("127.0.0.2", POP3)])
    items, _ = fed(plan, depths=Depths(Depth.POLITE, frozenset({("127.0.0.1", 110)})))
    asked = {(item.host, item.port): item.depth for item in items}
    assert asked == {
        ("127.0.0.1", 110): Depth.THOROUGH,
        ("127.0.0.1", 143): Depth.POLITE,
        ("127.0.0.2", 110): Depth.POLITE,
    }
    everywhere, _ = fed(plan, depths=Depths(Depth.THOROUGH))
    assert {item.depth for item in everywhere} == {Depth.THOROUGH}
