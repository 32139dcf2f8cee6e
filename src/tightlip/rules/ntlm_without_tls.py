"""NTLM is accepted on a connection without TLS.

Flags:
    An endpoint in its plain state that takes the mechanism NTLM, whatever it answers next. In a configuration: a
    service that other machines reach and that accepts what carries NTLM before TLS.

Why it matters:
    Whoever sees the traffic can try the answers of real logins against word lists, or relay them elsewhere.

Mends it:
    Withdraw NTLM; and require TLS before any login. The second alone leaves the challenge readable after an
    upgrade.
    The settings of each server product, and what common advice gets wrong about them, stand in
    docs/common-advice.md.

References:
    RFC 8314.
"""

from collections.abc import Iterator

from tightlip.model.endpoint import Security
from tightlip.model.finding import Severity
from tightlip.model.host_view import Assessed
from tightlip.model.posture import Posture
from tightlip.rules._facts import acceptance, is_proven_closed
from tightlip.rules._rule import REQUIRE_TLS, RFC_8314, WITHDRAW_NTLM, Answer, Holds, Proven, Rule, Written
from tightlip.rules._settings import by_setting, carrying_ntlm, is_exposed, names_of, places_of


def condition(assessed: Assessed) -> Answer:
    """Whether NTLM is accepted in the plain state."""
    if assessed.observation.endpoint.security is not Security.PLAIN:
        return None
    if taken := acceptance(assessed.observation):
        return Holds(
            summary="NTLM is accepted without TLS",
            proof=f"accepted by {taken.via} before TLS",
            remediations=(WITHDRAW_NTLM, REQUIRE_TLS),
        )
    return Proven.NOT if is_proven_closed(assessed) else None


def written(posture: Posture) -> Iterator[Written]:
    """Offers of what carries NTLM in the plain state, with the setting that could make logins wait for TLS."""
    for service in filter(is_exposed, posture.services):
        early = [offer for offer in carrying_ntlm(service.offers) if offer.is_sure_in(Security.PLAIN)]
        for setting, offers in by_setting(early).items():
            yield Written(
                setting=setting,
                summary=f"{names_of(offers)} accepted without TLS",
                places=(*places_of(offers), service.tls.demand),
                remediations=(WITHDRAW_NTLM, REQUIRE_TLS),
                service=service,
                states=(Security.PLAIN,),
            )


RULE = Rule(condition=condition, written=written, severity=Severity.MEDIUM, references=(RFC_8314,))
