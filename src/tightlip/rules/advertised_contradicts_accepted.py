"""NTLM is listed and refused, or accepted without being listed.

Flags:
    Either way round: an endpoint that lists NTLM and refuses it all the same, or one that does not list it and
    accepts it all the same (a filter hides the mechanism, the back end still answers). In a configuration: NTLM in a
    list of a server that does not have it, and so never answers it.

Why it matters:
    Hidden is not withdrawn: some scanners fall silent, others still read the challenge. Listed but refused makes
    clients choose a login that cannot work.

Mends it:
    Withdraw the mechanism in the back end that answers; list what is accepted, and nothing else.

References:
    RFC 4422.
"""

from collections.abc import Iterator

from tightlip.model.facts import Door
from tightlip.model.finding import Remediation, RemediationKind, Severity
from tightlip.model.host_view import Assessed
from tightlip.model.posture import Posture
from tightlip.model.verdict import Reason, Verdict
from tightlip.rules._facts import acceptance, is_proven_closed, mechanisms, refusal
from tightlip.rules._rule import RFC_4422, WITHDRAW_NTLM, Answer, Holds, Proven, Rule, Written

# What a list would have to name for each way in.
_MECHANISMS = {
    Door.AUTH: "NTLM",
    Door.GENERIC: "NTLM",
    Door.MSN: "MSN",
    Door.SPNEGO: "GSS-SPNEGO",
    Door.GSSAPI: "GSSAPI",
}
_LIST_TRULY = Remediation(
    RemediationKind.ADVISE, "Stop listing NTLM: clients that choose it fail, though other logins would work."
)


def condition(assessed: Assessed) -> Answer:
    """Whether the list of mechanisms and what became of NTLM disagree; who wants TLS first refuses no mechanism.

    Where no login is to be had in this state, whatever is listed, there is nothing left that could disagree.
    """
    listed = mechanisms(assessed.observation)
    if _takes_no_login(assessed, listed):
        return Proven.NOT if is_proven_closed(assessed) else None
    if listed is None:
        return None
    taken = acceptance(assessed.observation, *_MECHANISMS)
    if taken and (name := _MECHANISMS[taken.via]) not in listed:
        what = name if name == "NTLM" else f"NTLM inside {name}"
        return _contradiction(f"{what} is accepted though it is not listed", listed, WITHDRAW_NTLM)
    verdict = assessed.assessment.verdict
    if verdict is Verdict.CLEAN and refusal(assessed.observation, Door.AUTH):
        if "NTLM" in listed:
            return _contradiction("NTLM is listed but refused", listed, _LIST_TRULY)
        return Proven.NOT if is_proven_closed(assessed) else None
    return Proven.NOT if taken else None


def _takes_no_login(assessed: Assessed, listed: tuple[str, ...] | None) -> bool:
    assessment = assessed.assessment
    if assessment.verdict is not Verdict.CLEAN:
        return False
    reason = assessment.reason
    return reason is Reason.TLS_REQUIRED or (reason is Reason.AUTHENTICATION_NOT_OFFERED and not listed)


def written(posture: Posture) -> Iterator[Written]:
    """Mechanisms that are listed and never answered, each at the setting that lists it."""
    for service in posture.services:
        for offer in service.offers:
            if offer.only_listed:
                yield Written(
                    setting=offer.place.setting,
                    summary=f"{offer.name} listed, never answered",
                    places=(offer.place,),
                    remediations=(_LIST_TRULY,),
                    service=service,
                    states=offer.only_listed,
                )


def _contradiction(summary: str, listed: tuple[str, ...], remediation: Remediation) -> Holds:
    return Holds(
        summary=summary,
        proof=f"listed: {', '.join(listed) or 'nothing'}",
        remediations=(remediation,),
    )


RULE = Rule(condition=condition, written=written, severity=Severity.INFO, references=(RFC_4422,))
