"""The steps a dialogue is made of, and the typed helpers that read like a conversation.

A dialogue is a generator. It yields steps and is resumed with what a step asked for: a line, some bytes, or
nothing. It never sees a network failure: then it is closed, and what it noted before stays noted.
"""

from collections.abc import Generator

from msgspec import Struct

from tightlip.model.facts import Fact


class Say(Struct, frozen=True):
    """Send these bytes."""

    data: bytes


class Leave(Struct, frozen=True):
    """Send our last words; whatever ends the conversation from here on ends it well."""

    data: bytes


class HearLine(Struct, frozen=True):
    """Wait for one line; resumed with it, without its CRLF."""


class HearBytes(Struct, frozen=True):
    """Wait for exactly ``count`` bytes (a literal); resumed with them."""

    count: int


class StartTls(Struct, frozen=True):
    """Upgrade this connection to TLS; resumed when it is up."""


class Note(Struct, frozen=True):
    """A fact has become known."""

    fact: Fact


Step = Say | Leave | HearLine | HearBytes | StartTls | Note

Dialogue = Generator[Step, bytes, None]

_HEAR_LINE = HearLine()
_START_TLS = StartTls()


def say(data: bytes) -> Dialogue:
    """Send ``data`` as it is."""
    yield Say(data)


def leave(last_words: bytes) -> Dialogue:
    """Say goodbye and wait for one line of answer, so that the server need not log a reset."""
    yield Leave(last_words)
    yield _HEAR_LINE


def hear_line() -> Generator[Step, bytes, bytes]:
    """The next line, without its terminator."""
    return (yield _HEAR_LINE)


def hear_bytes(count: int) -> Generator[Step, bytes, bytes]:
    """The next ``count`` bytes, whatever they are."""
    return (yield HearBytes(count))


def start_tls() -> Dialogue:
    """Bring TLS up; returns when the handshake is done, and does not return when it fails."""
    yield _START_TLS


def note(fact: Fact) -> Dialogue:
    """Let a fact out, the moment it is known."""
    yield Note(fact)
