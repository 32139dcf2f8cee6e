"""The PROXY header: the first bytes of a connection, where one is to be sent, and what comes of it at other servers."""

import errno
import re
import time

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import IMPLICIT, PLAIN, QUICK, STARTTLS, ask, ask_one, item_for, said
from tests.unit.network.mailboxes import mailbox
from tests.unit.network.scripts import REFUSES, hang_up, mute, ntlm, pop3
from tests.unit.network.servers import Act, Client, Server, serving
from tests.unit.network.shown import certificate, context_of, over_tls
from tightlip.lab.servers import open_lab
from tightlip.lab.shelf import chosen_talks
from tightlip.model.endpoint import Security
from tightlip.model.facts import TlsState
from tightlip.model.observation import Depth, Intent, Speaker
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Reason, Verdict
from tightlip.network import connection
from tightlip.network.messages import EVERYWHERE, EngineSettings, WorkItem
from tightlip.registry import names

DISCLOSES = (Verdict.DISCLOSES, Reason.NAMES)
ALL = replace(QUICK, proxied=frozenset({EVERYWHERE}))
NEVER_CLEAN = (Verdict.INCONCLUSIVE, Verdict.DISCLOSES, Verdict.OFFERS)


def behind_proxy(act: Act, headers: list[str], expected: list[str]) -> Act:
    """A server that does ``act`` after the header; what it heard first, and what the socket says of both ends."""

    def begin(client: Client) -> None:
        line = b""
        while not line.endswith(b"\n"):
            line += client.socket.recv(1)  # what follows may be TLS already
        headers.append(line.decode())
        (source, source_port), (own, port) = client.socket.getpeername()[:2], client.socket.getsockname()[:2]
        expected.append(f"{source} {own} {source_port} {port}\r\n")
        act(client)

    return begin


def sent_to(server: Server) -> frozenset[tuple[str, int]]:
    """The port that is sent a header."""
    return frozenset({(server.address, server.port)})


@pytest.mark.usefixtures("poller")
@pytest.mark.parametrize(("address", "family"), [("127.0.0.1", "TCP4"), ("::1", "TCP6")])
@pytest.mark.parametrize("depth", list(Depth))
def test_it_is_the_first_line_and_true(address: str, family: str, depth: Depth) -> None:
    """On every connection, with the addresses and ports that it really has; the dialogue follows as ever."""
    headers: list[str] = []
    expected: list[str] = []
    with serving(behind_proxy(ntlm(), headers, expected), address) as server:
        assessed = ask_one(server, settings=replace(QUICK, proxied=sent_to(server)), depth=depth)
    assert said(assessed) == DISCLOSES
    assert headers == [f"PROXY {family} {told}" for told in expected]
    notes = [line.data.decode() for line in assessed.observation.transcript if line.speaker is Speaker.NOTE]
    assert f"{headers[0].rstrip()}" in notes


@pytest.mark.usefixtures("poller")
def test_it_comes_before_tls() -> None:
    """In clear, as the first bytes; then the handshake."""
    headers: list[str] = []
    with serving(behind_proxy(over_tls(ntlm(), context_of(certificate())), headers, [])) as server:
        assessed = ask_one(server, IMPLICIT, ALL)
    assert said(assessed) == DISCLOSES
    assert [headers[0][:11], len(headers)] == ["PROXY TCP4 ", 1]
    notes = [line.data.decode() for line in assessed.observation.transcript if line.speaker is Speaker.NOTE]
    assert notes[0] == headers[0].rstrip()


@pytest.mark.usefixtures("poller")
@pytest.mark.parametrize("protocol", ["pop3", "imap", "smtp"])
def test_it_comes_once_where_tls_comes_later(protocol: str) -> None:
    """The upgrade is a part of the same connection."""
    headers: list[str] = []
    act = mailbox(protocol, STARTTLS, context_of(certificate()))
    with serving(behind_proxy(act, headers, [])) as server:
        assessed = ask_one(server, STARTTLS, ALL, protocol)
    assert any(isinstance(fact, TlsState) for fact in assessed.observation.facts)
    assert len(headers) == assessed.observation.connections


def test_an_unknown_port_is_recognised_after_it() -> None:
    """The recogniser hears the greeting, and what follows sends the header again."""
    headers: list[str] = []
    with serving(behind_proxy(ntlm(), headers, [])) as server:
        heard = ask([item_for(server, protocol="unknown")], ALL)
    assert {said(each) for each in heard if each.observation.endpoint.security is PLAIN} == {DISCLOSES}
    assert len(headers) > 2


def test_others_are_sent_none() -> None:
    """A port that is not named, beside one that is."""
    headers: list[str] = []
    with serving(behind_proxy(ntlm(), headers, [])) as behind, serving(ntlm()) as beside:
        settings = replace(QUICK, proxied=sent_to(behind))
        heard = ask([item_for(behind), item_for(beside, ticket=1)], settings)
    assert [said(each) for each in heard] == [DISCLOSES, DISCLOSES]
    assert beside.clients[0].heard.startswith(b"CAPA\r\n")


