"""Error limits and bans: both cut us off after refusals, and only who greets us the next time bans nobody."""

import threading
import time

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import PLAIN, QUICK, STARTTLS, ask, ask_one, item_for, said
from tests.unit.network.scripts import NAMED, REFUSES, converse, hang_up, ntlm, pop3
from tests.unit.network.servers import DEADLINE, Act, Client, Server, serving
from tightlip.model.facts import ErrorLimit
from tightlip.model.host_view import Assessed
from tightlip.model.verdict import Reason, Verdict
from tightlip.talk.probes import INVENTED_MECHANISM

CLEAN = (Verdict.CLEAN, Reason.REFUSED)
BANNED = (Verdict.INCONCLUSIVE, Reason.BANNED)
STOPPED = (Verdict.INCONCLUSIVE, Reason.STOPPED_ASKING)
UNKNOWN = INVENTED_MECHANISM.encode()
ONE_BY_ONE = replace(QUICK, per_host=1)

LISTS_SPNEGO = {**REFUSES, b"CAPA": b"+OK\r\nSASL PLAIN GSS-SPNEGO GSSAPI\r\n.\r\n"}


def limited(refusals: int, answers: dict[bytes, bytes] = LISTS_SPNEGO) -> Act:
    """A server that closes when it would have to refuse once more; lines are answered as a whole or by their word."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        left = refusals
        while line := client.hear():
            word = line.split(b" ")[0]
            answer = answers.get(line, answers.get(word, b"-ERR unknown\r\n"))
            if answer.startswith(b"-ERR") and word == b"AUTH":
                left -= 1
            if left < 0:
                return
            client.say(answer)
            if word == b"QUIT":
                return

    return act


def first(act: Act, then: Act) -> Act:
    """One thing to the first client, another to the rest."""
    return lambda client: (act if client.number == 0 else then)(client)


def limits(assessed: Assessed) -> list[ErrorLimit]:
    """The limits of errors that were met."""
    return [fact for fact in assessed.observation.facts if isinstance(fact, ErrorLimit)]


def asked(server: Server) -> list[list[bytes]]:
    """The mechanisms that each connection asked for, in order."""
    return [
        [line.split(b" ")[1] for line in client.heard.split(b"\r\n") if line.startswith(b"AUTH ")]
        for client in server.clients
    ]


def test_a_limit_of_errors_is_met_by_another_connection() -> None:
    """Closed after a refusal and greeted the next time: what was open is asked there, one refusal at a time."""
    answers = {**REFUSES, b"CAPA": b"+OK\r\nSASL PLAIN MSN\r\n.\r\n", b"AUTH PLAIN": b"+ \r\n"}
    with serving(limited(1, answers)) as server:
        assessed = ask_one(server)
    assert asked(server) == [[b"NTLM", b"MSN"], [b"MSN"], [b"PLAIN", b"NTLM"], [UNKNOWN]]
    assert limits(assessed) == [ErrorLimit(1)]
    assert said(assessed) == CLEAN


def test_what_a_limit_of_errors_hides_is_found() -> None:
    """The door that was cut off is the one that leaks."""

    def act(client: Client) -> None:
        (limited(1) if client.number == 0 else ntlm(b"", spnego=NAMED, sasl=b"GSS-SPNEGO"))(client)

    with serving(act) as server:
        assessed = ask_one(server)
    assert said(assessed) == (Verdict.DISCLOSES, Reason.NAMES)
    assert limits(assessed) == [ErrorLimit(1)]


def test_a_limit_of_errors_takes_four_connections_at_most() -> None:
    """Who cuts off every connection is not asked for ever: what stays unasked leaves the state in doubt."""
    with serving(limited(1)) as server:
        assessed = ask_one(server)
    assert len(server.clients) == 4
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.LEFT_UNASKED)


def test_a_refusal_for_the_errors_before_it_is_no_answer() -> None:
    """ "Too many errors" is said of us, not of the mechanism that was asked for last: that is asked once more."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        refusals = 0
        while line := client.hear():
            word = line.split(b" ")[0]
            if word == b"AUTH":
                refusals += 1
                if refusals == 2 and client.number == 0:
                    client.say(b"-ERR Too many invalid commands.\r\n")
                    return
            client.say(LISTS_SPNEGO.get(word, b"-ERR unknown\r\n"))
            if word == b"QUIT":
                return

    with serving(act) as server:
        assessed = ask_one(server)
    first_two = asked(server)[:2]
    assert first_two[0] == [b"NTLM", b"GSS-SPNEGO"]
    assert first_two[1][0] == b"GSS-SPNEGO"
    assert limits(assessed) == [ErrorLimit(1)]


