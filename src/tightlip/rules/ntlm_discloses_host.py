"""The server names itself to anybody who sends a first NTLM message.

Flags:
    An endpoint whose NTLM challenge carries a name of the machine, its domain or forest, a Windows version,
    or its clock. No login takes place: the challenge answers the very first message. In a configuration: a
    mechanism that carries NTLM and is answered by a back end that names the machine: NTLM itself, SPNEGO, and GSSAPI
    where gss-ntlmssp is registered with the host's Kerberos library.

Why it matters:
    Names and builds feed target selection and password guessing, and tell an outsider the internal naming
    scheme. Where NTLM is offered it can also be relayed or cracked. The severity is tightlip's own: scanners
    report this as information, without a score.

Mends it:
    Withdraw NTLM from the mechanisms of the service (and GSS-SPNEGO where it carries NTLM), or disable a service
    that nobody uses. Requiring TLS does not mend it: a scanner upgrades first and reads the same challenge.
    The settings of each server product, and what common advice gets wrong about them, stand in
    docs/common-advice.md.

References:
    MS-NLMP 2.2.1.2; RFC 4422.
"""

from collections.abc import Iterator

from tightlip.model.disclosure import LABELS, Disclosure
from tightlip.model.finding import Remediation, Severity
from tightlip.model.host_view import Assessed
from tightlip.model.posture import Offer, Posture
from tightlip.model.verdict import Verdict
from tightlip.rules._facts import is_proven_closed, most_telling
from tightlip.rules._rule import (
    DISABLE_SERVICE,
    MS_NLMP,
    RFC_4422,
    UNREGISTER_NTLM,
    WITHDRAW_NTLM,
    Answer,
    Holds,
    Proven,
    Rule,
    Written,
)
from tightlip.rules._settings import by_setting, names_of, ntlm_offers, places_of, states_of

# The product follows from the version, and its name is long.
_SAID = [(field, label) for field, label in LABELS.items() if field != "product"]


def condition(assessed: Assessed) -> Answer:
    """Whether a challenge disclosed anything; only a thorough asking that is refused proves that none does."""
    if assessed.assessment.verdict is Verdict.DISCLOSES:
        best = most_telling(assessed.observation)
        return Holds(
            summary=_summary(best.disclosure),
            proof=f"NTLM challenge by {best.via} ({len(best.raw)} bytes)",
            remediations=(WITHDRAW_NTLM, DISABLE_SERVICE),
        )
    return Proven.NOT if is_proven_closed(assessed) else None


def written(posture: Posture) -> Iterator[Written]:
    """Offers of what carries NTLM, where the first answer names the machine."""
    for service, offers in ntlm_offers(posture):
        for setting, naming in by_setting([offer for offer in offers if offer.names_host]).items():
            yield Written(
                setting=setting,
                summary=f"{names_of(naming)} accepted, and the first answer names the machine",
                places=places_of(naming),
                remediations=(WITHDRAW_NTLM, *_unregistered(naming), DISABLE_SERVICE),
                service=service,
                states=states_of(naming),
            )


def _unregistered(offers: list[Offer]) -> Iterator[Remediation]:
    if any(offer.through for offer in offers):
        yield UNREGISTER_NTLM


def _summary(disclosure: Disclosure) -> str:
    told = [f"{label} {value}" for field, label in _SAID if (value := getattr(disclosure, field))]
    return f"NTLM challenge gives away {', '.join(told) or 'the clock'}"


RULE = Rule(condition=condition, written=written, severity=Severity.MEDIUM, references=(MS_NLMP, RFC_4422))
