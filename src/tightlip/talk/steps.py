"""The steps a dialogue is made of, and the typed helpers that read like a conversation.

A dialogue is a generator. It yields steps and is resumed with what a step asked for: a line, some bytes, or
nothing. It never sees a network failure: then it is closed, and what it noted before stays noted.
"""

from collections.abc import Generator
from typing import final

from msgspec import Struct

from tightlip.model.facts import Fact


@final
class Say(Struct, frozen=True, gc=False):
    """Send these bytes."""

    data: bytes


@final
class Mark(Struct, frozen=True, gc=False):
    """Send a command whose answer cannot be taken for another's: what has come before it is still to be heard."""

    data: bytes


@final
class Leave(Struct, frozen=True, gc=False):
    """Send our last words; whatever ends the conversation from here on ends it well."""

    data: bytes


@final
class HearLine(Struct, frozen=True, gc=False):
    """Wait for one line; resumed with it, without its CRLF."""


@final
class HearList(Struct, frozen=True, gc=False):
    """Wait for all lines up to a lone dot (RFC 1939 section 3); resumed with them, each with a CRLF, but the dot."""


@final
class HearBytes(Struct, frozen=True, gc=False):
    """Wait for exactly ``count`` bytes (a literal); resumed with them."""

    count: int


@final
class HearClose(Struct, frozen=True, gc=False):
    """Wait for the peer to close; resumed with the line that came instead, which answers nothing we asked."""


@final
class StartTls(Struct, frozen=True, gc=False):
    """Upgrade this connection to TLS; resumed when it is up."""


@final
class Note(Struct, frozen=True, gc=False):
    """A fact has become known."""

    fact: Fact


Step = Say | Mark | Leave | HearLine | HearList | HearBytes | HearClose | StartTls | Note

Dialogue = Generator[Step, bytes, None]

HEAR_LINE = HearLine()
HEAR_LIST = HearList()
HEAR_CLOSE = HearClose()
START_TLS = StartTls()