@pytest.mark.parametrize(
    ("then", "connections"),
    [(hang_up, 3), (lambda client: client.reset(), 3), (lambda client: client.linger(), 2)],
    ids=["closes", "resets", "keeps silent"],
)
def test_not_to_be_greeted_after_refusals_is_a_ban(then: Act, connections: int) -> None:
    """Whatever was refused before the verdict is a doubt; who closes is asked once more, after a while."""
    with serving(first(limited(1), then)) as server:
        assessed = ask_one(server, settings=replace(QUICK, connect_timeout=0.1, read_timeout=0.1))
    assert said(assessed) == BANNED
    assert len(server.clients) == connections
    assert limits(assessed) == []
    assert assessed.observation.was_throttled


def test_a_port_that_is_closed_to_us_after_refusals_is_a_ban() -> None:
    """A fire wall that rejects us from now on is the same."""
    doors: list[Server] = []

    def ban(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        while (line := client.hear()) != b"AUTH GSS-SPNEGO":
            client.say(LISTS_SPNEGO.get(line.split(b" ")[0], b"-ERR unknown\r\n"))
        doors[0].refuse()

    with serving(ban) as server:
        doors.append(server)
        assessed = ask_one(server)
    assert said(assessed) == BANNED


def test_a_host_that_bans_us_is_left_alone_for_the_rest_of_the_run() -> None:
    """Its other endpoints are not asked, and say so; another host is."""
    banning = pop3({**REFUSES, b"AUTH": b"-ERR Your IP address has been blocked\r\n"})
    with serving(banning) as banned, serving(pop3()) as quiet, serving(pop3(), "127.0.0.3") as other:
        items = [
            item_for(banned),
            item_for(banned, STARTTLS, ticket=1),
            item_for(quiet, ticket=2),
            item_for(other, ticket=3),
        ]
        assessed = ask(items, ONE_BY_ONE)
    told = {(each.observation.endpoint.port, each.observation.endpoint.security): said(each) for each in assessed}
    assert told == {
        (banned.port, PLAIN): BANNED,
        (banned.port, STARTTLS): STOPPED,
        (quiet.port, PLAIN): STOPPED,
        (other.port, PLAIN): CLEAN,
    }
    assert quiet.clients == []


def test_a_host_that_does_not_greet_us_any_more_is_left_alone_too() -> None:
    """A port of it that was recognised meanwhile is not asked."""
    banned = threading.Event()

    def ban(client: Client) -> None:
        hang_up(client)
        if client.number == 2:
            banned.set()

    def greet_late(client: Client) -> None:
        banned.wait(DEADLINE)
        time.sleep(0.1)
        pop3()(client)

    with serving(first(limited(1), ban)) as banning, serving(greet_late) as quiet:
        items = [item_for(banning), item_for(quiet, protocol="unknown", ticket=1)]
        assessed = ask(items)
    assert sorted(map(said, assessed)) == sorted([BANNED, STOPPED, STOPPED])
    assert [client.heard for client in quiet.clients] == [b""]


def test_a_ban_takes_no_disclosure_back_and_is_told() -> None:
    """The host was named before; the observation says that it had enough of us by the end."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        converse(client, {**LISTS_SPNEGO, b"AUTH": b"-ERR Your IP address has been blocked\r\n"})

    with serving(ntlm()) as leaking, serving(act) as banning:
        items = [item_for(banning), item_for(leaking, ticket=1)]
        after_ban = ask(items, ONE_BY_ONE)
        before_ban = ask(items[::-1], ONE_BY_ONE)
    assert [said(each) for each in after_ban] == [BANNED, STOPPED]
    assert [said(each) for each in before_ban] == [(Verdict.DISCLOSES, Reason.NAMES), BANNED]
    assert [each.observation.was_throttled for each in before_ban] == [False, True]
