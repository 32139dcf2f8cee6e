"""Which command a client's line is, and what it means: every protocol's plug says it of its own verbs."""

import re
from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from tightlip import registry
from tightlip.talk.protocol import Protocol

# IMAP puts a tag of the client's choosing before its command (RFC 3501 section 2.2.1).
_TAG = re.compile(r"[A-Za-z]?[0-9]{1,4} ")


class Command(Struct, frozen=True):
    """A verb as its protocol writes it, what it means, and the words that follow it."""

    verb: str
    meaning: str
    rest: str


def command_of(line: str) -> Command | None:
    """The command that a line begins with, after a tag or without; None where no protocol knows it."""
    words = line[found.end() :] if (found := _TAG.match(line)) else line
    first, _, rest = words.partition(" ")
    second, _, further = rest.partition(" ")
    for verb, left in ((f"{first} {second}".upper(), further), (first.upper(), rest)):
        if verb in _meanings():
            return Command(verb, _meanings()[verb], left)
    return None


@cache
def _meanings() -> Mapping[str, str]:
    """All verbs of all protocols: a transcript does not say whose it is, and verbs they share mean the same."""
    plugs = registry.gather("protocols", Protocol).values()
    return {verb: meaning for plug in plugs for verb, meaning in plug.commands.items()}
