"""Asks one endpoint for NTLM, or what may carry it, over a raw socket with a conversation written by hand.

Deliberately independent of tightlip: no code of the package is used, so that both can be wrong only apart.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import warnings
from contextlib import closing
from dataclasses import dataclass

from tests.real.servers.contract import IMPLICIT, Listener

PLAIN, STARTTLS, IMPLICIT_TLS = "plain", "starttls", "implicit"
# A NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1) that names nobody: signature, type 1, flags, two empty fields, version
_TYPE_1 = base64.b64encode(b"NTLMSSP\0\1\0\0\0\x07\x82\x08\xa2" + bytes(16) + b"\x06\x01\xb1\x1d\0\0\0\x0f")
_SECONDS = 25.0
_TURNS_AWAY = re.compile(rb"-ERR|[45]\d\d|\* BYE|a (?:NO|BAD)|NO|BYE")
_LONGEST = 65536


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an endpoint said: `reply` is its last word on the mechanism, `challenge` the decoded type 2 or nothing."""

    mechanism: str
    greeting: bytes
    listing: bytes
    reply: bytes
    challenge: bytes

    @property
    def advertises(self) -> bool:
        """Whether the endpoint's own list of mechanisms names the one that was asked for."""
        return re.search(rf"(?<![\w-]){self.mechanism}(?![\w-])".encode(), self.listing) is not None

    @property
    def discloses(self) -> bool:
        """Whether it answered with an NTLMSSP message of type 2."""
        return self.challenge.startswith(b"NTLMSSP\0\2\0\0\0")


@dataclass(frozen=True, kw_only=True)
class _Dialect:
    hello: bytes = b""
    listing: bytes
    listing_ends: bytes
    upgrade: bytes
    ask: bytes = b"AUTH %s"
    done: bytes
    prompt: bytes
    quote: bytes = b""
    leaves: bytes = b"QUIT"


_SMTP = _Dialect(
    listing=b"EHLO [127.0.0.1]",
    listing_ends=rb"\d{3} ",
    upgrade=b"STARTTLS",
    done=rb"\d{3} ",
    prompt=rb"334 ?",
)
_DIALECTS = {
    "pop3": _Dialect(
        listing=b"CAPA",
        listing_ends=rb"\.\r|-ERR",
        upgrade=b"STLS",
        done=rb"\+OK|-ERR",
        prompt=rb"\+ ?",
    ),
    "imap": _Dialect(
        listing=b"a CAPABILITY",
        listing_ends=rb"a ",
        upgrade=b"a STARTTLS",
        ask=b"a AUTHENTICATE %s",
        done=rb"a |\* OK|\* BYE",
        prompt=rb"\+ ?",
        leaves=b"a LOGOUT",
    ),
    "smtp": _SMTP,
    "submission": _SMTP,
    "nntp": _Dialect(
        listing=b"CAPABILITIES",
        listing_ends=rb"\.\r",
        upgrade=b"STARTTLS",
        ask=b"AUTHINFO SASL %s",
        done=rb"\d{3} ",
        prompt=rb"383 ",
    ),
    "managesieve": _Dialect(
        listing=b"CAPABILITY",
        listing_ends=rb"OK|NO|BYE",
        upgrade=b"STARTTLS",
        ask=b'AUTHENTICATE "%s"',
        done=rb"OK|NO|BYE",
        prompt=rb'(?=")|\{',
        quote=b'"',
        leaves=b"LOGOUT",
    ),
}


