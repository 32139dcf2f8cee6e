"""Limits of the engine: how many at once, how fast, how far: and nobody who answers is lost."""

import threading
import time

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import PLAIN, QUICK, Items, Outcomes, ask, item_for, ready_pipe, said
from tests.unit.network.scripts import REFUSES, mute, pop3
from tests.unit.network.servers import Client, serving
from tightlip.model.observation import Intent
from tightlip.model.verdict import Reason, Verdict
from tightlip.network.engine import Engine
from tightlip.network.messages import Outcome, WorkItem

CLEAN = (Verdict.CLEAN, Reason.REFUSED)


def to(address: str, port: int, ticket: int) -> WorkItem:
    """An item for an address of 127.0.0.0/8."""
    return WorkItem(ticket, address, address, port, "pop3", PLAIN, Intent.SWEPT)


class Crowd:
    """A server that answers after a moment, and counts how many are between their connection and its goodbye."""

    def __init__(self) -> None:
        """Nobody is here yet."""
        self._lock = threading.Lock()
        self._here = 0
        self.most = 0

    def act(self, client: Client) -> None:
        """Come, be refused, go."""
        with self._lock:
            self._here += 1
            self.most = max(self.most, self._here)
        threading.Event().wait(0.02)
        client.say(b"+OK ready\r\n")
        while (line := client.hear()) != b"QUIT":
            client.say(REFUSES[line.split(b" ")[0]])
        with self._lock:
            self._here -= 1
        client.say(b"+OK bye\r\n")


@pytest.mark.parametrize("at_once", [1, 7, 100])
def test_nobody_is_lost(at_once: int) -> None:
    """Every answering host is in the records, whatever the concurrency, and no more are open than it allows."""
    with serving(pop3(), "0.0.0.0") as server:
        items = [to(f"127.3.0.{host}", server.port, host) for host in range(1, 121)]
        assessed = ask(items, replace(QUICK, concurrency=at_once))
    assert {each.observation.address for each in assessed} == {item.address for item in items}
    assert {said(each) for each in assessed} == {CLEAN}
    assert len(server.times) == 120


def test_concurrency_is_a_limit() -> None:
    """No more connections than allowed are open together, though more hosts wait."""
    crowd = Crowd()
    with serving(crowd.act, "0.0.0.0") as server:
        ask([to(f"127.3.0.{host}", server.port, host) for host in range(1, 31)], replace(QUICK, concurrency=5))
    assert 1 < crowd.most <= 5


def test_a_host_is_asked_by_so_many_at_once() -> None:
    """The limit per host holds for all its endpoints together, and everybody has his turn."""
    crowd = Crowd()
    with serving(crowd.act) as server:
        assessed = ask([item_for(server, ticket=number) for number in range(9)], replace(QUICK, per_host=2))
    assert len(assessed) == 9
    assert crowd.most <= 2


def test_a_network_is_asked_by_so_many_at_once() -> None:
    """The limit per /24 holds for its hosts together."""
    crowd = Crowd()
    with serving(crowd.act, "0.0.0.0") as server:
        items = [to(f"127.3.0.{host}", server.port, host) for host in range(1, 21)]
        assessed = ask(items, replace(QUICK, per_net=3, per_host=1))
    assert len(assessed) == 20
    assert crowd.most <= 3


def test_the_rate_is_kept() -> None:
    """New connections come no faster than the rate; the first few are the bucket's."""
    with serving(pop3()) as server:
        ask([item_for(server, ticket=number) for number in range(20)], replace(QUICK, rate=100.0))
    first, last = server.times[0], server.times[-1]
    assert last - first >= (20 - 1 - 5) / 100 - 0.02


def test_while_the_reader_is_behind_nobody_new_is_started() -> None:
    """A full outlet holds new connections back, and lets those that run end."""

    class Slow(Outcomes):
        is_full = False

        def put(self, outcome: Outcome) -> None:
            super().put(outcome)
            self.is_full = len(self.outcomes) < 2
            self.filled = time.monotonic()

        def send(self, now: float) -> None:
            if self.is_full and now - self.filled > 0.1:
                self.is_full = False

    with serving(pop3()) as server, ready_pipe() as (readable, writable):
        outlet = Slow(writable)
        items = [item_for(server, ticket=number) for number in range(2)]
        Engine(replace(QUICK, concurrency=1), Items(readable, items), outlet).run()
    assert len(outlet.outcomes) == 2
    assert server.times[1] - server.times[0] > 0.1


def test_told_to_stop_the_engine_ends_at_once() -> None:
    """What is in hand is dropped, and every connection is closed."""
    with serving(mute) as server, ready_pipe() as (readable, writable):
        intake, outlet = Items(readable, [item_for(server, ticket=number) for number in range(5)]), Outcomes(writable)
        engine = Engine(QUICK, intake, outlet)
        stopper = threading.Timer(0.1, setattr, (intake, "stopped", True))
        stopper.start()
        began = time.monotonic()
        engine.run()
        stopper.join()
        assert time.monotonic() - began < 1.9
    assert not outlet.outcomes
