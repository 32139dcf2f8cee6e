"""NTLM is accepted on a connection without TLS.

Flags:
    An endpoint in its plain state that takes the mechanism NTLM, whatever it answers next.

Why it matters:
    Whoever sees the traffic can try the answers of real logins against word lists, or relay them elsewhere.

Mends it:
    Withdraw NTLM; and require TLS before any login. The second alone leaves the challenge readable after an
    upgrade.

References:
    RFC 8314.
"""

from collections.abc import Iterator

from tightlip.model.endpoint import Security
from tightlip.model.finding import Severity
from tightlip.model.host_view import HostView
from tightlip.model.verdict import Verdict
from tightlip.rules._facts import acceptance
from tightlip.rules._rule import REQUIRE_TLS, RFC_8314, WITHDRAW_NTLM, Judgement, Rule, cleared, heard


def ntlm_without_tls(view: HostView) -> Iterator[Judgement]:
    """Judge every observation of the view by the condition on the page above."""
    for assessed in view.assessed:
        if assessed.observation.endpoint.security is not Security.PLAIN:
            continue
        if taken := acceptance(assessed.observation):
            yield heard(
                "ntlm-without-tls",
                assessed,
                Severity.MEDIUM,
                "NTLM is accepted without TLS",
                f"accepted by {taken.via} before TLS",
                (WITHDRAW_NTLM, REQUIRE_TLS),
                (RFC_8314,),
            )
        elif assessed.assessment.verdict is Verdict.CLEAN:
            yield cleared("ntlm-without-tls", assessed)


RULE = Rule(ntlm_without_tls, Severity.MEDIUM)
