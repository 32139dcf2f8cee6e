"""What one visit asks: by another first message, by other doors, and of ports whose protocol nobody named."""

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import IMPLICIT, PLAIN, QUICK, STARTTLS, ask, ask_one, item_for, said
from tests.unit.network.scripts import NAMED, REFUSES, UNNAMED, hang_up, mute, ntlm, pop3
from tests.unit.network.servers import Act, Client, serving
from tests.unit.network.shown import certificate, context_of, over_tls
from tightlip.model.facts import Acceptance, Door, Kerberos
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth, Ending
from tightlip.model.verdict import Reason, Verdict
from tightlip.talk.recipe import type2

pytestmark = pytest.mark.usefixtures("poller")

SPNEGO_NAMED = type2("target=CORP nb_computer=MX1 spnego")
DISCLOSES, CLEAN = (Verdict.DISCLOSES, Reason.NAMES), (Verdict.CLEAN, Reason.REFUSED)
HASTY = replace(QUICK, connect_timeout=0.1, read_timeout=0.1, retry_delay=0.01)


def doors(assessed: Assessed) -> list[Door]:
    """The doors that accepted, in order."""
    return [fact.via for fact in assessed.observation.facts if isinstance(fact, Acceptance)]


def test_the_older_message_is_sent_where_the_current_one_is_refused() -> None:
    """On the same connection; NTLM was taken by then, and the challenge names."""
    with serving(ntlm(older=NAMED)) as server:
        assessed = ask_one(server)
    assert said(assessed) == DISCLOSES
    assert assessed.observation.connections == len(server.times) == 1
    assert doors(assessed) == [Door.AUTH, Door.AUTH]


def test_a_challenge_that_names_nothing_is_not_asked_for_again() -> None:
    """The current message was not refused: whatever it got is the answer."""
    with serving(ntlm(UNNAMED)) as server:
        assessed = ask_one(server)
    assert said(assessed) == (Verdict.OFFERS, Reason.EMPTY_CHALLENGE)
    assert server.clients[0].heard.count(b"AUTH NTLM") == 1


def test_a_challenge_that_names_is_not_asked_for_again() -> None:
    """One connection is enough."""
    with serving(ntlm()) as server:
        ask_one(server)
    assert len(server.times) == 1


def test_spnego_is_asked_where_it_is_listed() -> None:
    """On the same connection, and told of by its door."""
    with serving(ntlm(b"", spnego=SPNEGO_NAMED, sasl=b"GSS-SPNEGO")) as server:
        assessed = ask_one(server)
    assert said(assessed) == DISCLOSES
    assert doors(assessed) == [Door.SPNEGO]
    assert assessed.observation.connections == len(server.times) == 1


def test_once_the_host_is_disclosed_only_a_thorough_asking_goes_on() -> None:
    """NTLM names the host: SPNEGO would teach nothing new of the verdict, but all of what has to be withdrawn."""
    with serving(ntlm(spnego=SPNEGO_NAMED, sasl=b"NTLM GSS-SPNEGO")) as server:
        polite = ask_one(server)
        thorough = ask_one(server, depth=Depth.THOROUGH, settings=replace(QUICK, repeats=1))
    assert doors(polite) == [Door.AUTH]
    assert doors(thorough) == [Door.AUTH, Door.SPNEGO]


def test_spnego_that_is_taken_is_no_ntlm() -> None:
    """It carries Kerberos as well: without a challenge nothing was accepted, and what came is told."""
    with serving(ntlm(b"", spnego=b"kerberos", sasl=b"GSS-SPNEGO")) as server:
        assessed = ask_one(server)
    assert said(assessed) == CLEAN
    assert doors(assessed) == []
    assert [fact.via for fact in assessed.observation.facts if isinstance(fact, Kerberos)] == [Door.SPNEGO]


def greets_and_does(act: Act) -> Act:
    """Greet, and do ``act`` at the first command."""

    def greeting(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        client.hear()
        act(client)

    return greeting


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (hang_up, Reason.BANNED),
        (mute, Reason.BANNED),
        (pop3(greeting=b"SSH-2.0\r\n"), Reason.OTHER_PROTOCOL),
        (greets_and_does(hang_up), Reason.CLOSED_EARLY),
        (greets_and_does(mute), Reason.TIMED_OUT),
    ],
    ids=["closes", "keeps silent", "talks of something else", "closes then", "falls silent"],
)
def test_a_further_connection_that_was_not_answered_is_a_doubt(second: Act, reason: Reason) -> None:
    """SPNEGO is listed and refused: what that means would have been asked of the next connection. Not clean."""
    listing = pop3({**REFUSES, b"CAPA": b"+OK\r\nSASL GSS-SPNEGO\r\n.\r\n"})
    with serving(lambda client: (second if client.number else listing)(client)) as server:
        assessed = ask_one(server, settings=HASTY)
    assert said(assessed) == (Verdict.INCONCLUSIVE, reason)
    assert len(server.times) > 1


def test_a_further_connection_takes_no_disclosure_back() -> None:
    """What the first connection proved stands, with its ending; after its three refusals another door was left."""
    with serving(lambda client: (hang_up if client.number else ntlm(older=NAMED))(client)) as server:
        assessed = ask_one(server, settings=replace(HASTY, repeats=1), depth=Depth.THOROUGH)
    assert said(assessed) == DISCLOSES
    assert assessed.observation.ending is Ending.COMPLETED
    assert len(server.times) > 1


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
