"""Talks as values: how a server answers what a client says, and what tightlip is expected to find."""

from enum import Enum

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.talk.expectation import Expectation
from tightlip.talk.phrases import Cue, Phrase


class Certificate(Enum):
    """The certificate that the practice server shows."""

    SELF_SIGNED = "self-signed"
    EXPIRED = "expired"
    OTHER_NAME = "other-name"


class TlsVersion(Enum):
    """The newest TLS that the practice server speaks, by the name that OpenSSL gives it."""

    TLS_1_0 = "TLSv1"
    TLS_1_1 = "TLSv1.1"
    TLS_1_2 = "TLSv1.2"
    TLS_1_3 = "TLSv1.3"


class Speak(Struct, frozen=True):
    """The server says this, line end included."""

    phrase: Phrase


class Pause(Struct, frozen=True):
    """What follows goes in a TCP segment of its own."""


class Silence(Struct, frozen=True):
    """The server hears and answers nothing more, and keeps the connection."""


class Upgrade(Struct, frozen=True):
    """TLS begins."""


class Close(Struct, frozen=True):
    """The server closes the connection."""


Reaction = Speak | Pause | Silence | Upgrade | Close


class Exchange(Struct, frozen=True):
    """What the server does when a client line matches the cue."""

    cue: Cue
    reactions: tuple[Reaction, ...]


class Section(Struct, frozen=True):
    """One stretch of a conversation: what is said unasked, then the exchanges."""

    greeting: tuple[Reaction, ...] = ()
    exchanges: tuple[Exchange, ...] = ()


class Talk(Struct, frozen=True):
    """One .talk file.

    ``claim`` is its name without the ending, ``summary`` its first line. ``clear`` is what is played without TLS,
    ``tls`` once an upgrade is done, ``implicit`` where TLS came first.
    """

    claim: str
    summary: str
    protocol: str
    source: str
    expectations: tuple[Expectation, ...]
    clear: Section
    tls: Section
    implicit: Section
    certificate: Certificate = Certificate.SELF_SIGNED
    newest_tls: TlsVersion = TlsVersion.TLS_1_3
    default: Phrase | None = None

    @property
    def states(self) -> dict[Security, Expectation]:
        """What is expected of each state that the file speaks of."""
        return {state: expected for expected in self.expectations for state in expected.states}
