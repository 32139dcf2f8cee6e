"""Certificates for practice servers: made when a server opens, and gone with it."""

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tightlip.talk.script import Certificate, TlsVersion

_LIFE = timedelta(days=2)
_OPENSSL = {
    TlsVersion.TLS_1_0: ssl.TLSVersion.TLSv1,
    TlsVersion.TLS_1_1: ssl.TLSVersion.TLSv1_1,
    TlsVersion.TLS_1_2: ssl.TLSVersion.TLSv1_2,
}
_NAMES = {
    Certificate.SELF_SIGNED: "localhost",
    Certificate.EXPIRED: "localhost",
    Certificate.OTHER_NAME: "mail.example.net",
}


def tls_context(kind: Certificate, newest: TlsVersion, address: str) -> ssl.SSLContext:
    """A server context that shows a fresh certificate of this kind for a server at ``address``."""
    context = _old_context(newest) if newest is not TlsVersion.TLS_1_3 else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # load_cert_chain reads files only; this one is 0600 and gone when the block ends.
    with NamedTemporaryFile() as file:
        file.write(_key_and_certificate(kind, address))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def write_certificate(path: Path, address: str) -> None:
    """Write a fresh key and its self-signed certificate for a server at ``address`` into one PEM file, 0600."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(_key_and_certificate(Certificate.SELF_SIGNED, address))


def _key_and_certificate(kind: Certificate, address: str) -> bytes:
    key = generate_private_key(SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + _certificate(kind, address, key).public_bytes(Encoding.PEM)


def _old_context(newest: TlsVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        # The ssl module warns of TLS 1.0, which is what this server is there to show.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = _OPENSSL[newest]
    return context


def _certificate(kind: Certificate, address: str, key: EllipticCurvePrivateKey) -> x509.Certificate:
    common_name = _NAMES[kind]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    others: list[x509.GeneralName] = [x509.DNSName(common_name)]
    if kind is not Certificate.OTHER_NAME:
        others.append(x509.IPAddress(ip_address(address)))
    end = datetime.now(UTC) + (-_LIFE if kind is Certificate.EXPIRED else _LIFE)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), end - 3 * _LIFE, end)
    return builder.add_extension(x509.SubjectAlternativeName(others), critical=False).sign(key, SHA256())
