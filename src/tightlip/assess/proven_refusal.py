"""Whether an observation that was called clean shows a refusal that proves it, by the table of refusals."""

from typing import assert_never

from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Mechanisms, Refusal, Standing
from tightlip.model.observation import Observation
from tightlip.talk.refusals import standing_of


def shows_proven_refusal(observation: Observation) -> bool:
    """Whether any refusal of a mechanism proves that it is not to be had, whatever the stored standing says."""
    facts = observation.facts
    lists_some = any(isinstance(fact, Mechanisms) and fact.names for fact in facts)
    return any(
        _proves(standing_of(observation.endpoint.protocol, fact.text), observation.endpoint.security, lists_some)
        for fact in facts
        if isinstance(fact, Refusal) and fact.asked is Asked.MECHANISM
    )


def _proves(standing: Standing, security: Security, lists_some: bool) -> bool:
    match standing:
        case Standing.NO_SUCH_MECHANISM:
            return True
        case Standing.TLS_REQUIRED:
            # Said over TLS it makes no sense, and proves nothing.
            return security is Security.PLAIN
        case Standing.NO_AUTHENTICATION:
            # Whoever lists mechanisms has authentication.
            return not lists_some
        case Standing.PERMANENT | Standing.TEMPORARY | Standing.BANNED | Standing.UNCLEAR:
            return False
        case _:
            assert_never(standing)
