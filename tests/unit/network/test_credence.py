"""Whether a certificate is trusted: held against this machine's authorities, by each protocol's own way to TLS."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.unit.network.mailboxes import ANSWERS, mailbox
from tests.unit.network.servers import Act, Client, closed_port, serving
from tests.unit.network.shown import PAST, SOON, certificate, context_of, upgrade, usual_key
from tightlip.assess.checklist import Credence, Distrusted, Trusted, Unverified
from tightlip.model.endpoint import Endpoint, Security
from tightlip.network.credence import credence_of
from tightlip.network.proxy_header import Opening

AUTHORITY = "A CA"
GOOD = certificate(names=("localhost",))


@pytest.fixture(autouse=True)
def _own_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts one authority, which has the usual key (SSL_CERT_FILE, SSL_CERT_DIR: OpenSSL's own)."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, AUTHORITY)])
    builder = x509.CertificateBuilder(name, name, usual_key().public_key(), x509.random_serial_number(), PAST, SOON)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    file = tmp_path / "authorities.pem"
    file.write_bytes(builder.sign(usual_key(), SHA256()).public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))


def credence(act: Act, protocol: str, security: Security, host: str = "localhost") -> Credence:
    """What is thought of the server that does ``act``, targeted as ``host``."""
    with serving(act) as server:
        return credence_of(Endpoint(host, server.port, protocol, security), server.address, "127.0.0.2")


def shown(what: x509.Certificate, host: str = "localhost") -> Credence:
    """What is thought of a certificate, over implicit TLS."""
    act = mailbox("pop3", Security.IMPLICIT, context_of(what))
    return credence(act, "pop3", Security.IMPLICIT, host)


@pytest.mark.parametrize("protocol", list(ANSWERS))
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
def test_a_sound_certificate_is_trusted(protocol: str, security: Security) -> None:
    """By STARTTLS as each protocol has it, and without; nobody logs in."""
    with serving(mailbox(protocol, security, context_of(GOOD))) as server:
        endpoint = Endpoint("localhost", server.port, protocol, security)
        assert credence_of(endpoint, server.address, "127.0.0.2") == Trusted()
    assert server.peers == ["127.0.0.2"]
    assert b"AUTH" not in server.clients[0].heard


@pytest.mark.parametrize("protocol", ["managesieve", "nntp", "lmtp"])
def test_protocols_without_a_client_of_pythons_have_their_upgrade_too(protocol: str) -> None:
    """It is the dialogue of the scan that leads to TLS."""
    agreed = {"managesieve": b"OK\r\n", "nntp": b"382 go\r\n", "lmtp": b"220 go\r\n"}[protocol]
    greeting = {"managesieve": b'"STARTTLS"\r\nOK\r\n', "nntp": b"200 hi\r\n", "lmtp": b"220 mx LMTP\r\n"}[protocol]

    def act(client: Client) -> None:
        client.say(greeting)
        while line := client.hear():
            if line == b"STARTTLS":
                client.say(agreed)
                upgrade(client, context_of(GOOD))
            elif line.startswith(b"LHLO"):
                client.say(b"250 mx\r\n")
            else:
                client.say(b"500 what\r\n")

    assert credence(act, protocol, Security.STARTTLS) == Trusted()


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (certificate(names=("localhost",), common_name="localhost", issuer="localhost"), "self-signed certificate"),
        (certificate(names=("localhost",), issuer="Another CA"), "unable to get local issuer certificate"),
        (certificate(names=("localhost",), not_after=PAST), "certificate has expired"),
        (certificate(names=("mail.example.net",)), "Hostname mismatch"),
    ],
)
def test_what_a_client_refuses_is_not_trusted(what: x509.Certificate, why: str) -> None:
    """In OpenSSL's words."""
    said = shown(what)
    assert isinstance(said, Distrusted)
    assert why in said.why


def test_an_address_was_promised_no_name() -> None:
    """Asked by address, the chain counts and the name does not; the chain counts still."""
    assert shown(GOOD, "127.0.0.1") == Trusted()
    assert isinstance(shown(certificate(issuer="Another CA"), "127.0.0.1"), Distrusted)


def test_where_tls_does_not_come_up_nothing_is_known() -> None:
    """Refused, closed, spoken to in clear, or nobody there: neither trusted nor distrusted."""
    refusing = mailbox("pop3", Security.STARTTLS, context_of(GOOD), {b"STLS": b"-ERR not now\r\n"})
    assert credence(refusing, "pop3", Security.STARTTLS) == Unverified("TLS was refused")
    assert credence(lambda _client: None, "pop3", Security.STARTTLS) == Unverified("closed before TLS")
    plain = mailbox("pop3", Security.PLAIN, context_of(GOOD))
    assert isinstance(credence(plain, "pop3", Security.IMPLICIT), Unverified)
    with closed_port() as port:
        endpoint = Endpoint("localhost", port, "pop3", Security.IMPLICIT)
        assert credence_of(endpoint, "127.0.0.1", None) == Unverified("Connection refused")


def test_a_server_that_never_ends_its_line_is_left() -> None:
    """More than any greeting is too much."""

    def act(client: Client) -> None:
        client.say(b"+OK " + b"x" * 200_000)

    assert isinstance(credence(act, "pop3", Security.STARTTLS), Unverified)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.IMPLICIT])
def test_a_server_behind_a_proxy_is_asked_after_a_header(security: Security) -> None:
    """Before TLS, whichever way it comes."""

    def behind(client: Client) -> None:
        line = b""
        while not line.endswith(b"\n"):
            line += client.socket.recv(1)  # what follows may be TLS already
        if line.startswith(b"PROXY TCP4 127.0.0.2 127.0.0.1 "):
            mailbox("pop3", security, context_of(GOOD))(client)

    with serving(behind) as server:
        endpoint = Endpoint("localhost", server.port, "pop3", security)
        assert credence_of(endpoint, server.address, "127.0.0.2", Opening.HEADER) == Trusted()
