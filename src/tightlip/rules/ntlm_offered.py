"""The server accepts NTLM, without naming itself when asked.

Flags:
    An endpoint that takes the mechanism NTLM and then gives an empty challenge, garbage, an error, or closes.

Why it matters:
    A mechanism that is accepted can be relayed into a mailbox, and a change of back end or a restart may make it
    name the host. It is also what makes clients prefer a broken login over a working one.

Mends it:
    Withdraw NTLM from the mechanisms of the service.

References:
    RFC 4422.
"""

from collections.abc import Iterator

from tightlip.model.finding import Severity
from tightlip.model.host_view import HostView
from tightlip.model.verdict import Verdict
from tightlip.rules._rule import DISABLE_SERVICE, RFC_4422, WITHDRAW_NTLM, Judgement, Rule, cleared, heard


def ntlm_offered(view: HostView) -> Iterator[Judgement]:
    """Judge every observation of the view by the condition on the page above."""
    for assessed in view.assessed:
        if assessed.assessment.verdict is Verdict.OFFERS:
            yield heard(
                "ntlm-offered",
                assessed,
                Severity.LOW,
                "NTLM is accepted; the challenge named nothing",
                f"accepted, then: {assessed.assessment.reason.replace('_', ' ')}",
                (WITHDRAW_NTLM, DISABLE_SERVICE),
                (RFC_4422,),
            )
        elif assessed.assessment.verdict is Verdict.CLEAN:
            yield cleared("ntlm-offered", assessed)


RULE = Rule(ntlm_offered, Severity.LOW)
