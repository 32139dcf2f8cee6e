"""Whether an observation that was called clean shows a refusal that proves it, by the table of refusals."""

import re
from collections.abc import Iterator
from typing import assert_never

from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Door, Mechanisms, Refusal, Standing, TlsOffer
from tightlip.model.observation import Observation, Speaker
from tightlip.talk.refusal_gist import speaks_of_another
from tightlip.talk.refusals import standing_of

_NTLM = "NTLM"
# 0.1.0 kept no fact of what was offered before TLS, but what was said: each protocol's list, and nothing that merely
# speaks of STARTTLS, as refusals do.
_OFFERS_TLS = re.compile(
    rb'(?:250[- ])?"?(?:STARTTLS|STLS)"?\s*|\S+ (?:OK \[)?CAPABILITY [^\]]*\bSTARTTLS\b.*', re.IGNORECASE | re.DOTALL
)


def shows_proven_refusal(observation: Observation) -> bool:
    """Whether every refusal of NTLM by its name proves that it is not to be had, whatever the stored standings say.

    One at least; what was said to other paths proves nothing of it, and takes nothing back.
    """
    refusals = list(_of_ntlm(observation))
    return bool(refusals) and all(_proves(refusal, observation) for refusal in refusals)


def _of_ntlm(observation: Observation) -> Iterator[Refusal]:
    """The refusals at its own door; 0.1.0 did not write down which mechanism it had asked for there."""
    for fact in observation.facts:
        if isinstance(fact, Refusal) and fact.asked is Asked.MECHANISM and fact.via in (None, Door.AUTH):
            yield fact


def _proves(refusal: Refusal, observation: Observation) -> bool:
    standing = standing_of(observation.endpoint.protocol, refusal.text)
    listed = {name for fact in observation.facts if isinstance(fact, Mechanisms) for name in fact.names}
    asked = refusal.mechanism.upper() or _NTLM
    match standing:
        case Standing.NO_SUCH_MECHANISM:
            return asked not in listed and not speaks_of_another(refusal.text, asked)
        case Standing.TLS_REQUIRED:
            # Said over TLS it makes no sense, and proves nothing; nor where there is no TLS to begin.
            return observation.endpoint.security is Security.PLAIN and _offered_tls(observation)
        case Standing.NO_AUTHENTICATION:
            # Whoever lists mechanisms has authentication.
            return not listed
        case Standing.PERMANENT | Standing.TEMPORARY | Standing.BANNED | Standing.UNCLEAR:
            return False
        case _:
            assert_never(standing)


def _offered_tls(observation: Observation) -> bool:
    if any(isinstance(fact, TlsOffer) and fact.listed for fact in observation.facts):
        return True
    said = (line.data for line in observation.transcript if line.speaker is Speaker.SERVER)
    return any(_OFFERS_TLS.fullmatch(data) for data in said)
