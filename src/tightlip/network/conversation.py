"""One conversation on a blocking socket: a protocol's own dialogue, for who wants one answer and needs no engine."""

import socket
import ssl
import time
from collections.abc import Sequence
from secrets import token_hex
from typing import Protocol

from msgspec import Struct

from tightlip import registry
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.facts import Fact, TlsState
from tightlip.network.visit import address_literal
from tightlip.talk import protocol
from tightlip.talk.probes import Inquirer, Question
from tightlip.talk.session import Session, Transcripts

_SILENCE = 20.0
_PIECE = 4_096


class Deadline(Struct, frozen=True):
    """When a conversation has to be over, on the monotonic clock, and what is said where it is not."""

    until: float
    told: str

    def left(self) -> float:
        """How long may be waited now, in seconds, 20 at most; TimeoutError where the deadline has passed."""
        left = min(_SILENCE, self.until - time.monotonic())
        if left <= 0:
            raise TimeoutError(self.told)
        return left


class Talker(Inquirer, Protocol):
    """Who decides what is asked in a conversation; ``facts`` become those of its session."""

    facts: Sequence[Fact]

    def note(self, outgoing: bytes) -> None:
        """Look at what is about to be sent."""


def converse(
    endpoint: Endpoint, connection: socket.socket, talker: Talker, context: ssl.SSLContext, deadline: Deadline
) -> None:
    """Hold the protocol's dialogue to its end, or until our goodbye is answered; EOFError where it is cut off."""
    spoken = registry.pick("protocols", endpoint.protocol, protocol.Protocol)
    ours = address_literal(str(connection.getsockname()[0]))
    question = Question(endpoint.security, talker, ours, f"t{token_hex(3)}")
    session = Session(spoken.dialogue(question), Transcripts.DROPPED, spoken.answers)
    talker.facts = session.facts
    try:
        if endpoint.security is Security.IMPLICIT:
            connection = _over_tls(connection, context, endpoint.host, deadline)
        session.begin()
        while not (session.is_over or session.awaits_close):
            connection.settimeout(deadline.left())
            outgoing = session.take_outgoing()
            talker.note(outgoing)
            connection.sendall(outgoing)
            if session.wants_tls:
                connection = _over_tls(connection, context, endpoint.host, deadline)
                session.tls_is_up(_tls_state(connection))
            elif piece := connection.recv(_PIECE):
                session.receive(piece)
            else:
                raise EOFError
    finally:
        connection.close()  # over TLS it is another socket than the one that was opened
        session.close()


def _over_tls(connection: socket.socket, context: ssl.SSLContext, host: str, deadline: Deadline) -> ssl.SSLSocket:
    connection.settimeout(deadline.left())
    return context.wrap_socket(connection, server_hostname=host)


def _tls_state(connection: socket.socket) -> TlsState:
    assert isinstance(connection, ssl.SSLSocket)
    cipher = connection.cipher()
    return TlsState(connection.version() or "", cipher[0] if cipher else "")
