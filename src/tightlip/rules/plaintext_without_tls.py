"""A configuration lets passwords be sent in clear text before TLS.

Flags:
    A service that other machines reach and that is set to accept PLAIN or LOGIN without TLS. What is heard of it on
    the wire is flagged by cleartext-login-without-tls.

Why it matters:
    Whoever sees the traffic reads the password. Many clients fall back to this when TLS fails.

Mends it:
    Require TLS before any login, or offer the service on its TLS port only. On a public mail exchanger that concerns
    logins alone: mail from strangers on port 25 goes on without TLS.

References:
    RFC 8314.
"""

from collections.abc import Iterator

from tightlip.model.endpoint import Security
from tightlip.model.finding import Severity
from tightlip.model.posture import Posture
from tightlip.rules._rule import REQUIRE_TLS, RFC_8314, Rule, Written
from tightlip.rules._settings import is_exposed, names_of, offered

_CLEAR = frozenset({"PLAIN", "LOGIN"})


def written(posture: Posture) -> Iterator[Written]:
    """Services that accept PLAIN or LOGIN in the plain state, with what lets them go, or could demand TLS."""
    for service in filter(is_exposed, posture.services):
        early = [offer for offer in offered(service.offers, _CLEAR) if offer.is_sure_in(Security.PLAIN)]
        if early:
            cause = service.tls.cleartext or service.tls.demand
            yield Written(
                setting=cause.setting,
                summary=f"{names_of(early)} accepted without TLS",
                places=(cause,),
                remediations=(REQUIRE_TLS,),
                service=service,
                states=(Security.PLAIN,),
            )


RULE = Rule(written=written, severity=Severity.HIGH, references=(RFC_8314,))
