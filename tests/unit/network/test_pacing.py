"""Pacing with a clock that a test holds: limits are kept, and nobody who waits is forgotten."""

from heapq import heappop, heappush

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tightlip.model.endpoint import Security
from tightlip.model.observation import Intent
from tightlip.network.messages import WorkItem
from tightlip.network.pacing import Bucket, Pacing, is_loopback, network_of
from tightlip.network.visit import Visit
from tightlip.registry import pick
from tightlip.talk.protocol import Protocol

POP3 = pick("protocols", "pop3", Protocol)

HOSTS = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1", "127.0.0.1", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
VISITS = st.lists(st.tuples(st.sampled_from(HOSTS), st.integers(1, 3)), max_size=60)
LIMITS = st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([0.0, 1.0, 10.0]))


def visit_to(address: str, port: int = 110) -> Visit:
    """A visit that has not begun."""
    item = WorkItem(0, address, address, port, "pop3", Security.PLAIN, Intent.SWEPT)
    return Visit(item, POP3, None)


class Simulation:
    """What the engine does with the pacing, with simulated time: conversations take a while, some are put off."""

    def __init__(self, limits: tuple[int, int, float], data: st.DataObject) -> None:
        """Draw from ``data`` how long each conversation takes and what becomes of it."""
        self.limits = limits
        self.pacing = Pacing(*limits)
        self.data = data
        self.now = 0.0
        self.open: list[tuple[float, int, Visit]] = []
        self.starts: list[tuple[float, str]] = []
        self.ended = 0

    def run(self, visits: list[Visit]) -> None:
        """Everybody comes at once; return when nothing is left to do, or a bound is reached."""
        ready = list(visits)
        for _ in range(40 * len(visits) + 10):
            ready += self.pacing.due(self.now)
            while ready:
                self.try_one(ready.pop(0))
            if not self.open and not self.pacing.parked:
                return
            self.pass_time()
            while self.open and self.open[0][0] <= self.now:
                ready += self.end(heappop(self.open)[2])

    def try_one(self, visit: Visit) -> None:
        """Start a visit, park it, or let it be turned away before its turn."""
        if self.data.draw(st.integers(0, 9)) == 0:
            self.pacing.give_way(visit, self.now)
            self.ended += 1
        elif self.pacing.may_start(visit, self.now):
            self.starts.append((self.now, visit.item.address))
            until = self.now + self.data.draw(st.sampled_from([0.0, 0.3, 2.0]))
            heappush(self.open, (until, len(self.starts), visit))
            self.check_limits()

    def end(self, visit: Visit) -> list[Visit]:
        """A conversation is over: for good, or to be tried again later while its port is held."""
        freed = self.pacing.ended(visit)
        if self.data.draw(st.integers(0, 4)) == 0:
            self.pacing.hold(visit.item.address, visit.item.port, self.now + 5.0)
            self.pacing.park(visit, self.now + 5.0)
        else:
            self.ended += 1
        return freed

    def pass_time(self) -> None:
        """Go on to the next thing that happens."""
        due = self.pacing.next_due()
        times = [self.open[0][0]] if self.open else []
        times += [due] if due is not None else []
        assert times, "somebody waits and nothing will ever wake him"
        self.now = max(self.now, min(times))

    def check_limits(self) -> None:
        """No host and no network has more connections than it may."""
        per_host, per_net, _ = self.limits
        addresses = [visit.item.address for _, _, visit in self.open]
        networks = [network_of(address) for address in addresses]
        assert not per_host or all(addresses.count(each) <= per_host for each in addresses)
        assert not per_net or all(networks.count(each) <= per_net for each in networks)


@given(visits=VISITS, limits=LIMITS, data=st.data())
def test_everybody_has_his_turn_and_no_limit_is_broken(
    visits: list[tuple[str, int]], limits: tuple[int, int, float], data: st.DataObject
) -> None:
    """Whatever ends when, is held, or is turned away while it waits: every visit ends, within all limits."""
    simulation = Simulation(limits, data)
    simulation.run([visit_to(address, port) for address, port in visits])
    assert simulation.ended == len(visits)
    assert simulation.pacing.parked == 0
    if limits[2]:
        last: dict[str, float] = {}
        for now, address in simulation.starts:
            if not is_loopback(address):
                assert now - last.get(address, -9.0) >= 1.0 / limits[2] - 1e-9
                last[address] = now


def test_those_behind_a_visit_that_is_turned_away_are_tried() -> None:
    """The one place that came free goes to the next in line when the one who was woken does not take it."""
    pacing = Pacing(0, 1, 0.0)
    first, *others = [visit_to(f"10.0.0.{host}") for host in range(1, 12)]
    assert pacing.may_start(first, 0.0)
    assert not any(pacing.may_start(visit, 0.0) for visit in others)
    woken = pacing.ended(first)
    for visit in woken:
        pacing.give_way(visit, 0.0)
    next_ones = pacing.due(0.0)
    assert next_ones
    assert not set(map(id, woken)) & set(map(id, next_ones))


def test_a_place_is_not_kept_for_a_host_that_must_pause() -> None:
    """The network's free place goes to another host while the first one's pause lasts."""
    pacing = Pacing(0, 1, 1.0)
    one, again, other = visit_to("10.0.0.1"), visit_to("10.0.0.1"), visit_to("10.0.0.2")
    assert pacing.may_start(one, 0.0)
    assert not pacing.may_start(again, 0.1)
    assert not pacing.may_start(other, 0.1)
    ready = pacing.ended(one)
    started = [visit for visit in ready if pacing.may_start(visit, 0.2)]
    started += [visit for visit in pacing.due(0.2) if pacing.may_start(visit, 0.2)]
    assert started == [other]


def test_the_memory_of_a_long_sweep_is_flat() -> None:
    """Hosts whose pause is over are forgotten, though each is asked once only."""
    pacing = Pacing(2, 64, 1.0)
    for number in range(50_000):
        visit = visit_to(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        assert pacing.may_start(visit, number / 1_000)
        assert pacing.ended(visit) == []
    assert len(vars(pacing)["_hosts"]) < 10_000
    assert not vars(pacing)["_nets"]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2"),
        ("2001:db8::1", "2001:db8:0:0"),
        ("2001:db8:0:0:5:6:7:8", "2001:db8:0:0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("2001:db8:1::9", "2001:db8:1:0"),
        ("::1", "0:0:0:0"),
        ("fe80::1%eth0", "fe80:0:0:0"),
    ],
)
def test_a_network_is_a_24_or_a_64(address: str, network: str) -> None:
    """However the address is written, hosts of one /24 or /64 have one key."""
    assert network_of(address) == network


@given(rate=st.sampled_from([0.5, 7.0, 500.0]), waits=st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_a_bucket_gives_no_more_than_its_rate(rate: float, waits: list[float]) -> None:
    """Over any stretch of time no more starts than the rate allows, and its burst; who waits as told gets one."""
    bucket, now = Bucket(rate), 1_000.0
    began = now
    for taken, step in enumerate(waits, 1):
        now += step
        wait = bucket.wait(now)
        if wait:
            now += wait + 1e-9
            assert bucket.wait(now) == 0.0
        bucket.take()
        assert taken <= (now - began) * rate + max(1.0, rate / 20) + 1e-6


def test_a_rate_of_nothing_is_no_limit() -> None:
    """0 means none, as everywhere."""
    bucket = Bucket(0.0)
    for _ in range(10_000):
        assert bucket.wait(5.0) == 0.0
        bucket.take()
