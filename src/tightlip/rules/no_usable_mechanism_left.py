"""A service's list of mechanisms has none by which a client of today logs in.

Flags:
    A service whose configuration offers mechanisms, but in no TLS state one such as PLAIN, SCRAM or OAUTHBEARER;
    what is left is NTLM, what has its name, or nothing that any state allows. Where one is listed and waits for a TLS
    that cannot come up, that is to blame, and last-tls-path-missing says so; where certain networks count as secured,
    their clients log in. Where a part of the configuration could not be read nothing is said: it may offer one, or
    bring TLS.

Why it matters:
    Nobody logs in but clients that are set to NTLM, and once NTLM is withdrawn nobody does. A server may also
    refuse to start with a list that comes out empty.

Mends it:
    Offer PLAIN over TLS, or SCRAM, before anything is withdrawn.

References:
    RFC 4422; RFC 8314.
"""

from collections.abc import Iterator

from tightlip.model.finding import Remediation, RemediationKind, Severity
from tightlip.model.posture import NTLM_CARRIERS, USABLE, NoteKind, Posture, Service
from tightlip.rules._rule import RFC_4422, RFC_8314, Rule, Written
from tightlip.rules._settings import names_of, offered, places_of

_OFFER_USABLE = Remediation(
    RemediationKind.ADVISE, "Offer a mechanism that clients of today use: PLAIN over TLS, or SCRAM-SHA-256."
)


def written(posture: Posture) -> Iterator[Written]:
    """Services with offers, none of which is usable in any TLS state."""
    if any(note.kind is NoteKind.UNREAD for note in posture.notes):
        return
    for service in posture.services:
        usable = [offer for offer in offered(service.offers, USABLE) if offer.called not in NTLM_CARRIERS]
        if service.offers and not usable and not _waits_for_tls(service):
            left = [offer for offer in service.offers if offer.states]
            yield Written(
                setting=service.offers[0].place.setting,
                summary=f"no usable mechanism; what is accepted: {names_of(left) or 'nothing, in any TLS state'}",
                places=places_of(list(service.offers)),
                remediations=(_OFFER_USABLE,),
                service=service,
            )


def _waits_for_tls(service: Service) -> bool:
    """Whether a listed mechanism is usable with TLS alone, or by clients that count as if they had it."""
    tls = service.tls
    is_listed = any(offer.name in USABLE for offer in service.offers)
    return is_listed and (
        tls.exempts is not None or (not tls.available and (tls.required or tls.withholds is not None))
    )


RULE = Rule(written=written, severity=Severity.HIGH, references=(RFC_4422, RFC_8314))
