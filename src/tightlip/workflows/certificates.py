"""Certificate files that a configuration names: when each ends, or what is wrong with it."""

import warnings
from datetime import datetime

from msgspec.structs import replace

from tightlip.hosts._host import Host, Reach
from tightlip.model.posture import Certificate, Note, NoteKind, Posture
from tightlip.products._product import Absent

# A key stands alone, or before it (RFC 7468 section 5).
_BEGIN = b"-----BEGIN CERTIFICATE-----"


def told_from_keys(posture: Posture, host: Host) -> Posture:
    """The posture with the certificate's file where a setting names keys beside it: the first that holds one."""
    found: dict[tuple[str, ...], str | None] = {}
    for chain in {service.tls.chain for service in posture.services if service.tls.chain}:
        contents = ((path, host.read(path)) for path in chain)
        found[chain] = next((path for path, each in contents if isinstance(each, bytes) and _BEGIN in each), None)
    services = (
        replace(each, tls=replace(each.tls, certificate=found.get(each.tls.chain) or each.tls.certificate))
        for each in posture.services
    )
    return replace(posture, services=tuple(services))


def certificates_of(posture: Posture, host: Host) -> tuple[tuple[Certificate, ...], tuple[Note, ...]]:
    """Those that the services name and the posture does not hold yet, each read once.

    One that is not in a copied tree is a note and nothing else: keys and certificates are seldom copied.
    """
    known = {each.path for each in posture.certificates}
    named = {service.tls.certificate: service.tls.certificate_place for service in posture.services}
    certificates: list[Certificate] = []
    notes: list[Note] = []
    for path, place in named.items():
        if not path or path in known:
            continue
        content = host.read(path)
        if isinstance(content, bytes):
            certificates.append(_read(path, content))
        elif host.reach is Reach.LIVE:
            certificates.append(Certificate(path=path, problem=f"cannot be read: {content.why}"))
        if isinstance(content, Absent) and not is_told(posture, path):
            where = (place.file, place.line) if place else (posture.config, None)
            notes.append(_missing(path, content, *where))
    return tuple(certificates), tuple(notes)


def is_told(posture: Posture, path: str) -> bool:
    """Whether a plug has noted itself that a file is missing, or could not be read."""
    return any(
        note.kind in (NoteKind.MISSING, NoteKind.UNREAD) and (note.file == path or path in note.text)
        for note in posture.notes
    )


def _missing(path: str, absent: Absent, file: str, line: int | None) -> Note:
    text = f"the certificate {path} was not looked at: {absent.why}"
    return Note(kind=NoteKind.MISSING, text=text, file=file, line=line)


def _read(path: str, content: bytes) -> Certificate:
    """The first certificate of a PEM file, which is the server's own (RFC 8446 section 4.4.2), or a DER one."""
    try:
        return Certificate(path=path, not_after=_end_of(content))
    except Exception:  # somebody's bytes: the parser raises many kinds, and all of them mean this
        return Certificate(path=path, problem="it is no certificate that can be read")


def _end_of(content: bytes) -> datetime:
    from cryptography import x509

    load = x509.load_pem_x509_certificate if b"-----BEGIN" in content else x509.load_der_x509_certificate
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is odd about a certificate is not for stderr
        return load(content).not_valid_after_utc
