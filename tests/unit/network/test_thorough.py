"""A thorough asking: every path, the controls on a connection of their own, several times, and under every name."""

import ssl

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import IMPLICIT, PLAIN, QUICK, STARTTLS, ask, ask_one, item_for, said
from tests.unit.network.scripts import REFUSES, UNNAMED, hang_up, ntlm, pop3
from tests.unit.network.servers import Act, Client, Server, closed_port, serving
from tests.unit.network.shown import certificate, context_of, naming, over_tls, upgrade
from tightlip.model.endpoint import Security
from tightlip.model.facts import Challenge, Control, ControlAnswer
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Answered, Depth, Intent
from tightlip.model.verdict import Reason, Verdict
from tightlip.network.messages import EngineSettings, WorkItem
from tightlip.talk.probes import INVENTED_MECHANISM

DISCLOSES, CLEAN = (Verdict.DISCLOSES, Reason.NAMES), (Verdict.CLEAN, Reason.REFUSED)
ONCE = replace(QUICK, repeats=1)
# A clean POP3 server that is asked thoroughly refuses four paths, three on one connection; the controls have their own.
PER_ROUND = 3


def thorough(server: Server, settings: EngineSettings = QUICK, security: Security = PLAIN) -> Assessed:
    """What a thorough asking finds."""
    return ask_one(server, security, settings, depth=Depth.THOROUGH)


def from_the(number: int, then: Act, before: Act) -> Act:
    """``then`` for the client of this number and all later ones."""
    return lambda client: (before if client.number < number else then)(client)


def test_every_path_is_asked_listed_or_not() -> None:
    """NTLM and all mechanisms that may carry it, three refusals a connection; the controls follow on their own."""
    with serving(pop3()) as server:
        assessed = thorough(server, ONCE)
    said_to = [[line for line in client.heard.split(b"\r\n") if line[:5] == b"AUTH "] for client in server.clients]
    assert said_to[:2] == [[b"AUTH NTLM", b"AUTH GSS-SPNEGO", b"AUTH MSN"], [b"AUTH NTLM", b"AUTH GSSAPI"]]
    ((unknown, with_message, at_last),) = said_to[2:]
    assert at_last == b"AUTH NTLM"
    assert with_message.startswith(b"AUTH NTLM TlRMTVNTUA")
    assert unknown == f"AUTH {INVENTED_MECHANISM}".encode()
    assert said(assessed) == CLEAN


def test_what_refuses_on_the_first_connection_and_leaks_on_the_second_is_found() -> None:
    """Two nodes behind one address, or a server that knows us by then."""
    with serving(from_the(1, ntlm(), pop3())) as server:
        assert said(thorough(server, ONCE)) == DISCLOSES


@pytest.mark.parametrize("number", range(1, 18))
def test_whichever_connection_another_node_answers_it_is_asked_for_ntlm(number: int) -> None:
    """Those of the controls, and of each path alone, may lead to it as well as any other."""
    with serving(lambda client: (ntlm() if client.number == number else pop3())(client)) as server:
        assessed = thorough(server, replace(QUICK, repeats=3))
    assert said(assessed) == (DISCLOSES if number < len(server.clients) else CLEAN)
    assert len(server.clients) > 12


def test_the_controls_are_no_paths() -> None:
    """What a mechanism is answered that nobody knows stands among the facts, and accepts nothing."""
    with serving(pop3()) as server:
        assessed = thorough(server, ONCE)
    controls = [fact for fact in assessed.observation.facts if isinstance(fact, ControlAnswer)]
    assert [(each.control, each.sent, each.taken) for each in controls] == [
        (Control.UNKNOWN_MECHANISM, INVENTED_MECHANISM, False)
    ]


def test_a_state_is_asked_several_times() -> None:
    """With one refusal more, then path by path, further ones twice; the same answer is told once."""
    with serving(ntlm()) as server:
        assessed = thorough(server, replace(QUICK, repeats=3))
    assert len(server.clients) == assessed.observation.connections == 1 + 2 + 7
    assert said(assessed) == DISCLOSES
    assert assessed.observation.answers == ()
    assert len([fact for fact in assessed.observation.facts if isinstance(fact, Challenge)]) == 1


def test_a_polite_asking_is_not_repeated() -> None:
    """Whatever the settings say of thorough ones."""
    with serving(pop3()) as server:
        ask_one(server, settings=replace(QUICK, repeats=3))
    assert len(server.clients) == 1


def test_the_worst_answer_of_a_pool_counts() -> None:
    """One node refuses and others disclose: that is found, and how often which answer came is told."""
    with serving(from_the(PER_ROUND, ntlm(), pop3())) as server:
        assessed = thorough(server, replace(QUICK, repeats=3))
    assert said(assessed) == DISCLOSES
    assert assessed.observation.answers == (
        Answered(*CLEAN, 1),
        Answered(*DISCLOSES, 2),
    )


