"""What to ask next of one endpoint state, from what has been heard: pure, so that engine and tests agree."""

from collections.abc import Container, Sequence

from msgspec.structs import replace

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Acceptance,
    Asked,
    Challenge,
    Door,
    Fact,
    Mechanisms,
    OtherProtocol,
    Refusal,
    Standing,
    Upgrade,
)
from tightlip.ntlm.negotiate import Wish
from tightlip.talk.protocol import Protocol
from tightlip.talk.question import Question, Subject

# Bound once, as in the session: these are looked up for every conversation.
_AUTH = Door.AUTH
_CURRENT = Wish.CURRENT
_PASSWORDS = Subject.PASSWORDS
_PLAIN = Security.PLAIN


def next_question(
    protocol: Protocol, facts: Sequence[Fact], asked: Sequence[Question], subjects: Container[Subject], /
) -> Question | None:
    """The next question worth a connection of its own, or None when the state has been asked out.

    Order: the protocol's own doors; then, as the facts come, SPNEGO and X-EXPS where the server lists them; at last
    passwords, where ``subjects`` has them and TLS is not up. Nothing more is asked of a state that is absent, wants TLS
    first, speaks something else, or told us to come back later.
    """
    if _is_settled(facts):
        return None
    first = asked[0]
    for door, wish in _worth_asking(protocol, facts):
        # No set of pairs: hashing an enum costs more than comparing the two or three that there are.
        for question in asked:
            if question.door is door and question.wish is wish:
                break
        else:
            return Question(first.security, door, wish, first.ehlo_name)
    if first.security is _PLAIN and _PASSWORDS in subjects and asked[-1].subject is Subject.NTLM:
        return replace(first, subject=Subject.PASSWORDS)
    return None


def told_to_wait(facts: Sequence[Fact]) -> bool:
    """Whether the server answered "for now, no" and nothing better was learned."""
    waits = False
    for fact in facts:
        if type(fact) is Challenge or type(fact) is Acceptance:
            return False
        if type(fact) is Refusal and fact.standing is Standing.TEMPORARY:
            waits = True
    return waits


def _is_settled(facts: Sequence[Fact]) -> bool:
    for fact in facts:
        if type(fact) is Refusal:
            if fact.standing is not Standing.PERMANENT or fact.asked is Asked.GREETING:
                return True
        elif type(fact) is OtherProtocol or (type(fact) is Upgrade and not fact.accepted):
            return True
    return False


def _worth_asking(protocol: Protocol, facts: Sequence[Fact]) -> list[tuple[Door, Wish]]:
    asks = [(door, _CURRENT) for door in protocol.doors]
    for fact in facts:
        if type(fact) is Mechanisms:
            if fact.via is not _AUTH:
                if "NTLM" in fact.names:
                    asks.append((fact.via, _CURRENT))
            elif "GSS-SPNEGO" in fact.names:
                asks.append((Door.SPNEGO, _CURRENT))
    return asks
