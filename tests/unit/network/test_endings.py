"""How conversations end: whatever a server does, the engine says so truthfully, in time and within bounds."""

import time

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import QUICK, ask, ask_one, item_for, said
from tests.unit.network.scripts import NAMED, REFUSES, converse, mute, ntlm, pop3
from tests.unit.network.servers import Client, closed_port, deaf_port, serving
from tightlip.model.facts import Banner, Challenge
from tightlip.model.observation import Ending, Speaker
from tightlip.model.verdict import Reason, Verdict
from tightlip.talk.framing import LIMIT
from tightlip.talk.session import CONVERSATION_LIMIT

pytestmark = pytest.mark.usefixtures("poller")

INCONCLUSIVE = Verdict.INCONCLUSIVE


def test_a_server_that_discloses() -> None:
    """The whole way: greeting, challenge, cancel, goodbye; the transcript holds both sides."""
    with serving(ntlm()) as server:
        assessed = ask_one(server)
    assert said(assessed) == (Verdict.DISCLOSES, Reason.NAMES)
    observation = assessed.observation
    assert (observation.ending, observation.connections, observation.address) == (Ending.COMPLETED, 1, "127.0.0.1")
    assert [fact.raw for fact in observation.facts if isinstance(fact, Challenge)] == [NAMED]
    spoken = [line.data for line in observation.transcript if line.speaker is Speaker.CLIENT]
    assert spoken[:2] == [b"CAPA", b"AUTH NTLM"]
    assert spoken[3:] == [b"*", b"QUIT"]
    assert server.clients[0].heard.endswith(b"*\r\nQUIT\r\n")


def test_a_server_that_speaks_byte_by_byte() -> None:
    """One byte a segment teaches the same as all at once."""

    def drop_by_drop(client: Client) -> None:
        client.drips = True
        ntlm()(client)

    with serving(ntlm()) as server, serving(drop_by_drop) as slow:
        expected, found = ask_one(server), ask_one(slow)
    assert found.observation.facts == expected.observation.facts
    assert found.observation.transcript == expected.observation.transcript


def test_nobody_listens() -> None:
    """A refused connection is unreachable, at once."""
    with closed_port() as port:
        assessed = ask_one(port)
    assert said(assessed) == (Verdict.UNREACHABLE, Reason.CONNECTION_REFUSED)
    assert assessed.observation.error == "ECONNREFUSED"


def test_nobody_answers_the_connection() -> None:
    """Connecting has its own time-out, shorter or longer than that for reading."""
    with deaf_port() as port:
        began = time.monotonic()
        assessed = ask_one(port, settings=replace(QUICK, connect_timeout=0.15, read_timeout=9.0))
        assert 0.15 <= time.monotonic() - began < 5.0
    assert said(assessed) == (Verdict.UNREACHABLE, Reason.NO_ANSWER)


def test_a_mute_server_is_not_unreachable() -> None:
    """Who takes the connection and says nothing has the read time-out, and is inconclusive."""
    with serving(mute) as server:
        began = time.monotonic()
        assessed = ask_one(server, settings=replace(QUICK, connect_timeout=0.1, read_timeout=0.2))
        assert 0.25 <= time.monotonic() - began < 1.9
    assert said(assessed) == (INCONCLUSIVE, Reason.MUTE)
    assert assessed.observation.ending is Ending.TIMED_OUT


def test_a_read_time_out_shorter_than_that_for_connecting_holds() -> None:
    """A server that falls silent after its greeting is given up after the read time-out."""
    with serving(pop3({b"CAPA": b""})) as server:
        began = time.monotonic()
        assessed = ask_one(server, settings=replace(QUICK, connect_timeout=9.0, read_timeout=0.15))
        assert time.monotonic() - began < 5.0
    assert said(assessed) == (INCONCLUSIVE, Reason.TIMED_OUT)


