"""Self-signed certificates for the servers, made once for each run."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

COMMON_NAME = "mail.lab.test"
OLD_NAME = "old.lab.test"
_LIFE = datetime.timedelta(days=30)
_DAY = datetime.timedelta(days=1)


def write_certificate(folder: Path) -> None:
    """Write `cert.pem` and `key.pem`: valid for thirty days, for its name, `localhost` and 127.0.0.1."""
    if (folder / "key.pem").exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    names: list[x509.GeneralName] = [
        x509.DNSName(COMMON_NAME),
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    begun = datetime.datetime.now(datetime.UTC)
    unsigned = _unsigned(key, COMMON_NAME, begun - _DAY, begun + _LIFE)
    unsigned = unsigned.add_extension(x509.SubjectAlternativeName(names), critical=False)
    _write(folder, "cert.pem", "key.pem", unsigned.sign(key, hashes.SHA256()), key)


def write_old_certificate(folder: Path) -> None:
    """Write `old-cert.pem` and `old-key.pem`: expired yesterday, a small key, and one name in the old place."""
    if (folder / "old-key.pem").exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    ended = datetime.datetime.now(datetime.UTC) - _DAY
    unsigned = _unsigned(key, OLD_NAME, ended - _LIFE, ended)
    _write(folder, "old-cert.pem", "old-key.pem", unsigned.sign(key, hashes.SHA256()), key)


def _unsigned(
    key: rsa.RSAPrivateKey, common_name: str, begins: datetime.datetime, ends: datetime.datetime
) -> x509.CertificateBuilder:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )


def _write(folder: Path, cert_name: str, key_name: str, cert: x509.Certificate, key: rsa.RSAPrivateKey) -> None:
    """The key is readable by all because each daemon has a user of its own."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / cert_name).write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    (folder / key_name).write_bytes(private)
    for name in (cert_name, key_name):
        (folder / name).chmod(0o644)
