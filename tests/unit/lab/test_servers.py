"""The practice lab over real loopback sockets."""

import socket
import ssl
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from time import monotonic

import pytest
from cryptography import x509

from tests.unit.lab.client import DEADLINE, connected
from tests.unit.lab.talk_texts import HEADER, talk_of
from tightlip.lab.servers import Lab, Limits, open_lab
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.errors import UsageError

CHAT = talk_of("S: +OK hello\nC: NOOP\nS: +OK {}\nC: STLS\nS: +OK go\n-- tls --\nC: NOOP\nS: +OK below TLS\n")


def endpoint(lab: Lab, security: Security = Security.PLAIN) -> Endpoint:
    """The lab's first endpoint in this state."""
    return next(each.endpoint for each in lab.served if each.endpoint.security is security)


def test_a_server_plays_its_talk() -> None:
    """Greeting, answers and default reply come as the talk says."""
    with open_lab([CHAT]) as lab, connected(endpoint(lab)) as client:
        assert client.hear() == b"+OK hello"
        client.say(b"noop")
        assert client.hear() == b"+OK {}"
        client.say(b"XYZZY")
        assert client.hear() == b"-ERR what?"


def test_an_upgrade_leads_below_tls() -> None:
    """After STLS both sides speak TLS and the talk goes on in its section for TLS."""
    with open_lab([CHAT]) as lab, connected(endpoint(lab, Security.STARTTLS)) as client:
        client.hear()
        client.say(b"STLS")
        assert client.hear() == b"+OK go"
        client.start_tls()
        client.say(b"NOOP")
        assert client.hear() == b"+OK below TLS"


def test_implicit_tls_greets_below_tls() -> None:
    """The port for implicit TLS shakes hands first, greets then, and plays the section for TLS."""
    with open_lab([CHAT]) as lab, connected(endpoint(lab, Security.IMPLICIT)) as client:
        assert client.hear() == b"+OK hello"
        client.say(b"NOOP")
        assert client.hear() == b"+OK below TLS"


def test_one_port_serves_plain_and_starttls() -> None:
    """Plain and starttls are states of one port; implicit TLS has its own."""
    with open_lab([CHAT]) as lab:
        plain, starttls, implicit = (endpoint(lab, security) for security in Security)
        assert plain.port == starttls.port != implicit.port


def test_every_talk_has_a_loopback_address() -> None:
    """Nothing is reachable from outside, and two servers are two hosts where the system has many such addresses."""
    with open_lab([CHAT, CHAT]) as lab:
        hosts = {each.endpoint.host for each in lab.served}
    assert {host.partition(".")[0] for host in hosts} == {"127"}
    assert len(hosts) == (2 if sys.platform == "linux" else 1)


def test_a_pause_cuts_the_segments() -> None:
    """What follows a pause is not there yet when what came before is read."""
    split = talk_of("S| +OK he\n-- pause --\nS: llo\n")
    with open_lab([split]) as lab, connected(endpoint(lab)) as client:
        assert client.socket.recv(100) == b"+OK he"
        assert client.hear() == b"llo"


def test_a_close_ends_the_connection_after_the_last_words() -> None:
    """The words before the close arrive, then the end."""
    short = talk_of("S: -ERR full\n-- close --\n")
    with open_lab([short]) as lab, connected(endpoint(lab)) as client:
        assert [client.hear(), client.hear()] == [b"-ERR full", b""]


def test_clear_text_where_tls_was_due_is_closed_on() -> None:
    """A client that speaks clear text to a TLS port gets no answer but the end."""
    with open_lab([CHAT]) as lab:
        with socket.create_connection((endpoint(lab).host, endpoint(lab, Security.IMPLICIT).port), DEADLINE) as client:
            client.sendall(b"CAPA\r\n")
            heard = b"".join(iter(lambda: client.recv(4096), b""))
        # At most a TLS alert (RFC 8446 section 6: content type 21), never a greeting.
        assert heard == b"" or heard[0] == 21


@pytest.mark.parametrize("kind", ["self-signed", "expired", "other-name"])
def test_a_talk_chooses_its_certificate(kind: str) -> None:
    """The certificate is out of date, for another host, or only self-signed, as the header says."""
    talk = talk_of("S: +OK hello\n", HEADER + f"certificate: {kind}\n")
    with open_lab([talk]) as lab, connected(endpoint(lab, Security.IMPLICIT)) as client:
        assert isinstance(client.socket, ssl.SSLSocket)
        shown = x509.load_der_x509_certificate(client.socket.getpeercert(binary_form=True) or b"")
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert (shown.not_valid_after_utc < datetime.now(UTC)) is (kind == "expired")
    assert ("localhost" in names.get_values_for_type(x509.DNSName)) is (kind != "other-name")
    assert shown.issuer == shown.subject


def test_ports_are_counted_up_from_the_first() -> None:
    """With a first port, the doors take it and those above, in the order of the talks."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        first = free.getsockname()[1]
    with open_lab([CHAT], first_port=first) as lab:
        assert sorted({each.endpoint.port for each in lab.served}) == [first, first + 1]


def test_a_taken_port_is_a_usage_error() -> None:
    """A port that somebody else has is named in one line."""
    with open_lab([CHAT]) as other:
        port = endpoint(other).port
        with pytest.raises(UsageError, match=f"port {port}: "), open_lab([CHAT], first_port=port):
            pass


def test_the_lab_stops_by_itself() -> None:
    """When its time is up nothing listens any more, though nobody closed it."""
    with open_lab([CHAT], Limits(seconds=0.05)) as lab:
        lab.wait(DEADLINE)
        assert not lab.is_open
        with pytest.raises(ConnectionRefusedError), connected(endpoint(lab)):
            pass


def test_a_closed_lab_leaves_no_connection() -> None:
    """Leaving the block ends connections that are still open."""
    with open_lab([CHAT]) as lab:
        client = socket.create_connection((endpoint(lab).host, endpoint(lab).port), DEADLINE)
        client.recv(100)
    with client:
        assert client.recv(100) == b""


def test_a_connection_has_its_time() -> None:
    """A client that says nothing is dropped after the time of one connection."""
    started = monotonic()
    with open_lab([CHAT], Limits(connection_seconds=0.05)) as lab, connected(endpoint(lab)) as client:
        assert [client.hear(), client.hear()] == [b"+OK hello", b""]
    assert monotonic() - started < DEADLINE


def test_a_crowded_server_turns_nobody_away_from_another() -> None:
    """Each counts its own connections: a scan may ask all servers at once."""
    with open_lab([CHAT] * 20) as lab, ExitStack() as stack:
        plain = [each.endpoint for each in lab.served if each.endpoint.security is Security.PLAIN]
        clients = [stack.enter_context(connected(endpoint)) for endpoint in plain * 15]
        assert {client.hear() for client in clients} == {b"+OK hello"}


def test_too_many_clients_are_turned_away() -> None:
    """One client more than the limit is closed on without a word; those before it are served."""
    with open_lab([CHAT], Limits(connections=1)) as lab, connected(endpoint(lab)) as served:
        assert served.hear() == b"+OK hello"
        with connected(endpoint(lab)) as refused:
            assert refused.hear() == b""
