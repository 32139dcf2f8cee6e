"""A server certificate as facts: names, issuer, expiry, self-signed, does it match the host asked for."""

import warnings
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from msgspec import Struct

from tightlip.model.facts import TlsState

if TYPE_CHECKING:
    from cryptography import x509

_NAMES_LIMIT = 50
_NAME_LENGTH = 255
# Larger ones are read anew each time: what a peer sends may not fill the cache.
_CACHED_SIZE = 8_192


class _Certificate(Struct, frozen=True):
    """What one certificate says."""

    names: tuple[str, ...]
    issuer: str
    not_after: datetime
    self_signed: bool


def read_certificate(der: bytes, host: str, version: str, cipher: str) -> TlsState:
    """The TLS state for a handshake that gave the certificate ``der``; an unreadable one leaves its fields None."""
    certificate = _read(der) if len(der) <= _CACHED_SIZE else _read.__wrapped__(der)
    if certificate is None:
        return TlsState(version, cipher)
    return TlsState(
        version,
        cipher,
        certificate.names,
        certificate.issuer,
        certificate.not_after,
        certificate.self_signed,
        _matches(certificate.names, host),
    )


@lru_cache(maxsize=256)
def _read(der: bytes) -> _Certificate | None:
    """Parse once per certificate: a fleet often shares one. Anything the parser refuses is "unreadable"."""
    from cryptography import x509

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd about a peer's certificate is not for stderr
            certificate = x509.load_der_x509_certificate(der)
            return _Certificate(
                _subject_names(certificate),
                certificate.issuer.rfc4514_string()[:_NAME_LENGTH],
                certificate.not_valid_after_utc,
                certificate.issuer == certificate.subject,
            )
    except Exception:  # a peer's bytes: the parser raises many kinds, and all of them mean this
        return None


def _subject_names(certificate: "x509.Certificate") -> tuple[str, ...]:
    """Subject alternative names, DNS and addresses, else the common name (RFC 6125 section 6.4.4)."""
    from cryptography import x509

    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [
            *alternative.get_values_for_type(x509.DNSName),
            *(str(address) for address in alternative.get_values_for_type(x509.IPAddress)),
        ]
    except (x509.ExtensionNotFound, ValueError):
        names = []
    if not names:
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        names = [str(attribute.value) for attribute in common]
    return tuple(name[:_NAME_LENGTH] for name in names[:_NAMES_LIMIT])


def _matches(names: tuple[str, ...], host: str) -> bool | None:
    """RFC 6125 matching; for an address target True where it is listed, else None: nobody promised it."""
    try:
        address = str(ip_address(host))
    except ValueError:
        return any(_name_matches(name.lower().rstrip("."), host.lower().rstrip(".")) for name in names)
    return True if address in names else None


def _name_matches(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return "." in host and host.partition(".")[2] == pattern[2:]
    return pattern == host
