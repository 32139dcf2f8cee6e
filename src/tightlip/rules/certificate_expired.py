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

from collections.abc import Iterator

from tightlip.model.finding import Remediation, Severity
from tightlip.model.host_view import HostView
from tightlip.rules._facts import tls_state
from tightlip.rules._rule import RFC_5280, Judgement, Rule, cleared, heard

_RENEW = Remediation("advise", "Renew the certificate, and reload the service so that it presents the new one.")


def certificate_expired(view: HostView) -> Iterator[Judgement]:
    """Judge every observation of the view by the condition on the page above."""
    for assessed in view.assessed:
        tls = tls_state(assessed.observation)
        if tls is None or tls.not_after is None:
            continue
        if tls.not_after < assessed.observation.time:
            yield heard(
                "certificate-expired",
                assessed,
                Severity.MEDIUM,
                f"the certificate expired on {tls.not_after:%Y-%m-%d}",
                f"notAfter {tls.not_after:%Y-%m-%dT%H:%M:%SZ}",
                (_RENEW,),
                (RFC_5280,),
            )
        else:
            yield cleared("certificate-expired", assessed)


RULE = Rule(certificate_expired, Severity.MEDIUM)
