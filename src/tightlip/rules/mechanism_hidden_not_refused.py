"""A filter hides NTLM from the list of mechanisms, and the service accepts it all the same.

Flags:
    A service whose configuration takes NTLM (or GSS-SPNEGO where it can carry it) out of the list that clients are
    shown, while the back end goes on answering it.

Why it matters:
    Hidden is not withdrawn. Who sends the mechanism's name unasked still gets the challenge with the names of the
    machine; only scanners that believe the list fall silent, so that the leak looks mended.

Mends it:
    Withdraw the mechanism in the back end that answers. The filter may then go.

References:
    RFC 4422.
"""

from collections.abc import Iterator

from tightlip.model.finding import Severity
from tightlip.model.posture import Posture
from tightlip.rules._rule import RFC_4422, WITHDRAW_NTLM, Rule, Written
from tightlip.rules._settings import carrying_ntlm


def written(posture: Posture) -> Iterator[Written]:
    """Offers of what carries NTLM that a filter hides; the filter is named first, then what makes the offer."""
    for service in posture.services:
        for offer in carrying_ntlm(service.offers):
            if offer.hidden_by:
                yield Written(
                    setting=offer.hidden_by.setting,
                    summary=f"{offer.name} hidden from the list, and accepted all the same",
                    places=(offer.hidden_by, offer.place),
                    remediations=(WITHDRAW_NTLM,),
                    service=service,
                    states=offer.states,
                )


RULE = Rule(written=written, severity=Severity.LOW, references=(RFC_4422,))
