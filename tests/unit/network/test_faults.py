"""Faults of ours, and of this machine: caught per session, told of with their cause, and no word about the peer."""

import select
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import QUICK, ask, item_for, said
from tests.unit.network.scripts import mute, pop3
from tests.unit.network.servers import DEADLINE, Act, Client, serving
from tightlip import registry
from tightlip.model.observation import Ending
from tightlip.model.verdict import Reason, Verdict
from tightlip.network.connection import Connection
from tightlip.talk.probes import Question
from tightlip.talk.protocol import Protocol
from tightlip.talk.session import AnswerOrder
from tightlip.talk.steps import HEAR_LINE, Dialogue, Say

pytestmark = pytest.mark.usefixtures("poller")

CLEAN = (Verdict.CLEAN, Reason.REFUSED)


def faulty(_question: Question) -> Dialogue:
    """A dialogue with a fault of ours."""
    yield HEAR_LINE
    raise ZeroDivisionError("a fault of ours")


def faulty_at_once(_question: Question) -> Dialogue:
    """One that does not even begin."""
    raise ZeroDivisionError("a fault of ours")
    yield  # type: ignore[unreachable]  # what makes this a generator


@pytest.mark.parametrize(("dialogue", "act"), [(faulty, pop3()), (faulty_at_once, pop3()), (faulty_at_once, mute)])
def test_a_fault_of_ours_takes_nobody_else_down(
    monkeypatch: pytest.MonkeyPatch, dialogue: Callable[[Question], Dialogue], act: Act
) -> None:
    """It is kept with its traceback; the other conversations go on."""
    plugs = registry.gather("protocols", Protocol)
    plugs["faulty"] = Protocol("faulty", (), dialogue, bool, "")
    monkeypatch.setattr(registry, "gather", lambda _folder, _kind: plugs)
    with serving(act) as server, serving(pop3()) as other:
        items = [item_for(server, protocol="faulty"), *(item_for(other, ticket=number) for number in (1, 2))]
        assessed = ask(items, replace(QUICK, connect_timeout=0.2, per_host=1))
    assert {each.observation.endpoint.protocol: said(each) for each in assessed} == {
        "faulty": (Verdict.INCONCLUSIVE, Reason.INTERNAL_ERROR),
        "pop3": CLEAN,
    }
    (fault,) = [each.observation for each in assessed if each.observation.ending is Ending.INTERNAL_ERROR]
    assert "ZeroDivisionError: a fault of ours" in (fault.error or "")


def test_a_machine_out_of_descriptors_is_no_unreachable_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine lacks says nothing of the peer."""

    def full(_self: Connection) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(Connection, "open", full)
    (assessed,) = ask([item_for(9)])
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.INTERNAL_ERROR)
    assert assessed.observation.error == "EMFILE"


def chatty(_question: Question) -> Dialogue:
    """A dialogue that answers every line with a megabyte."""
    while True:
        yield HEAR_LINE
        yield Say(bytes(1 << 20))


def test_a_peer_that_does_not_read_costs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits to be sent is bounded: a peer that only ever talks is given up."""

    def talk_only(client: Client) -> None:
        client.say(b"line\r\n" * 16)
        until_gone = select.poll()
        until_gone.register(client.socket.fileno(), select.POLLRDHUP)
        until_gone.poll(DEADLINE * 1_000)

    plugs = registry.gather("protocols", Protocol)
    plugs["chatty"] = Protocol("chatty", (), chatty, bool, "", answers=AnswerOrder.TAGGED)
    monkeypatch.setattr(registry, "gather", lambda _folder, _kind: plugs)
    with serving(talk_only) as server:
        (assessed,) = ask([item_for(server, protocol="chatty")])
    assert assessed.observation.ending is Ending.TOO_LONG
