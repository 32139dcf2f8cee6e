"""The PROXY header: one line with the addresses of both ends, which a server behind a proxy expects before it greets.

Version 1 of https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.1. It comes before anything else,
TLS included, and is sent in one piece. What it says of us is true: no other address is claimed.
"""

import socket
from enum import Enum


class Opening(Enum):
    """How a connection begins: with the dialogue, or TLS; or with a PROXY header before either."""

    PLAIN = "plain"
    HEADER = "header"


def header_of(connection: "socket.socket | socket.SocketType") -> bytes:
    """The header of a connected socket, with its own two addresses and ports."""
    source, source_port = connection.getsockname()[:2]
    destination, port = connection.getpeername()[:2]
    family = "TCP6" if ":" in source else "TCP4"
    return f"PROXY {family} {_bare(source)} {_bare(destination)} {source_port} {port}\r\n".encode()


def _bare(address: str) -> str:
    """Without a zone, which means something on one machine alone."""
    return address.partition("%")[0]
