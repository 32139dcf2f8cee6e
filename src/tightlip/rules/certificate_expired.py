"""The certificate had expired when the endpoint was asked, or its file was read.

Flags:
    An endpoint that presents a certificate whose notAfter lies before the moment of the observation, or a service
    that is set to present such a certificate file.

Why it matters:
    Clients warn or refuse, and users learn to click warnings away. A plan that requires TLS would lock them out.

Mends it:
    Renew the certificate and reload the service.

References:
    RFC 5280 section 4.1.2.5.
"""

from collections.abc import Iterator

from tightlip.model.endpoint import Security
from tightlip.model.finding import Evidence, Finding, Remediation, RemediationKind, Severity
from tightlip.model.host_view import Assessed
from tightlip.model.posture import Posture
from tightlip.rules._facts import tls_state
from tightlip.rules._rule import RFC_5280, Answer, Holds, Proven, Rule, Written

_RENEW = Remediation(
    RemediationKind.ADVISE, "Renew the certificate, and reload the service so that it presents the new one."
)


def condition(assessed: Assessed) -> Answer:
    """Whether the certificate shown had expired at the moment of the observation."""
    tls = tls_state(assessed.observation)
    if tls is None or tls.not_after is None:
        return None
    if tls.not_after >= assessed.observation.time:
        return Proven.NOT
    return Holds(
        summary=f"the certificate expired on {tls.not_after:%Y-%m-%d}",
        proof=f"notAfter {tls.not_after:%Y-%m-%dT%H:%M:%SZ}",
        remediations=(_RENEW,),
    )


def written(posture: Posture) -> Iterator[Written]:
    """Certificate files of services with TLS, from the moment on at which they end."""
    ends = {each.path: each.not_after for each in posture.certificates}
    for service in posture.services:
        tls = service.tls
        if tls.available and tls.certificate and (end := ends.get(tls.certificate)):
            place = tls.certificate_place or tls.place
            yield Written(
                setting=place.setting,
                summary=f"the certificate file expired on {end:%Y-%m-%d}",
                places=(place,),
                remediations=(_RENEW,),
                service=service,
                states=(Security.STARTTLS, Security.IMPLICIT),
                proof=(Evidence(file=tls.certificate, text=f"notAfter {end:%Y-%m-%dT%H:%M:%SZ}"),),
                since=end,
            )


def leaves_open(_: Finding, posture: Posture) -> bool:
    """Whether a certificate is in use of which nobody knows when it ends, as in a copy that was made without it."""
    known = {each.path for each in posture.certificates if each.not_after}
    shown = (service.tls for service in posture.services if service.tls.available)
    return any(tls.certificate not in known if tls.certificate else tls.certificate_place is None for tls in shown)


RULE = Rule(
    condition=condition, written=written, leaves_open=leaves_open, severity=Severity.MEDIUM, references=(RFC_5280,)
)
