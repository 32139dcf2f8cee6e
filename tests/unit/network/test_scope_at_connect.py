"""The scope is asked again at every connect: what has ended or never was is told of, and not dialled."""

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import QUICK, ask, item_for, said
from tests.unit.network.scripts import REFUSES, mute, pop3
from tests.unit.network.servers import Act, Client, serving
from tightlip.assess.scope import Span
from tightlip.model.facts import Unanswered
from tightlip.model.verdict import Reason, Verdict
from tightlip.network import reception

SCOPE_ENDED = (Verdict.INCONCLUSIVE, Reason.SCOPE_ENDED)
END = 1_800_000_000.0
UNTIL_THE_END = (Span(bytes([127, 0, 0, 0]), bytes([127, 255, 255, 255]), END),)


class Clock:
    """The wall clock of the reception: before the end of the scope until a server is asked for the first time."""

    now = END - 60.0

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.now

    def runs_out(self, act: Act) -> Act:
        """A server by whose first connection the scope ends."""

        def last(client: Client) -> None:
            self.now = END
            act(client)

        return last


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that decides."""
    clock = Clock()
    monkeypatch.setattr(reception, "time", clock)
    return clock


def test_outside_the_scope_nothing_is_sent() -> None:
    """The engine asks again at connect: what its ranges do not hold is handed in without a connection."""
    with serving(pop3()) as server:
        assessed = ask([item_for(server)], replace(QUICK, allowed=()))
    assert [said(each) for each in assessed] == [SCOPE_ENDED]
    assert not server.times


def test_a_scope_that_ends_stops_what_has_not_been_asked(clock: Clock) -> None:
    """Whoever waits for a place when the entry ends is told of, however many there are, and not dialled."""
    with serving(clock.runs_out(mute)) as server:
        items = [item_for(server, ticket=number) for number in range(200)]
        settings = replace(QUICK, allowed=UNTIL_THE_END, per_host=1, connect_timeout=0.1, read_timeout=0.1)
        assessed = ask(items, settings)
    assert [said(each) for each in assessed].count(SCOPE_ENDED) == 199
    assert len(server.times) == 1


def test_a_scope_that_ends_before_the_retry(clock: Clock) -> None:
    """The retry is not made, and the observation says why."""
    with serving(clock.runs_out(lambda client: client.socket.close())) as server:
        (assessed,) = ask([item_for(server)], replace(QUICK, allowed=UNTIL_THE_END))
    assert said(assessed) == SCOPE_ENDED
    assert len(server.times) == assessed.observation.connections == 1


def test_a_scope_that_ends_before_the_last_door_leaves_a_doubt(clock: Clock) -> None:
    """NTLM was refused, the listed SPNEGO could not be asked any more: that is not clean."""
    listing = pop3({**REFUSES, b"CAPA": b"+OK\r\nSASL GSS-SPNEGO\r\n.\r\n"})
    with serving(clock.runs_out(listing)) as server:
        (assessed,) = ask([item_for(server)], replace(QUICK, allowed=UNTIL_THE_END))
    assert said(assessed) == SCOPE_ENDED
    assert any(isinstance(fact, Unanswered) for fact in assessed.observation.facts)
