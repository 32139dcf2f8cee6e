"""Which of a server's certificates a service shows, and until when it is good."""

from collections.abc import Iterable, Iterator

from tightlip.model.posture import Certificate
from tightlip.products._exchange.collected import Collected
from tightlip.products._exchange.record import CERTIFICATE, Record

_SERVICE_WORD = {"pop3": "POP", "imap": "IMAP"}


def certificates(known: Collected, served: Iterable[tuple[str, Record]]) -> Iterator[Certificate]:
    """The certificates that services (protocol and settings) are set to use, each once."""
    found = [chosen(known, settings, protocol) for protocol, settings in served if settings.text("X509CertificateName")]
    yield from dict.fromkeys(found)


def chosen(known: Collected, settings: Record, protocol: str) -> Certificate:
    """The certificate of X509CertificateName, of several the one that is good longest; else what is wrong."""
    server, name = settings.owner, settings.text("X509CertificateName")
    named = [each for each in known.of(CERTIFICATE, server) if _is_for(each, name)]
    serving = [each for each in named if _SERVICE_WORD[protocol] in each.words("Services")]
    if not serving:
        path = f"{server}: {settings.cmdlet} X509CertificateName {name}"
        why = "is not assigned to this service" if named else "is not among the server's certificates"
        if not known.of(CERTIFICATE, server):
            why = "could not be looked at: the server's certificates were not collected"
        return Certificate(path=path, problem=f"{name} {why}")
    best = max(serving, key=lambda each: each.text("NotAfter"))
    path = f"{server}: Get-ExchangeCertificate {best.text('Thumbprint')}"
    ends = best.moment("NotAfter")
    return Certificate(path=path, not_after=ends, problem=None if ends else "its end was not collected")


def _is_for(certificate: Record, name: str) -> bool:
    """Whether a certificate is made out to a name; a star stands for one label (RFC 6125, section 6.4.3)."""
    wanted = name.lower()
    subject = certificate.text("Subject").lower()
    names = {*map(str.lower, certificate.words("CertificateDomains"))}
    names |= {part.strip()[3:] for part in subject.split(",") if part.strip().startswith("cn=")}
    return wanted in names or f"*.{wanted.partition('.')[2]}" in names
