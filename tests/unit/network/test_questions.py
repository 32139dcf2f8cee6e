"""What one visit asks: again with a version, by other doors, and of ports whose protocol nobody named."""

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import IMPLICIT, PLAIN, QUICK, STARTTLS, ask, ask_one, item_for, said
from tests.unit.network.scripts import NAMED, REFUSES, UNNAMED, hang_up, mute, ntlm, pop3
from tests.unit.network.servers import Act, Client, serving
from tests.unit.network.shown import certificate, context_of, over_tls
from tightlip.model.facts import Acceptance, Challenge, Door, Unanswered
from tightlip.model.host_view import Assessed
from tightlip.model.verdict import Reason, Verdict
from tightlip.talk.recipe import type2

pytestmark = pytest.mark.usefixtures("poller")

SPNEGO_NAMED = type2("target=CORP nb_computer=MX1 spnego")
DISCLOSES, CLEAN = (Verdict.DISCLOSES, Reason.NAMES), (Verdict.CLEAN, Reason.REFUSED)
HASTY = replace(QUICK, connect_timeout=0.1, read_timeout=0.1, retry_delay=0.01)


def doors(assessed: Assessed) -> list[Door]:
    """The doors that accepted, in order."""
    return [fact.via for fact in assessed.observation.facts if isinstance(fact, Acceptance)]


def test_a_challenge_that_names_nothing_is_asked_for_again_with_a_version() -> None:
    """The second type 1 wants a version, on a connection of its own; both challenges are in one observation."""
    with serving(ntlm(UNNAMED, NAMED)) as server:
        assessed = ask_one(server)
    assert said(assessed) == DISCLOSES
    assert assessed.observation.connections == len(server.times) == 2
    raws = [fact.raw for fact in assessed.observation.facts if isinstance(fact, Challenge)]
    assert raws == [UNNAMED, NAMED]


def test_it_is_asked_for_once_more_only() -> None:
    """A server that names nothing either time offers, after two connections."""
    with serving(ntlm(UNNAMED, UNNAMED)) as server:
        assessed = ask_one(server)
    assert said(assessed) == (Verdict.OFFERS, Reason.EMPTY_CHALLENGE)
    assert len(server.times) == 2


def test_a_challenge_that_names_is_not_asked_for_again() -> None:
    """One connection is enough."""
    with serving(ntlm()) as server:
        ask_one(server)
    assert len(server.times) == 1


def test_spnego_is_asked_where_it_is_listed() -> None:
    """On its own connection, and told of by its door."""
    with serving(ntlm(spnego=SPNEGO_NAMED, sasl=b"NTLM GSS-SPNEGO")) as server:
        assessed = ask_one(server)
    assert said(assessed) == DISCLOSES
    assert doors(assessed) == [Door.AUTH, Door.SPNEGO]
    assert assessed.observation.connections == len(server.times) == 2


@pytest.mark.parametrize(
    ("second", "reason"),
    [(hang_up, Reason.CLOSED_EARLY), (mute, Reason.TIMED_OUT), (pop3(greeting=b"SSH-2.0\r\n"), Reason.CLOSED_EARLY)],
    ids=["closes", "keeps silent", "talks of something else"],
)
def test_a_door_that_was_not_answered_is_a_doubt(second: Act, reason: Reason) -> None:
    """NTLM was refused, SPNEGO is listed and its connection came to nothing: that is not clean."""
    listing = pop3({**REFUSES, b"CAPA": b"+OK\r\nSASL GSS-SPNEGO\r\n.\r\n"})
    with serving(lambda client: (second if client.number else listing)(client)) as server:
        assessed = ask_one(server, settings=HASTY)
    assert said(assessed) == (Verdict.INCONCLUSIVE, reason)
    assert [fact.via for fact in assessed.observation.facts if isinstance(fact, Unanswered)] == [Door.SPNEGO]


def test_a_door_that_was_not_answered_takes_no_disclosure_back() -> None:
    """What the first connection proved stands, with its ending."""
    with serving(lambda client: (hang_up if client.number else ntlm(sasl=b"GSS-SPNEGO"))(client)) as server:
        assessed = ask_one(server, settings=HASTY)
    assert said(assessed) == DISCLOSES


def unknown(act: Act) -> list[Assessed]:
    """What is said of a port that nobody gave a protocol."""
    with serving(act) as server:
        return ask([item_for(server, protocol="unknown")], HASTY)


def test_an_unknown_port_is_recognised_by_its_greeting() -> None:
    """The protocol's states of a clear port follow, under the same ticket."""
    assessed = unknown(ntlm())
    told = {(each.observation.endpoint.scheme, said(each)) for each in assessed}
    assert told == {("pop3", DISCLOSES), ("pop3+starttls", (Verdict.ABSENT, Reason.NO_STARTTLS))}


@pytest.mark.parametrize(
    ("greeting", "protocol"),
    [
        (b"* OK ready\r\n", "imap"),
        (b"220 mail.example.org ESMTP\r\n", "smtp"),
        (b"220 mail.example.org LMTP\r\n", "lmtp"),
        (b"200 news.example.org\r\n", "nntp"),
        (b'"IMPLEMENTATION" "x"\r\nOK\r\n', "managesieve"),
        (b"-ERR go away \xff\xfe\r\n", "pop3"),
    ],
)
def test_each_protocol_is_recognised(greeting: bytes, protocol: str) -> None:
    """Whoever greets is asked in his own language."""
    assessed = unknown(pop3({}, greeting))
    assert {each.observation.endpoint.protocol for each in assessed} == {protocol}
    assert {each.observation.endpoint.security for each in assessed} == {PLAIN, STARTTLS}


def test_an_unknown_port_with_tls_is_recognised_below_it() -> None:
    """Silence in clear leads to one more try, with TLS first."""
    context = context_of(certificate())

    def tls_only(client: Client) -> None:
        if client.number:
            over_tls(ntlm(), context)(client)
        else:
            client.linger()

    (assessed,) = unknown(tls_only)
    assert assessed.observation.endpoint.scheme == "pop3s"
    assert said(assessed) == DISCLOSES


def test_an_unknown_port_that_speaks_something_else() -> None:
    """One observation, which says what came."""
    (assessed,) = unknown(pop3(greeting=b"SSH-2.0-OpenSSH_9.2\r\n"))
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.OTHER_PROTOCOL)
    assert assessed.observation.endpoint.protocol == "unknown"


def test_an_unknown_port_that_is_mute_with_and_without_tls() -> None:
    """Two connections, one observation."""
    (assessed,) = unknown(mute)
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.MUTE)
    assert assessed.observation.endpoint.security is IMPLICIT


def test_several_unknown_ports_share_no_ticket() -> None:
    """Every ticket is done once, after its last outcome."""
    with serving(ntlm()) as server, serving(pop3()) as other:
        items = [item_for(server, protocol="unknown", ticket=4), item_for(other, protocol="unknown", ticket=5)]
        assert len(ask(items, HASTY)) == 4
