"""Whether a client of today would trust a server's certificate: one verified handshake, after which it hangs up."""

import socket
import ssl
import time
from ipaddress import ip_address

from tightlip.assess.checklist import Credence, Distrusted, Trusted, Unverified
from tightlip.model.endpoint import Endpoint, Security
from tightlip.network.proxy_header import Opening, header_of
from tightlip.network.visit import address_literal
from tightlip.registry import pick
from tightlip.talk.framing import TooLongError
from tightlip.talk.probes import Listed, Question
from tightlip.talk.protocol import Protocol
from tightlip.talk.session import OverlongError, Session

_TIMEOUT = 20.0
_READ_SIZE = 4_096


class _NoTlsError(Exception):
    """The server did not come as far as TLS."""


def credence_of(endpoint: Endpoint, address: str, source: str | None, opening: Opening = Opening.PLAIN) -> Credence:
    """What a handshake at ``address`` came to, held against this machine's authorities and the name that was targeted.

    Dials from ``source`` (None: the kernel's choice); at most 20 s to connect, and 20 s each up to TLS and for it. A
    target that is an address promised no name: then the chain and its dates are verified alone.
    """
    context = ssl.create_default_context()
    context.check_hostname = not _is_address(endpoint.host)
    try:
        with socket.create_connection((address, endpoint.port), _TIMEOUT, (source or "", 0)) as connection:
            if opening is Opening.HEADER:
                connection.sendall(header_of(connection))
            if endpoint.security is Security.STARTTLS:
                _agree_on_tls(connection, endpoint.protocol)
            connection.settimeout(_TIMEOUT)
            context.wrap_socket(connection, server_hostname=endpoint.host.removesuffix(".")).close()
    except ssl.SSLCertVerificationError as error:
        return Distrusted(error.verify_message)
    except (OSError, ValueError, _NoTlsError, TooLongError, OverlongError) as error:
        return Unverified(_words(error))
    return Trusted()


def _agree_on_tls(connection: socket.socket, protocol: str) -> None:
    """Hold the protocol's own dialogue up to the point where the handshake begins."""
    until = time.monotonic() + _TIMEOUT
    ours = address_literal(connection.getsockname()[0])
    question = Question(Security.STARTTLS, Listed(), ours)
    session = Session(pick("protocols", protocol, Protocol).dialogue(question))
    session.begin()
    while not (session.is_over or session.wants_tls or session.awaits_close):
        connection.settimeout(max(0.001, until - time.monotonic()))
        connection.sendall(session.take_outgoing())
        data = connection.recv(_READ_SIZE)
        if not data:
            raise _NoTlsError("closed before TLS")
        session.receive(data)
    agreed = session.wants_tls
    session.close()
    if not agreed:
        raise _NoTlsError("TLS was refused")


def _words(error: Exception) -> str:
    """The machine's own words for what went wrong."""
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error) or type(error).__name__


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
