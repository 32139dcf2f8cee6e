"""The grounds as they are told: with what came of the paths that carry Kerberos too, on which no verdict depends."""

from collections.abc import Sequence

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    NEGOTIATED,
    Acceptance,
    Asked,
    Challenge,
    Door,
    Fact,
    Kerberos,
    Opening,
    Refusal,
    Standing,
)
from tightlip.model.verdict import Reason
from tightlip.talk.grounds import Ground, grounds_of
from tightlip.talk.mechanism_lists import NAMES


def told_grounds(protocol: str, security: Security, facts: Sequence[Fact]) -> tuple[Ground, ...]:
    """One ground a path that was refused by its name, and one for each answer to our message in GSSAPI or GSS-SPNEGO.

    Whoever takes those for Kerberos' sake has refused NTLM where the message was refused, or answered without NTLM.
    """
    grounds = grounds_of(protocol, security, facts)
    by_name = {ground.refusal.via for ground in grounds}
    accepted = {fact.via for fact in facts if type(fact) is Acceptance or type(fact) is Challenge}
    found: dict[tuple[Door | None, str], Ground] = {}
    for fact in facts:
        answer = _to_message(fact)
        if answer is None or answer.via in accepted or (answer.asked is Asked.MECHANISM and answer.via in by_name):
            continue
        is_for_now = answer.standing in (Standing.TEMPORARY, Standing.BANNED)
        reason = Reason.REFUSAL_UNCLEAR if is_for_now else Reason.REFUSED
        found.setdefault((answer.via, answer.text), Ground(answer, reason))
    return (*grounds, *found.values())


def _to_message(fact: Fact) -> Refusal | None:
    """What a path that carries Kerberos too answered to our message, sent on its own or along with the name."""
    if type(fact) is Kerberos:
        return Refusal(Asked.MESSAGE, Standing.UNCLEAR, fact.text, fact.via, NAMES[fact.via])
    if type(fact) is not Refusal or fact.via not in NEGOTIATED:
        return None
    return fact if fact.asked is Asked.MESSAGE or fact.opening is Opening.INITIAL_RESPONSE else None
