"""NTLM is listed and refused, or accepted without being listed.

Flags:
    Either way round: an endpoint that lists NTLM and permanently refuses it, or one that does not list it and
    accepts it all the same (a filter hides the mechanism, the back end still answers).

Why it matters:
    Hidden is not withdrawn: some scanners fall silent, others still read the challenge. Listed but refused makes
    clients choose a login that cannot work.

Mends it:
    Withdraw the mechanism in the back end that answers; list what is accepted, and nothing else.

References:
    RFC 4422.
"""

from collections.abc import Iterator

from tightlip.model.facts import Asked, Door, Standing
from tightlip.model.finding import Finding, Remediation, Severity
from tightlip.model.host_view import Assessed, HostView
from tightlip.rules._facts import acceptance, mechanisms, refusal
from tightlip.rules._rule import RFC_4422, WITHDRAW_NTLM, Judgement, Rule, cleared, heard

_LIST_TRULY = Remediation("advise", "Stop listing NTLM: clients that choose it fail, though other logins would work.")


def advertised_contradicts_accepted(view: HostView) -> Iterator[Judgement]:
    """Judge every observation of the view by the condition on the page above."""
    for assessed in view.assessed:
        listed = mechanisms(assessed.observation)
        if listed is None:
            continue
        taken = acceptance(assessed.observation, Door.AUTH, Door.GENERIC)
        said_no = refusal(assessed.observation, Door.AUTH)
        if taken and "NTLM" not in listed:
            yield _finding(assessed, "NTLM is accepted though it is not listed", WITHDRAW_NTLM)
        elif said_no and said_no.asked is Asked.MECHANISM and said_no.standing is Standing.PERMANENT:
            if "NTLM" in listed:
                yield _finding(assessed, "NTLM is listed but refused", _LIST_TRULY)
            else:
                yield cleared("advertised-contradicts-accepted", assessed)
        elif taken:
            yield cleared("advertised-contradicts-accepted", assessed)


def _finding(assessed: Assessed, summary: str, remediation: Remediation) -> Finding:
    listed = ", ".join(mechanisms(assessed.observation) or ()) or "nothing"
    rule = "advertised-contradicts-accepted"
    return heard(rule, assessed, Severity.INFO, summary, f"listed: {listed}", (remediation,), (RFC_4422,))


RULE = Rule(advertised_contradicts_accepted, Severity.INFO)
