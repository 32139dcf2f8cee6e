"""The smallest client that can talk to a practice server: lines out, lines in, and TLS when asked for."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from tightlip.model.endpoint import Endpoint, Security

DEADLINE = 10.0


class Client:
    """One connection to a practice server; every wait ends after DEADLINE seconds."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Connect, with TLS at once where the endpoint wants it."""
        self.socket = socket.create_connection((endpoint.host, endpoint.port), DEADLINE)
        self._host = endpoint.host
        self._left = b""
        if endpoint.security is Security.IMPLICIT:
            self.start_tls()

    def start_tls(self, trusted: ssl.SSLContext | None = None) -> None:
        """Shake hands; without ``trusted`` any certificate will do."""
        context = trusted or unverified()
        self.socket = context.wrap_socket(self.socket, server_hostname=self._host)

    def say(self, line: bytes) -> None:
        """Send a line."""
        self.socket.sendall(line + b"\r\n")

    def hear(self) -> bytes:
        """The next line without its end, or what was left when the server closed."""
        while b"\n" not in self._left:
            data = self.socket.recv(65_536)
            if not data:
                break
            self._left += data
        line, _, self._left = self._left.partition(b"\n")
        return line.removesuffix(b"\r")


def unverified() -> ssl.SSLContext:
    """A context that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def connected(endpoint: Endpoint) -> Iterator[Client]:
    """A client for the length of the block."""
    client = Client(endpoint)
    try:
        yield client
    finally:
        client.socket.close()
