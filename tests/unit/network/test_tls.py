"""TLS on the way to the answer: before the first byte or after STARTTLS, old or broken, it is a fact to report."""

import os
import socket
import ssl
import time
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tests.unit.network.asking import IMPLICIT, QUICK, STARTTLS, ask, ask_one, item_for, said
from tests.unit.network.scripts import REFUSES, converse, mute, ntlm, pop3, speak_ntlm
from tests.unit.network.servers import Act, Client, serving
from tests.unit.network.shown import certificate, context_of, naming, only, over_tls, small_key, upgrade
from tightlip.model.facts import Challenge, TlsState
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Reason, Verdict
from tightlip.network.messages import WorkItem

pytestmark = pytest.mark.usefixtures("poller")

DISCLOSES = (Verdict.DISCLOSES, Reason.NAMES)
TLS_FAILED = (Verdict.INCONCLUSIVE, Reason.TLS_FAILED)


def tls_of(assessed: Assessed) -> TlsState:
    """The one TLS state among the facts."""
    (state,) = [fact for fact in assessed.observation.facts if isinstance(fact, TlsState)]
    return state


def starttls(context: ssl.SSLContext, early: bytes = b"") -> Act:
    """A server that upgrades and discloses below TLS; ``early`` travels with its go-ahead."""

    def act(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        while (line := client.hear()) != b"STLS":
            client.say(b"+OK\r\nSTLS\r\n.\r\n" if line == b"CAPA" else b"-ERR no\r\n")
        client.say(b"+OK begin\r\n" + early)
        upgrade(client, context)
        speak_ntlm(client)

    return act


def test_implicit_tls() -> None:
    """The conversation takes place below TLS, and version, cipher and certificate are told."""
    shown = certificate(names=("mail.example.org", "*.example.net"), addresses=("127.0.0.1",))
    with serving(over_tls(ntlm(), context_of(shown))) as server:
        assessed = ask_one(server, IMPLICIT)
    assert said(assessed) == DISCLOSES
    state = tls_of(assessed)
    assert state.version == "TLSv1.3"
    assert state.cipher.startswith("TLS_")
    assert state.subject_names == ("mail.example.org", "*.example.net", "127.0.0.1")
    assert (state.issuer, state.self_signed, state.name_matches) == ("CN=A CA", False, True)
    assert state.not_after == shown.not_valid_after_utc


def test_starttls() -> None:
    """The upgrade on the same port leads to the same answer."""
    with serving(starttls(context_of(certificate()))) as server:
        assessed = ask_one(server, STARTTLS)
    assert said(assessed) == DISCLOSES
    assert tls_of(assessed).version == "TLSv1.3"


def test_bytes_that_travel_with_the_go_ahead_are_a_fact_and_not_heard_as_tls() -> None:
    """What came in clear does not count below TLS."""
    with serving(starttls(context_of(certificate()), early=b"+OK injected\r\n")) as server:
        assessed = ask_one(server, STARTTLS)
    assert said(assessed) == DISCLOSES
    oddities = [fact for fact in assessed.observation.facts if isinstance(fact, Oddity)]
    assert oddities == [Oddity(OddityName.BYTES_BEFORE_TLS, repr(b"+OK injected\r\n"))]


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (ssl.TLSVersion.TLSv1, "TLSv1"),
        (ssl.TLSVersion.TLSv1_1, "TLSv1.1"),
        (ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        (ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
    ],
)
def test_every_version_is_still_read_with_a_small_key(version: ssl.TLSVersion, name: str) -> None:
    """A server that speaks one version only, and shows a key of 1024 bits, is read and reported."""
    shown = certificate(key=small_key())
    with serving(over_tls(ntlm(), only(context_of(shown, small_key()), version))) as server:
        assessed = ask_one(server, IMPLICIT)
    assert said(assessed) == DISCLOSES
    assert tls_of(assessed).version == name


def hears_and_closes(client: Client) -> None:
    """Take the client's hello and hang up."""
    client.socket.shutdown(socket.SHUT_WR)
    client.linger()


def hears_and_resets(client: Client) -> None:
    """Take a byte of it and break off."""
    client.socket.recv(1)
    client.reset()


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (pop3(), "wrong_version_number"),
        (pop3(greeting=b"SSH-2.0-OpenSSH_9.2\r\n"), "wrong_version_number"),
        (hears_and_closes, "closed by the peer"),
        (hears_and_resets, "ECONNRESET"),
        (lambda client: client.say(b"\x15\x03\x01\x00\x02\x02\x28"), "sslv3_alert_handshake_failure"),
        (lambda client: client.say(b"\x15\x03\x01\x00\x02\x02\x46"), "tlsv1_alert_protocol_version"),
    ],
    ids=["plain POP3", "SSH", "closes", "resets", "handshake failure", "protocol version"],
)
def test_tls_that_does_not_come_up_has_its_reason(act: Act, reason: str) -> None:
    """A handshake that fails is no answer about NTLM; the cause is named."""
    with serving(act) as server:
        assessed = ask_one(server, IMPLICIT)
    assert said(assessed) == TLS_FAILED
    assert assessed.observation.error == reason


