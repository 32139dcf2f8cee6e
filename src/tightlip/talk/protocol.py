"""What a protocol plug describes: its schemes and ports, how to recognise it, its dialogue and its doors."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Door
from tightlip.talk.probes import Question
from tightlip.talk.session import AnswerOrder
from tightlip.talk.steps import Dialogue


class Scheme(Struct, frozen=True):
    """A URL scheme users write, its usual port, and the TLS states that it asks for.

    Where two schemes of a protocol share a port, the later one is what the port alone asks for.
    """

    name: str
    port: int
    states: tuple[Security, ...]


# What the commands of most protocols mean.
GREETS = "greets, and asks what is offered"
ASKS_WHAT = "asks what is offered"
ASKS_TLS = "asks for TLS"
ASKS_LOGIN = "asks for a login mechanism"
ASKS_PASSWORD = "asks whether a password would be taken, and sends none"
ASKS_NOTHING = "asks nothing: every server knows it"
INVENTED = "is no command: how are those refused?"
TAKES_BACK = "takes it back: nobody logs in"
LEAVES = "says goodbye"

CLEAR_PORT = (Security.PLAIN, Security.STARTTLS)
TLS_PORT = (Security.IMPLICIT,)


class Protocol(Struct, frozen=True):
    """One protocol.

    ``dialogue`` makes the conversation for one question. ``greets`` tells from the first line whether a server
    speaks this protocol. NTLM is always asked for by ``doors``; by ``further_doors``, and in the mechanisms that may
    carry it, where the server lists it or the asking is thorough. ``commands`` are the verbs that we speak, in
    capitals, and what each means to a person who reads a transcript; a line that begins with none of them is not shown
    in redacted reports. ``known_command`` is one that every server knows. ``lists_are_filtered``: servers are known
    that take more mechanisms than they list.
    """

    name: str
    schemes: tuple[Scheme, ...]
    dialogue: Callable[[Question], Dialogue]
    greets: Callable[[bytes], bool]
    known_command: str
    doors: tuple[Door, ...] = (Door.AUTH,)
    further_doors: tuple[Door, ...] = ()
    commands: Mapping[str, str] = {}
    answers: AnswerOrder = AnswerOrder.IN_TURN
    lists_are_filtered: bool = False
