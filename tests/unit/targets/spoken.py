"""The grammar with the schemes of all protocols, for the tests of this room."""

from tightlip import registry
from tightlip.model.endpoint import Security
from tightlip.talk.protocol import Protocol
from tightlip.targets.grammar import Ask, Grammar

GRAMMAR = Grammar(registry.gather("protocols", Protocol))

PLAIN, STARTTLS, IMPLICIT = Security.PLAIN, Security.STARTTLS, Security.IMPLICIT


def asks(text: str) -> tuple[Ask, ...]:
    """``pop3:110:plain imap:993:implicit`` as asks."""
    parts = [word.split(":") for word in text.split()]
    return tuple(Ask(int(port), protocol, Security(state)) for protocol, port, state in parts)