def test_a_dripping_server_does_not_hold_longer_than_a_conversation() -> None:
    """A byte now and then keeps the read time-out away, not the end of the whole conversation."""

    def drip(client: Client) -> None:
        for _ in range(200):
            client.say(b"+")
            time.sleep(0.03)

    with serving(drip) as server:
        began = time.monotonic()
        assessed = ask_one(server, settings=replace(QUICK, read_timeout=0.2, conversation_timeout=0.4))
        assert 0.4 <= time.monotonic() - began < 4.0
    assert assessed.observation.ending is Ending.TIMED_OUT
    assert said(assessed)[0] is INCONCLUSIVE


@pytest.mark.parametrize(
    "flood",
    [b"+OK " + b"x" * 3 * LIMIT, b"+OK\r\n" + b"junk junk\r\n" * CONVERSATION_LIMIT, b"+OK\r\n" + b"\n" * 2 * LIMIT],
    ids=["a line without end", "lines without end", "empty lines"],
)
def test_a_flood_is_bounded(flood: bytes) -> None:
    """Neither a line nor a conversation without end is read beyond its limit."""

    def pour(client: Client) -> None:
        client.say(flood)
        client.linger()

    with serving(pour) as server:
        assessed = ask_one(server)
    assert said(assessed)[0] is INCONCLUSIVE
    assert assessed.observation.ending is Ending.TOO_LONG
    assert sum(len(line.data) for line in assessed.observation.transcript) <= CONVERSATION_LIMIT


def test_a_server_that_closes_in_the_middle() -> None:
    """Facts learned before the close stay; the question was not answered."""

    def curt(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        client.hear()

    with serving(curt) as server:
        assessed = ask_one(server)
    assert said(assessed) == (INCONCLUSIVE, Reason.CLOSED_EARLY)
    assert Banner("ready") in assessed.observation.facts


def test_a_reset_in_the_middle() -> None:
    """A RST is a close, with its name."""

    def rude(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        client.hear()
        client.reset()

    with serving(rude) as server:
        assessed = ask_one(server)
    assert said(assessed) == (INCONCLUSIVE, Reason.CLOSED_EARLY)
    assert assessed.observation.error == "ECONNRESET"


@pytest.mark.parametrize(
    ("last", "reason"),
    [(b"", (Verdict.CLEAN, Reason.REFUSED)), (b"+OK " + b"x" * 2 * LIMIT, (Verdict.INCONCLUSIVE, Reason.OUT_OF_STEP))],
    ids=["closes", "babbles"],
)
def test_whatever_comes_after_our_goodbye_ends_well(last: bytes, reason: tuple[Verdict, Reason]) -> None:
    """A server that hangs up on QUIT, or cannot stop, has completed; an answer without an end may be another's."""

    def impolite(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        converse(client, {**REFUSES, b"QUIT": last})

    with serving(impolite) as server:
        assessed = ask_one(server)
    assert said(assessed) == reason
    assert assessed.observation.ending is Ending.COMPLETED


def test_another_protocol() -> None:
    """A greeting of something else is no doubt about POP3, and says what came."""
    with serving(pop3(greeting=b"SSH-2.0-OpenSSH_9.2\r\n")) as server:
        assessed = ask_one(server)
    assert said(assessed) == (INCONCLUSIVE, Reason.OTHER_PROTOCOL)
    assert assessed.assessment.detail == "SSH-2.0-OpenSSH_9.2"


def test_a_slow_server_does_not_hold_up_the_others() -> None:
    """One mute server among many that answer: they are all answered before its time is up."""
    with serving(mute) as silent, serving(pop3()) as server:
        items = [item_for(silent, ticket=0), *(item_for(server, ticket=number) for number in range(1, 30))]
        assessed = ask(items, replace(QUICK, connect_timeout=0.2, read_timeout=0.2))
    assert [said(each)[0] for each in assessed] == [Verdict.CLEAN] * 29 + [INCONCLUSIVE]
