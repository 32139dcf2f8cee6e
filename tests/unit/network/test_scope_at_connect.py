"""The scope is asked again at every connect: what has ended or never was is told of, and not dialled."""

import threading
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import QUICK, ask, item_for, said
from tests.unit.network.scripts import REFUSES, hang_up, mute, pop3
from tests.unit.network.servers import Client, serving
from tightlip.assess.scope import Span
from tightlip.model.facts import Unanswered
from tightlip.model.verdict import Reason, Verdict

pytestmark = pytest.mark.usefixtures("poller")

SCOPE_ENDED = (Verdict.INCONCLUSIVE, Reason.SCOPE_ENDED)
FIRST, LAST = bytes([127, 0, 0, 0]), bytes([127, 255, 255, 255])


def ending_in(seconds: float) -> tuple[Span, ...]:
    """Loopback, but not for long."""
    return (Span(FIRST, LAST, datetime.now(UTC).timestamp() + seconds),)


def test_outside_the_scope_nothing_is_sent() -> None:
    """The engine asks again at connect: what its ranges do not hold is handed in without a connection."""
    with serving(pop3()) as server:
        assessed = ask([item_for(server)], replace(QUICK, allowed=()))
    assert [said(each) for each in assessed] == [SCOPE_ENDED]
    assert not server.times


def test_a_scope_that_ends_stops_what_has_not_been_asked() -> None:
    """Whoever waits for a place when the entry ends is told of, however many there are, and not dialled."""
    with serving(mute) as server:
        items = [item_for(server, ticket=number) for number in range(200)]
        settings = replace(QUICK, allowed=ending_in(0.15), per_host=1, connect_timeout=0.25, read_timeout=0.25)
        assessed = ask(items, settings)
    assert [said(each) for each in assessed].count(SCOPE_ENDED) == 199
    assert len(server.times) == 1


def test_a_scope_that_ends_before_the_retry() -> None:
    """The retry is not made, and the observation says why."""
    with serving(hang_up) as server:
        (assessed,) = ask([item_for(server)], replace(QUICK, allowed=ending_in(0.15), retry_delay=0.2))
    assert said(assessed) == SCOPE_ENDED
    assert len(server.times) == assessed.observation.connections == 1


def test_a_scope_that_ends_before_the_last_door_leaves_a_doubt() -> None:
    """NTLM was refused, the listed SPNEGO could not be asked any more: that is not clean."""
    listing = pop3({**REFUSES, b"CAPA": b"+OK\r\nSASL GSS-SPNEGO\r\n.\r\n"})

    def until_it_ends(client: Client) -> None:
        threading.Event().wait(0.2)
        listing(client)

    with serving(until_it_ends) as server:
        (assessed,) = ask([item_for(server)], replace(QUICK, allowed=ending_in(0.15)))
    assert said(assessed) == SCOPE_ENDED
    assert any(isinstance(fact, Unanswered) for fact in assessed.observation.facts)