def test_a_reset_instead_of_a_handshake_is_no_throttling() -> None:
    """Where TLS has to come first a close is a handshake that failed, however early; it is asked once."""
    with serving(Client.reset) as server:
        assessed = ask_one(server, IMPLICIT)
    assert said(assessed) == TLS_FAILED
    assert len(server.times) == 1


def test_a_server_that_keeps_silent_when_tls_is_spoken_to_it() -> None:
    """A mute port is mute with TLS too."""
    with serving(mute) as server:
        assessed = ask_one(server, IMPLICIT, replace(QUICK, read_timeout=0.15))
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.MUTE)


@pytest.mark.parametrize(
    ("host", "asked", "matches"),
    [
        ("mail.example.org", "mail.example.org", True),
        ("mail.example.org.", "mail.example.org", True),
        ("pop.example.org", "pop.example.org", False),
        ("127.0.0.1", None, None),
    ],
)
def test_the_name_is_asked_for_and_compared(host: str, asked: str | None, matches: bool | None) -> None:
    """SNI carries the name that was targeted, never an address; a certificate for another name is a fact."""
    context = context_of(certificate())
    asked_names = naming(context)
    with serving(over_tls(ntlm(), context)) as server:
        item = item_for(server, IMPLICIT)
        (assessed,) = ask([WorkItem(0, host, item.address, item.port, "pop3", IMPLICIT, item.intent)])
    assert asked_names() == [asked]
    assert tls_of(assessed).name_matches is matches
    assert said(assessed) == DISCLOSES


def test_a_name_that_cannot_be_sent_is_not_sent() -> None:
    """A host that no SNI can carry is asked without; nothing is raised."""
    with serving(over_tls(ntlm(), context_of(certificate()))) as server:
        item = item_for(server, IMPLICIT)
        (assessed,) = ask([WorkItem(0, "a" * 70, item.address, item.port, "pop3", IMPLICIT, item.intent)])
    assert said(assessed) == DISCLOSES


def raw(send: Callable[[socket.socket], object], client: Client) -> None:
    """Do something to the connection below TLS."""
    with socket.socket(fileno=os.dup(client.socket.fileno())) as below:
        send(below)


@pytest.mark.parametrize(
    "broken_off",
    [b"\x17\x03\x03\x00\x05hello", b"+OK in clear\r\n", b"\x15\x03\x03\x00\x02\x02\x50"],
    ids=["no record of ours", "clear text", "an alert"],
)
def test_tls_that_breaks_off_is_the_servers_doing(broken_off: bytes) -> None:
    """Rubbish right behind an answer ends the conversation; it is never a fault of ours."""

    def breaks(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        client.hear()
        client.say(b"+OK\r\n.\r\n")
        raw(lambda below: below.sendall(broken_off), client)
        raw(lambda below: below.recv(4_096), client)

    with serving(over_tls(breaks, context_of(certificate()))) as server:
        assessed = ask_one(server, IMPLICIT)
    assert assessed.observation.ending is Ending.TLS_FAILED
    assert said(assessed) == TLS_FAILED


def test_tls_that_breaks_off_after_our_goodbye_ends_well() -> None:
    """The answer to QUIT in clear text does not take the answer to our question back."""

    def breaks(client: Client) -> None:
        client.say(b"+OK ready\r\n")
        converse(client, {**REFUSES, b"QUIT": b""})
        raw(lambda below: below.sendall(b"+OK bye\r\n"), client)

    with serving(over_tls(breaks, context_of(certificate()))) as server:
        assessed = ask_one(server, IMPLICIT)
    assert assessed.observation.ending is Ending.COMPLETED
    assert said(assessed) == (Verdict.CLEAN, Reason.REFUSED)


def test_a_challenge_below_tls_drop_by_drop() -> None:
    """Records that arrive in any pieces teach the same."""

    def drop_by_drop(client: Client) -> None:
        client.drips = True
        ntlm()(client)

    with serving(over_tls(drop_by_drop, context_of(certificate()))) as server:
        assessed = ask_one(server, IMPLICIT)
    assert any(isinstance(fact, Challenge) for fact in assessed.observation.facts)


def farewell(client: Client) -> None:
    """Say below TLS that nothing more will come, and wait for the client's own word, as Exim does."""
    assert isinstance(client.socket, ssl.SSLSocket)
    client.socket.unwrap()


def test_a_peer_that_ends_tls_has_closed() -> None:
    """Whoever leaves the connection open for our close_notify is not waited for."""

    def act(client: Client) -> None:
        pop3(REFUSES)(client)
        farewell(client)

    with serving(over_tls(act, context_of(certificate()))) as server:
        began = time.monotonic()
        assessed = ask_one(server, security=IMPLICIT)
        assert time.monotonic() - began < 0.8  # less than a goodbye waits for its close
    assert said(assessed) == (Verdict.CLEAN, Reason.REFUSED)


def test_a_peer_that_ends_tls_in_the_middle_has_closed_early() -> None:
    """No time-out passes before that is known."""

    def act(client: Client) -> None:
        client.say(b"+OK hi\r\n")
        client.hear()
        farewell(client)

    with serving(over_tls(act, context_of(certificate()))) as server:
        assessed = ask_one(server, security=IMPLICIT)
    assert said(assessed) == (Verdict.INCONCLUSIVE, Reason.CLOSED_EARLY)