def test_the_worst_answer_counts_whenever_it_came() -> None:
    """A node that offers, then nodes that refuse."""
    with serving(from_the(1, pop3(), ntlm(UNNAMED))) as server:
        assessed = thorough(server, replace(QUICK, repeats=2))
    assert said(assessed)[0] is Verdict.OFFERS
    assert [(each.verdict, each.times) for each in assessed.observation.answers] == [
        (Verdict.OFFERS, 1),
        (Verdict.CLEAN, 1),
    ]


def test_a_host_that_bans_us_is_not_asked_another_time() -> None:
    """Greeted the first time and not after it: nothing is clean, and each visit looks twice at most."""
    with serving(from_the(PER_ROUND, hang_up, pop3())) as server:
        assessed = thorough(server, replace(QUICK, repeats=3, retry_delay=0.01))
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.BANNED)
    assert assessed.observation.was_throttled
    assert len(server.clients) <= PER_ROUND + 2 * 2


def test_a_state_that_is_not_there_is_not_clean_by_repetition() -> None:
    """STARTTLS that is refused every time is absent, once."""
    with serving(pop3()) as server:
        assessed = thorough(server, replace(QUICK, repeats=2), STARTTLS)
    assert said(assessed) == (Verdict.ABSENT, Reason.NO_STARTTLS)


def tls_items(server: Server) -> list[WorkItem]:
    """A thorough asking of an implicit TLS port by a name."""
    return [
        WorkItem(0, "mail.example.org", server.address, server.port, "pop3", IMPLICIT, Intent.NAMED, Depth.THOROUGH)
    ]


def by_name(context: ssl.SSLContext, leaking: str) -> Act:
    """A server that leaks to who asks for one name, and refuses NTLM to all others."""
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)

    def answer(name: str | None) -> Act:
        return ntlm() if name == leaking else pop3()

    def act(client: Client) -> None:
        upgrade(client, context)
        answer(asked[-1])(client)

    return act


NAMES = ("mail.example.org", "hidden.example.org", "*.example.org", "not a name", "10.0.0.1")


def test_the_names_of_the_certificate_are_asked_for_as_well() -> None:
    """Behind one address there may be several sites: the one that leaks is found, by a name that no target has."""
    context = context_of(certificate(names=NAMES))
    with serving(by_name(context, "hidden.example.org")) as server:
        (assessed,) = ask(tls_items(server), ONCE)
    assert said(assessed) == DISCLOSES
    assert assessed.observation.server_names == ("mail.example.org", "hidden.example.org")
    assert {each.verdict for each in assessed.observation.answers} == {Verdict.CLEAN, Verdict.DISCLOSES}


def test_wildcards_and_what_is_no_host_name_are_not_sent() -> None:
    """Only what RFC 6066 allows goes out, the target's own name first."""
    context = context_of(certificate(names=("MX1", *NAMES)))
    names = naming(context)
    with serving(over_tls(pop3(), context)) as server:
        ask(tls_items(server), ONCE)
    first, *further = dict.fromkeys(names())
    assert (first, set(further)) == ("mail.example.org", {"mx1", "hidden.example.org"})


def test_eight_names_are_enough() -> None:
    """Shared hosting has certificates with a hundred."""
    context = context_of(certificate(names=tuple(f"site{number}.example.org" for number in range(20))))
    names = naming(context)
    with serving(over_tls(ntlm(), context)) as server:
        ask(tls_items(server), ONCE)
    assert set(names()) == {"mail.example.org", *(f"site{number}.example.org" for number in range(8))}


def test_by_address_no_name_is_sent_first_and_the_observation_says_so() -> None:
    """A polite asking sends none at all."""
    context = context_of(certificate(names=("mail.example.org",)))
    names = naming(context)
    with serving(over_tls(pop3(), context)) as server:
        polite = ask_one(server, IMPLICIT)
        assert (names(), polite.observation.server_names) == ([None], ())
        thorough_one = thorough(server, ONCE, IMPLICIT)
    assert list(dict.fromkeys(names())) == [None, "mail.example.org"]
    assert thorough_one.observation.server_names == ("mail.example.org",)


def test_an_unknown_port_is_recognised_once() -> None:
    """To hear who greets needs no thoroughness; what was recognised is asked thoroughly."""
    with serving(pop3({**REFUSES, b"CAPA": b"+OK\r\n.\r\n"})) as server:
        assessed = ask([item_for(server, protocol="unknown", depth=Depth.THOROUGH)], ONCE)
    assert [client.heard for client in server.clients].count(b"") == 1
    assert {each.observation.depth for each in assessed} == {Depth.THOROUGH}


def test_a_port_that_refuses_is_dialled_as_often_as_states_are_asked() -> None:
    """A service may be restarted, or one node of several withdrawn; a scan of many hosts does not wait for each."""
    often = replace(QUICK, repeats=4)
    with closed_port() as port:
        heard = {depth: ask_one(port, settings=often, depth=depth) for depth in Depth}
    assert {said(each) for each in heard.values()} == {(Verdict.UNREACHABLE, Reason.CONNECTION_REFUSED)}
    assert {depth: each.observation.connections for depth, each in heard.items()} == {
        Depth.POLITE: 1,
        Depth.THOROUGH: 4,
    }
