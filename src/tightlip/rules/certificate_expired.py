"""The certificate had expired when the endpoint was asked.

Flags:
    An endpoint that presents a certificate whose notAfter lies before the moment of the observation.

Why it matters:
    Clients warn or refuse, and users learn to click warnings away. A plan that requires TLS would lock them out.

Mends it:
    Renew the certificate and reload the service.

References:
    RFC 5280 section 4.1.2.5.
"""

from tightlip.model.finding import Remediation, RemediationKind, Severity
from tightlip.model.host_view import Assessed
from tightlip.rules._facts import tls_state
from tightlip.rules._rule import RFC_5280, Answer, Holds, Proven, Rule

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


RULE = Rule(condition=condition, severity=Severity.MEDIUM, references=(RFC_5280,))
