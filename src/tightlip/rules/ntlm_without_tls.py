"""NTLM is accepted on a connection without TLS.

Flags:
    An endpoint in its plain state that takes the mechanism NTLM, whatever it answers next.

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

from tightlip.model.endpoint import Security
from tightlip.model.finding import Severity
from tightlip.model.host_view import Assessed
from tightlip.model.verdict import Verdict
from tightlip.rules._facts import acceptance
from tightlip.rules._rule import REQUIRE_TLS, RFC_8314, WITHDRAW_NTLM, Answer, Holds, Proven, Rule


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
    return Proven.NOT if assessed.assessment.verdict is Verdict.CLEAN else None


RULE = Rule(condition=condition, severity=Severity.MEDIUM, references=(RFC_8314,))
