"""Servers that have no time for us: one retry, later; the port is left alone meanwhile, and soon the whole host."""

import time

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import IMPLICIT, PLAIN, QUICK, STARTTLS, ask, ask_one, item_for, said
from tests.unit.network.scripts import NAMED, REFUSES, converse, hang_up, ntlm, pop3
from tests.unit.network.servers import Act, Client, Server, serving
from tightlip.model.facts import Banner
from tightlip.model.observation import Depth, Ending
from tightlip.model.verdict import Reason, Verdict

DELAY = 0.12
PATIENT = replace(QUICK, retry_delay=DELAY)

THROTTLED = (Verdict.INCONCLUSIVE, Reason.THROTTLED)
REFUSED_FOR_NOW = (Verdict.INCONCLUSIVE, Reason.REFUSED_FOR_NOW)
STOPPED = (Verdict.INCONCLUSIVE, Reason.STOPPED_ASKING)
CLEAN = (Verdict.CLEAN, Reason.REFUSED)


def reset_at_once(client: Client) -> None:
    """A RST before the greeting, as tcp wrappers and ban tools do."""
    client.reset()


def first(act: Act, then: Act) -> Act:
    """One thing to the first client, another to the rest."""
    return lambda client: (act if client.number == 0 else then)(client)


BUSY: list[tuple[Act, tuple[Verdict, Reason]]] = [
    (hang_up, THROTTLED),
    (reset_at_once, THROTTLED),
    (pop3(greeting=b"-ERR [SYS/TEMP] try again later\r\n"), THROTTLED),
    (pop3({**REFUSES, b"AUTH": b"-ERR [IN-USE] busy\r\n"}), REFUSED_FOR_NOW),
]
IDS = ["closes", "resets", "says so", "refuses for now"]


@pytest.mark.parametrize(("busy", "verdict"), BUSY, ids=IDS)
def test_a_busy_server_is_asked_once_more_later(busy: Act, verdict: tuple[Verdict, Reason]) -> None:
    """Exactly one retry, not before the delay is over; the verdict is a doubt, never clean."""
    with serving(busy) as server:
        assessed = ask_one(server, settings=PATIENT)
    assert said(assessed) == verdict
    assert assessed.observation.connections == len(server.times) == 2
    assert server.times[1] - server.times[0] >= DELAY


@pytest.mark.parametrize(("busy", "verdict"), BUSY, ids=IDS)
def test_a_server_that_has_time_the_second_time(busy: Act, verdict: tuple[Verdict, Reason]) -> None:
    """The retry's answer is the answer; what was said before is no fact any more."""
    with serving(first(busy, ntlm())) as server:
        assessed = ask_one(server, settings=PATIENT)
    assert verdict[0] is Verdict.INCONCLUSIVE
    assert said(assessed) == (Verdict.DISCLOSES, Reason.NAMES)
    assert [fact for fact in assessed.observation.facts if isinstance(fact, Banner)] == [Banner("ready")]


def test_a_server_that_bans_us_is_not_unreachable() -> None:
    """It spoke to us a moment ago: refusing the retry's connection is a way of having no time."""
    doors: list[Server] = []

    def ban(client: Client) -> None:
        doors[0].refuse()
        client.socket.close()

    with serving(ban) as server:
        doors.append(server)
        assessed = ask_one(server, settings=PATIENT)
    assert said(assessed) == THROTTLED
    assert (assessed.observation.ending, assessed.observation.error) == (Ending.THROTTLED, "ECONNREFUSED")


def test_a_time_out_is_not_retried() -> None:
    """A mute server is asked once."""
    with serving(lambda client: client.linger()) as server:
        assessed = ask_one(server, settings=replace(PATIENT, connect_timeout=0.1, read_timeout=0.1))
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.MUTE)
    assert len(server.times) == 1