def ask(
    scheme: str, port: int, state: str, source: str = "127.0.0.2", host: str = "127.0.0.1", mechanism: str = "NTLM"
) -> Answer:
    """Hold the conversation in one TLS state; who prompts is sent a bare type 1.

    Raises OSError when the peer leaves, is mute or cannot do TLS.
    """
    dialect = _DIALECTS[IMPLICIT.get(scheme, scheme)]
    connection = socket.create_connection((host, port), _SECONDS, (source, 0))
    with closing(_Wire(connection, dialect)) as wire:
        if state == IMPLICIT_TLS:
            wire.encrypt()
        greeting = wire.hear(dialect.done)
        if state == STARTTLS:
            wire.upgrade()
        listing = wire.converse(dialect.listing, dialect.listing_ends)
        challenge = b""
        reply = wire.converse(dialect.ask % mechanism.encode(), wire.either)
        if re.match(dialect.prompt, _last(reply)):
            reply = wire.converse(dialect.quote + _TYPE_1 + dialect.quote, wire.either)
            challenge = wire.decoded(reply)
            wire.say(dialect.quote + b"*" + dialect.quote)
        return Answer(mechanism=mechanism, greeting=greeting, listing=listing, reply=reply, challenge=challenge)


def capabilities(
    listener: Listener, state: str, source: str, *, is_proxied: bool = False, seconds: float = _SECONDS
) -> bytes:
    """What a listener says it can, in one TLS state, after a good greeting; ``is_proxied``: after a PROXY header.

    Raises OSError where it does not: it leaves, is mute for so many seconds, turns us away or cannot do TLS.
    """
    dialect = _DIALECTS[IMPLICIT.get(listener.scheme, listener.scheme)]
    connection = socket.create_connection((listener.host, listener.port), seconds, (source, 0))
    with closing(_Wire(connection, dialect)) as wire:
        if is_proxied:
            wire.say(b"PROXY TCP4 %s 127.0.0.1 56324 %d" % (source.encode(), listener.port))
        if state == IMPLICIT_TLS:
            wire.encrypt()
        said = [wire.hear(dialect.done)]
        if state == STARTTLS:
            wire.upgrade()
        said.append(wire.converse(dialect.listing, dialect.listing_ends))
        wire.say(dialect.leaves)
    if refusals := [each for each in said if _TURNS_AWAY.match(each)]:
        raise OSError(f"turned away: {refusals[0]!r}")
    return said[-1]


class _Wire:
    """One connection, read by lines."""

    def __init__(self, connection: socket.socket, dialect: _Dialect) -> None:
        self._socket = connection
        self._dialect = dialect
        self._buffer = b""
        self.either = b"|".join((dialect.prompt, dialect.done))

    def say(self, line: bytes) -> None:
        self._socket.sendall(line + b"\r\n")

    def converse(self, line: bytes, ends: bytes) -> bytes:
        self.say(line)
        return self.hear(ends)

    def hear(self, ends: bytes) -> bytes:
        """All lines up to one that matches; a ManageSieve literal counts as part of its line."""
        heard = b""
        while True:
            line = self._line()
            if literal := re.match(rb"\{(\d+)\+?\}\r\n", line):
                line += self._take(int(literal[1])) + self._line()
            heard += line
            if re.match(ends, line):
                return heard

    def upgrade(self) -> None:
        if self._dialect is _SMTP:
            self.converse(_SMTP.listing, _SMTP.listing_ends)
        reply = self.converse(self._dialect.upgrade, self._dialect.done)
        if not re.match(rb"\+OK|a OK|220|382|OK", reply):
            raise OSError(f"no STARTTLS: {reply!r}")
        self.encrypt()
        if self._dialect.quote:
            # RFC 5804 section 2.2: the server sends its capabilities again, unasked.
            self.hear(self._dialect.done)

    def encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        # Old servers are asked too; TLS 1.0 is what they speak.
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        self._socket = context.wrap_socket(self._socket)

    def close(self) -> None:
        self._socket.close()

    def decoded(self, reply: bytes) -> bytes:
        found = re.search(rb"(?:^|[\s\"+])(TlRMTVNTUA[A-Za-z0-9+/]*=*)", reply)
        return base64.b64decode(found[1]) if found else b""

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            self._receive()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line + b"\n"

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._receive()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _receive(self) -> None:
        received = self._socket.recv(4096)
        if not received or len(self._buffer) > _LONGEST:
            raise OSError(f"the peer ended the conversation: {self._buffer!r}")
        self._buffer += received


def _last(reply: bytes) -> bytes:
    return reply.rstrip(b"\r\n").rpartition(b"\n")[2] if not reply.startswith(b"{") else reply
