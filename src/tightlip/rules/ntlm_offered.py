"""The server accepts NTLM, without naming itself when asked.

Flags:
    An endpoint that takes the mechanism NTLM and then gives an empty challenge, garbage, an error, or closes. In a
    configuration: a mechanism that carries NTLM, where nothing says that its answer names the machine.

Why it matters:
    A mechanism that is accepted can be relayed into a mailbox, and a change of back end or a restart may make it
    name the host. It is also what makes clients prefer a broken login over a working one.

Mends it:
    Withdraw NTLM from the mechanisms of the service.
    The settings of each server product, and what common advice gets wrong about them, stand in
    docs/common-advice.md.

References:
    RFC 4422.
"""

from collections.abc import Iterator

from tightlip.model.finding import Severity
from tightlip.model.host_view import Assessed
from tightlip.model.posture import Posture
from tightlip.model.verdict import Reason, Verdict
from tightlip.rules._facts import is_proven_closed
from tightlip.rules._rule import DISABLE_SERVICE, RFC_4422, WITHDRAW_NTLM, Answer, Holds, Proven, Rule, Written
from tightlip.rules._settings import by_setting, names_of, ntlm_offers, places_of, states_of

_WHAT_FOLLOWED = {
    Reason.EMPTY_CHALLENGE: "the challenge named nothing",
    Reason.UNREADABLE_CHALLENGE: "what came is no readable challenge",
    Reason.REFUSED_AFTER_ACCEPTING: "then our first message was refused",
    Reason.CLOSED_AFTER_ACCEPTING: "then the connection was closed",
    Reason.SILENT_AFTER_ACCEPTING: "then nothing more came",
}


def condition(assessed: Assessed) -> Answer:
    """Whether NTLM is accepted without naming the host."""
    assessment = assessed.assessment
    if assessment.verdict is Verdict.OFFERS:
        return Holds(
            summary=f"NTLM is accepted; {_WHAT_FOLLOWED[assessment.reason]}",
            proof=f"accepted, then: {assessment.reason.replace('_', ' ')}",
            remediations=(WITHDRAW_NTLM, DISABLE_SERVICE),
        )
    return Proven.NOT if is_proven_closed(assessed) else None


def written(posture: Posture) -> Iterator[Written]:
    """Offers of what carries NTLM, where nothing is known to name the machine."""
    for service, offers in ntlm_offers(posture):
        for setting, quiet in by_setting([offer for offer in offers if not offer.names_host]).items():
            yield Written(
                setting=setting,
                summary=f"{names_of(quiet)} accepted",
                places=places_of(quiet),
                remediations=(WITHDRAW_NTLM, DISABLE_SERVICE),
                service=service,
                states=states_of(quiet),
            )


RULE = Rule(condition=condition, written=written, severity=Severity.LOW, references=(RFC_4422,))
