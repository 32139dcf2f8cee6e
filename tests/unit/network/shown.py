"""Certificates and TLS contexts for servers of the tests: made anew, of any age, size and name."""

import ssl
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.unit.network.servers import Act, Client

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

NOW = datetime.now(UTC)
SOON, PAST = NOW + timedelta(days=2), NOW - timedelta(days=2)


@cache
def usual_key() -> Key:
    """A key as it should be."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def small_key() -> Key:
    """RSA with 1024 bits, which current libraries refuse unless they are told not to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return rsa.generate_private_key(65_537, 1_024)


def certificate(
    names: tuple[str, ...] = ("mail.example.org",),
    addresses: tuple[str, ...] = (),
    common_name: str = "mail.example.org",
    issuer: str = "A CA",
    not_after: datetime = SOON,
    key: Key | None = None,
) -> x509.Certificate:
    """A certificate; where the issuer is the common name it is self-signed."""
    key = key or usual_key()
    begin = PAST - timedelta(days=9)
    builder = x509.CertificateBuilder(
        _named(issuer),
        _named(common_name),
        key.public_key(),
        x509.random_serial_number(),
        begin,
        not_after,
    )
    others: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    others += [x509.IPAddress(ip_address(address)) for address in addresses]
    if others:
        builder = builder.add_extension(x509.SubjectAlternativeName(others), critical=False)
    return builder.sign(key, SHA256())


def context_of(shown: x509.Certificate, key: Key | None = None) -> ssl.SSLContext:
    """A server context that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with NamedTemporaryFile() as file:
        file.write((key or usual_key()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.write(shown.public_bytes(Encoding.PEM))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def only(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    """The context, for this one version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
        context.minimum_version = version
    return context


def over_tls(act: Act, context: ssl.SSLContext) -> Act:
    """A server that shakes hands before it does ``act``."""

    def upgraded(client: Client) -> None:
        upgrade(client, context)
        act(client)

    return upgraded


def upgrade(client: Client, context: ssl.SSLContext) -> None:
    """Shake hands as a server; what is said and heard from here on is said and heard below TLS."""
    with suppress(ssl.SSLError):
        client.socket = context.wrap_socket(client.socket, server_side=True)
        return
    raise ConnectionAbortedError("no handshake")


def naming(context: ssl.SSLContext) -> Callable[[], list[str | None]]:
    """The names clients ask this context for by SNI, so far."""
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    return lambda: asked


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