@pytest.mark.usefixtures("poller")
@pytest.mark.parametrize("security", [PLAIN, STARTTLS])
def test_a_close_after_it_is_no_failure_of_tls(security: Security) -> None:
    """As Dovecot closes on who is not trusted: there was no TLS yet, nor a greeting."""
    with serving(behind_proxy(hang_up, [], [])) as server:
        assert said(ask_one(server, security, ALL)) == (Verdict.INCONCLUSIVE, Reason.THROTTLED)


@pytest.mark.usefixtures("poller")
@pytest.mark.parametrize("security", [PLAIN, IMPLICIT])
def test_a_peer_that_has_gone_has_no_address(monkeypatch: pytest.MonkeyPatch, security: Security) -> None:
    """It closed on us, and it is no fault of ours that the header cannot be made."""

    def gone(_connection: object) -> bytes:
        raise OSError(errno.ENOTCONN, "")

    monkeypatch.setattr(connection, "header_of", gone)
    with serving(mute) as server:
        assessed = ask_one(server, security, ALL)
    assert assessed.assessment.verdict is Verdict.INCONCLUSIVE
    assert assessed.assessment.reason in (Reason.THROTTLED, Reason.TLS_FAILED)


@pytest.mark.usefixtures("poller")
def test_silence_after_it_is_silence() -> None:
    """Whoever wants another header says nothing."""
    with serving(mute) as server:
        assessed = ask_one(server, settings=replace(ALL, read_timeout=0.2))
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.MUTE)


def test_a_server_that_takes_it_for_a_command_is_out_of_step() -> None:
    """Its answer is not that to CAPA, and the refusal that follows is not NTLM's."""
    with serving(pop3()) as server:
        assessed = ask_one(server, settings=ALL)
    assert re.match(rb"PROXY TCP4 127\.0\.0\.2 127\.0\.0\.1 \d+ \d+\r\n", server.clients[0].heard)
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.OUT_OF_STEP)


def late_by_one(end: Act) -> Act:
    """It answers each line once the next has come, the header with the rest, and does ``end`` when that is QUIT."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        client.hear()
        while b"QUIT" not in client.hear():
            client.say(REFUSES[b"AUTH"])
        end(client)

    return act


def go_ahead_and(then: Act) -> Act:
    """What AUTH NTLM is answered looks like the answer to QUIT, which is taken for the first message."""

    def act(client: Client) -> None:
        client.say(b"+OK\r\n")
        then(client)

    return act


def refuse_later(client: Client) -> None:
    """Say the last answer later than a server would close that has none."""
    time.sleep(1.2)
    client.say(b"-ERR what\r\n")


@pytest.mark.parametrize(
    ("end", "settings"),
    [
        (hang_up, ALL),
        (Client.reset, ALL),
        (go_ahead_and(refuse_later), ALL),
        (go_ahead_and(Client.linger), replace(ALL, read_timeout=0.2)),
        (go_ahead_and(Client.reset), ALL),
    ],
    ids=["closes", "resets", "goes ahead and refuses", "goes ahead and waits", "goes ahead and resets"],
)
def test_where_nothing_shows_that_answers_are_in_step_none_counts(end: Act, settings: EngineSettings) -> None:
    """The header's answer stood for CAPA's, and CAPA's for that to AUTH; only the very end would have told."""
    with serving(late_by_one(end)) as server:
        assessed = ask_one(server, settings=settings)
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.OUT_OF_STEP)


def test_imap_answers_it_by_its_first_word() -> None:
    """Which it takes for a tag; what has our own tags is still in doubt."""
    with serving(mailbox("imap", PLAIN, context_of(certificate()))) as server:
        assessed = ask_one(server, settings=ALL, protocol="imap")
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.OUT_OF_STEP)
    assert any(isinstance(fact, Oddity) and fact.name is OddityName.OUT_OF_STEP for fact in assessed.observation.facts)


@pytest.mark.parametrize("protocol", names("protocols"))
@pytest.mark.parametrize("depth", list(Depth))
def test_nobody_is_clean_who_did_not_expect_it(protocol: str, depth: Depth) -> None:
    """Every practice server of every protocol, in every TLS state: a challenge counts, a refusal does not."""
    with open_lab(chosen_talks((protocol,))) as lab:
        served = [each.endpoint for each in lab.served]
        items = [
            WorkItem(number, at.host, at.host, at.port, at.protocol, at.security, Intent.NAMED, depth)
            for number, at in enumerate(served)
        ]
        heard = ask(items, replace(ALL, read_timeout=1.0))
    assert any(each.assessment.verdict is Verdict.INCONCLUSIVE for each in heard)
    assert [each.observation.transcript for each in heard if each.assessment.verdict not in NEVER_CLEAN] == []
