"""A port that refuses us is closed, or a ban's: of a host that greeted us it is told by looking at that once more."""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from tests.unit.network.asking import PLAIN, QUICK, STARTTLS, ask, item_for, said
from tests.unit.network.scripts import REFUSES, converse, pop3
from tests.unit.network.servers import Client, Server, closed_port, serving
from tightlip.model.host_view import Assessed
from tightlip.model.verdict import Reason, Verdict

BANNED = (Verdict.INCONCLUSIVE, Reason.BANNED)
THROTTLED = (Verdict.INCONCLUSIVE, Reason.THROTTLED)
REFUSED = (Verdict.UNREACHABLE, Reason.CONNECTION_REFUSED)
CLEAN = (Verdict.CLEAN, Reason.REFUSED)
ONE_BY_ONE = replace(QUICK, per_host=1)


@contextmanager
def banning(*others: Server) -> Iterator[Server]:
    """A POP3 server whose host rejects all connections, those of the other ports too, after its first client."""

    def act(client: Client) -> None:
        for each in (*others, server):
            each.refuse()
        client.say(b"+OK ready\r\n")
        converse(client, REFUSES)

    with serving(act) as server:
        yield server


def by_port(heard: list[Assessed]) -> dict[int, tuple[Verdict, Reason]]:
    """Verdict and reason by port."""
    return {each.observation.endpoint.port: said(each) for each in heard}


def test_a_ban_between_two_ports_is_no_closed_port() -> None:
    """Both are refused: the one that nobody listens at, and the one that answered everybody but us."""
    with serving(pop3()) as other, banning(other) as server, closed_port() as closed:
        items = [item_for(server), item_for(other, ticket=1), item_for(closed, ticket=2)]
        heard = by_port(ask(items, ONE_BY_ONE))
    assert heard == {server.port: CLEAN, other.port: BANNED, closed: BANNED}


def test_a_ban_between_two_states_of_a_port_is_no_missing_state() -> None:
    """One after the other, as a paced scan asks them."""
    with banning() as server:
        heard = ask([item_for(server), item_for(server, STARTTLS, ticket=1)], ONE_BY_ONE)
    assert [said(each) for each in heard] == [CLEAN, BANNED]
    assert heard[1].observation.was_throttled


def test_who_still_greets_us_bans_nobody() -> None:
    """One look, which asks for no mechanism, tells of all closed ports."""
    with serving(pop3()) as server, closed_port() as first, closed_port() as second:
        items = [item_for(server), item_for(first, ticket=1), item_for(second, ticket=2)]
        heard = ask(items, ONE_BY_ONE)
    assert by_port(heard) == {server.port: CLEAN, first: REFUSED, second: REFUSED}
    look = server.clients[-1].heard
    assert look.endswith(b"QUIT\r\n")
    assert b"AUTH" not in look
    assert sum(b"AUTH" not in client.heard for client in server.clients) == 1


def test_who_has_no_time_for_the_look_leaves_it_open() -> None:
    """The look is told to come later: what was refused may have been refused for the same reason."""

    def act(client: Client) -> None:
        if client.number:
            client.say(b"-ERR [SYS/TEMP] try again later\r\n")
            return
        client.say(b"+OK ready\r\n")
        converse(client, {**REFUSES, b"CAPA": b"+OK\r\n.\r\n", b"AUTH": b"-ERR no such mechanism\r\n"})

    with serving(act) as server, closed_port() as closed:
        heard = by_port(ask([item_for(server), item_for(closed, ticket=1)], ONE_BY_ONE))
    assert heard[closed] == THROTTLED


def test_where_nothing_greeted_us_nothing_is_looked_at() -> None:
    """A host of closed ports is what it seems."""
    with closed_port() as first, closed_port() as second:
        heard = ask([item_for(first), item_for(second, PLAIN, ticket=1)])
    assert [said(each) for each in heard] == [REFUSED, REFUSED]


def test_a_ban_from_some_services_alone_is_seen() -> None:
    """As a jail for mail boxes makes it: the first port goes on greeting us, the second does not."""
    with serving(pop3()) as free, serving(pop3()) as other, banning(other) as server:
        items = [item_for(free), item_for(server, ticket=1), item_for(other, ticket=2)]
        heard = by_port(ask(items, ONE_BY_ONE))
    assert heard == {free.port: CLEAN, server.port: CLEAN, other.port: BANNED}


def test_who_may_not_be_looked_at_leaves_it_open() -> None:
    """The host has said "not now" twice: whether the closed port is a ban's nobody can tell."""

    def busy_at_first(client: Client) -> None:
        if client.number:
            client.say(b"+OK ready\r\n")
            converse(client, REFUSES)
        else:
            client.say(b"-ERR [SYS/TEMP] try again later\r\n")

    with (
        serving(pop3()) as server,
        closed_port() as closed,
        serving(busy_at_first) as one,
        serving(busy_at_first) as two,
    ):
        everywhere: list[Server | int] = [server, closed, one, two]
        items = [item_for(each, ticket=number) for number, each in enumerate(everywhere)]
        heard = by_port(ask(items, ONE_BY_ONE))
    assert heard[closed] == (Verdict.INCONCLUSIVE, Reason.STOPPED_ASKING)


def test_a_resumed_run_knows_who_had_greeted_it() -> None:
    """All of the host is refused now: it was the ban that made somebody press Ctrl-C."""
    with closed_port() as before, closed_port() as closed:
        settings = replace(ONE_BY_ONE, greeted=(item_for(before, ticket=-1),))
        (assessed,) = ask([item_for(closed)], settings)
    assert said(assessed) == BANNED


def test_a_ban_that_the_first_of_several_looks_meets_is_told_as_one() -> None:
    """The other looks are not made any more, and nothing else is said of what waited."""
    with serving(pop3()) as first, serving(pop3()) as second, closed_port() as closed, banning(first, second) as server:
        items = [item_for(each, ticket=number) for number, each in enumerate((first, second, server))]
        heard = by_port(ask([*items, item_for(closed, ticket=3)], ONE_BY_ONE))
    assert heard == {first.port: CLEAN, second.port: CLEAN, server.port: CLEAN, closed: BANNED}
