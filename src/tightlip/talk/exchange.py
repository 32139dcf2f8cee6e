"""One SASL exchange: how a protocol carries it, what an answer says, how it is begun and taken back.

RFC 4422 sections 3 and 4. A protocol gives its profile; what is asked in an exchange stands in ``sasl`` and
``passwords``.
"""

from collections.abc import Generator
from enum import Enum
from typing import Protocol

from msgspec import Struct

from tightlip.model.facts import Door
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.steps import Dialogue, Note, Say, Step
from tightlip.talk.text import words

_CANCEL = b"*"


class Says(Enum):
    """What an answer says in an exchange."""

    GO_AHEAD = "go ahead"
    DONE = "done"
    NO = "no"


# Bound once: Python 3.11 takes a tenth of a microsecond to look a member up, and this is done at every answer.
_GO_AHEAD, _NO = Says.GO_AHEAD, Says.NO


class Reply(Struct, frozen=True, gc=False):
    """One whole answer: what it says, the base64 that a go-ahead carries, and all of it as it came."""

    says: Says
    data: bytes
    raw: bytes

    @property
    def text(self) -> str:
        """All of it, as text."""
        return words(self.raw)


class SaslProfile(Protocol):
    """How a protocol carries SASL (RFC 4422 section 4)."""

    name: str

    def begin(self, mechanism: bytes, initial: bytes | None, via: Door) -> bytes:
        """The command that asks for a mechanism, with the first message (base64) where there is one."""

    def respond(self, data: bytes, via: Door) -> bytes:
        """The line that carries a message (base64), or the cancel."""

    def command(self, verb: str) -> bytes:
        """A command without arguments."""

    def hear(self) -> Generator[Step, bytes, Reply]:
        """The whole of the next answer."""

    def goes_ahead(self, reply: Reply) -> bool:
        """Whether the answer to a mechanism's name waits for the first message."""

    def recover(self, reply: Reply) -> Generator[Step, bytes, bool]:
        """Do what a refusal asks to have done first; whether that is worth asking again."""


def begin(profile: SaslProfile, mechanism: str) -> Generator[Step, bytes, Reply]:
    """Ask for a mechanism that has nothing to do with NTLM."""
    command = profile.begin(mechanism.encode(), None, Door.AUTH)
    yield Say(command)
    reply = yield from profile.hear()
    return reply if reply.says is not _NO else (yield from begin_again(profile, command, reply))


def begin_again(profile: SaslProfile, command: bytes, reply: Reply) -> Generator[Step, bytes, Reply]:
    """Ask once more where the server wants something done first; the answer that counts."""
    if not (yield from profile.recover(reply)):
        return reply
    yield Say(command)
    return (yield from profile.hear())


def cancel(profile: SaslProfile, via: Door) -> Dialogue:
    """Take it back; once more where the server only asks for more, or our next command would be its answer."""
    yield Say(profile.respond(_CANCEL, via))
    reply = yield from profile.hear()
    if reply.says is _NO:
        return
    yield Note(Oddity(OddityName.CANCEL_NOT_REFUSED, reply.text))
    if reply.says is _GO_AHEAD:
        yield Say(profile.respond(_CANCEL, via))
        yield from profile.hear()