def test_a_held_port_is_left_alone_in_all_its_states_and_the_others_are_not() -> None:
    """While one host and port waits, its other port is asked at once, its other state later."""
    with serving(first(hang_up, pop3())) as busy, serving(pop3()) as other:
        items = [item_for(busy), item_for(busy, STARTTLS, ticket=1), item_for(other, ticket=2)]
        assessed = ask(items, replace(PATIENT, per_host=1))
    assert [said(each)[0] for each in assessed] == [Verdict.CLEAN, Verdict.CLEAN, Verdict.ABSENT]
    assert [each.observation.endpoint.security for each in assessed] == [PLAIN, PLAIN, STARTTLS]
    assert other.times[0] < busy.times[1]
    assert busy.times[1] - busy.times[0] >= DELAY


def test_after_two_throttled_answers_the_rest_of_the_host_is_not_asked() -> None:
    """Two busy ports, or one that stays busy: endpoints that have not been asked yet are told of and left alone."""
    with (
        serving(hang_up) as busy,
        serving(hang_up) as second,
        serving(pop3()) as quiet,
        serving(pop3(), "127.0.0.3") as other,
    ):
        items = [item_for(busy), item_for(second, ticket=1), item_for(quiet, ticket=2), item_for(other, ticket=3)]
        assessed = ask(items, replace(PATIENT, per_host=1))
    told = {each.observation.endpoint.port: said(each) for each in assessed}
    assert told == {busy.port: THROTTLED, second.port: THROTTLED, quiet.port: STOPPED, other.port: CLEAN}
    assert not quiet.times
    assert [len(server.times) for server in (busy, second, other)] == [2, 2, 1]


def test_one_endpoint_that_stays_busy_is_two_throttled_answers() -> None:
    """Its first answer and its retry count; what comes after it is not asked."""
    with serving(hang_up) as busy, serving(pop3()) as quiet:
        many = [item_for(busy, security, ticket=turn) for turn, security in enumerate((PLAIN, STARTTLS, IMPLICIT))]
        assessed = ask([*many, item_for(quiet, ticket=3)], replace(PATIENT, per_host=1, retry_delay=0.01))
    assert sorted(said(each)[1] for each in assessed if each.observation.endpoint.port == busy.port) == [
        Reason.STOPPED_ASKING,
        Reason.STOPPED_ASKING,
        Reason.THROTTLED,
    ]


def test_a_further_connection_that_is_throttled_is_retried_too() -> None:
    """What was not answered for now is asked once more; what the first connection taught stays known meanwhile."""
    turns = [ntlm(older=NAMED), BUSY[2][0], ntlm(older=NAMED)]
    with serving(lambda client: turns[client.number](client)) as server:
        assessed = ask_one(server, settings=replace(PATIENT, repeats=1), depth=Depth.THOROUGH)
    assert said(assessed) == (Verdict.DISCLOSES, Reason.NAMES)
    assert len(server.times) == 3
    assert server.times[2] - server.times[1] >= DELAY


def test_a_further_connection_that_stays_throttled_takes_nothing_back() -> None:
    """The host was disclosed before it had no time for us."""
    with serving(first(ntlm(older=NAMED), BUSY[2][0])) as server:
        assessed = ask_one(server, settings=replace(PATIENT, repeats=1), depth=Depth.THOROUGH)
    assert said(assessed) == (Verdict.DISCLOSES, Reason.NAMES)
    assert assessed.observation.was_throttled


def test_a_refusal_after_the_question_was_answered_is_not_retried() -> None:
    """Temporary trouble after NTLM was accepted changes nothing: it is offered."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        while line := client.hear():
            if line == b"AUTH NTLM":
                client.say(b"+ \r\n")
                client.hear()
                client.say(b"-ERR [SYS/TEMP] try later\r\n")
                converse(client, REFUSES)
            client.say(b"-ERR\r\n")

    with serving(act) as server:
        assessed = ask_one(server, settings=PATIENT)
    assert said(assessed) == (Verdict.OFFERS, Reason.REFUSED_AFTER_ACCEPTING)
    assert len(server.times) == 1


def test_waiting_for_a_retry_does_not_end_the_run() -> None:
    """With nothing else to do the engine waits for the retry's time, without asking before it."""
    with serving(first(hang_up, pop3())) as server:
        began = time.monotonic()
        assessed = ask_one(server, settings=PATIENT)
        assert DELAY <= time.monotonic() - began < 2.0
    assert said(assessed) == CLEAN
