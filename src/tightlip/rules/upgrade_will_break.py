"""A setting works today and fails with the product's next version.

Flags:
    A setting that the product's own documentation says a later version refuses, or reads in another way, so that
    nobody could log in after the upgrade. Which settings these are each product's page says.

Why it matters:
    An upgrade is the moment at which nobody looks at mechanisms, and the product's own check may pass.

Mends it:
    Change the setting before the upgrade. Where it is there for NTLM alone, withdrawing NTLM ends it.

References:
    RFC 4422.
"""

from collections.abc import Iterator

from tightlip.model.finding import Evidence, Place, Remediation, RemediationKind, Severity
from tightlip.model.posture import NoteKind, Posture
from tightlip.rules._rule import RFC_4422, WITHDRAW_NTLM, Rule, Written
from tightlip.rules._settings import ntlm_offers, place_at

_CHANGE_FIRST = Remediation(RemediationKind.ADVISE, "Change the setting before the product is upgraded.")


def written(posture: Posture) -> Iterator[Written]:
    """Notes that something breaks on upgrade, with the setting that stands at their line."""
    for note in posture.notes:
        if note.kind is NoteKind.BREAKS_ON_UPGRADE:
            place = place_at(posture, note.file, note.line)
            yield Written(
                setting=place.setting if place else note.file,
                summary=note.text,
                places=(place,) if place else (),
                remediations=(WITHDRAW_NTLM, _CHANGE_FIRST) if _makes_ntlm(posture, place) else (_CHANGE_FIRST,),
                proof=(Evidence(file=note.file, line=note.line, text=note.text),),
            )


def _makes_ntlm(posture: Posture, place: Place | None) -> bool:
    return any(offer.place == place for _, offers in ntlm_offers(posture) for offer in offers)


RULE = Rule(written=written, severity=Severity.MEDIUM, references=(RFC_4422,))
