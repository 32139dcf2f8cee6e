"""What a protocol plug describes: its schemes and ports, how to recognise it, its dialogue and its doors."""

from collections.abc import Callable

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Door
from tightlip.talk.question import Question
from tightlip.talk.steps import Dialogue


class Scheme(Struct, frozen=True):
    """A URL scheme users write, its usual port, and the TLS states that it asks for.

    Where two schemes of a protocol share a port, the later one is what the port alone asks for.
    """

    name: str
    port: int
    states: tuple[Security, ...]


CLEAR_PORT = (Security.PLAIN, Security.STARTTLS)
TLS_PORT = (Security.IMPLICIT,)


class Protocol(Struct, frozen=True):
    """One protocol.

    ``dialogue`` makes the conversation for one question. ``greets`` tells from the first line whether a server
    speaks this protocol. ``doors`` are always asked, each on its own connection; others (SPNEGO, X-EXPS) only
    where the server lists them.
    """

    name: str
    schemes: tuple[Scheme, ...]
    dialogue: Callable[[Question], Dialogue]
    greets: Callable[[bytes], bool]
    doors: tuple[Door, ...] = (Door.AUTH,)
