"""A smoke login: one real login over TLS, as a mail client of today does it, and nothing more."""

import imaplib
import poplib
import smtplib
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum

from msgspec import Struct

from tightlip.model.endpoint import Endpoint, Security
from tightlip.network.pacing import is_loopback

_TIMEOUT = 20.0
_BEFORE_ANOTHER = 0.25
_LONGEST_WORDS = 200


class Trust(Enum):
    """Whether the certificate must be sound before the password is sent; only on the way to ourselves need it not."""

    VERIFIED = "verified"
    OWN_HOST = "own_host"


def trust_in(address: str, own: Collection[str]) -> Trust:
    """Nobody stands between us and an address of this machine (``own``, or loopback): any certificate will do there."""
    return Trust.OWN_HOST if address in own or is_loopback(address) else Trust.VERIFIED


class Credentials(Struct, frozen=True):
    """An account for the test; it is never shown."""

    user: str
    password: str

    def __repr__(self) -> str:
        """Without the password: a traceback may show it."""
        return f"Credentials({self.user!r})"


class LoggedIn(Struct, frozen=True):
    """The login worked."""


class NotLoggedIn(Struct, frozen=True):
    """It did not; in the server's words, or the machine's. ``cut_off``: the connection ended before an answer."""

    why: str
    cut_off: bool = False


def log_in(
    endpoint: Endpoint, address: str, source: str | None, credentials: Credentials, trust: Trust
) -> LoggedIn | NotLoggedIn:
    """Log in at ``address`` over TLS and out again, dialling from ``source``; at most 20 s a step.

    POP3, IMAP and SMTP, STARTTLS or implicit TLS; the plain state is refused, for no password goes in clear. A process
    that served before a reload may end in the middle of a conversation: who is cut off tries once more.
    """
    outcome = _log_in_once(endpoint, address, source, credentials, trust)
    if isinstance(outcome, NotLoggedIn) and outcome.cut_off:
        time.sleep(_BEFORE_ANOTHER)
        outcome = _log_in_once(endpoint, address, source, credentials, trust)
    return outcome


def _log_in_once(
    endpoint: Endpoint, address: str, source: str | None, credentials: Credentials, trust: Trust
) -> LoggedIn | NotLoggedIn:
    client = _CLIENTS.get(endpoint.protocol)
    if client is None or endpoint.security is Security.PLAIN:
        return NotLoggedIn(f"no login is tried by {endpoint.scheme}")
    way = _Way(endpoint, address, (source or "", 0), _context(trust))
    try:
        client(way, credentials)
    except (OSError, ValueError, EOFError, poplib.error_proto, imaplib.IMAP4.error, smtplib.SMTPException) as error:
        return NotLoggedIn(_words(error, credentials), cut_off=isinstance(error, _CUT_OFF))
    return LoggedIn()


_CUT_OFF = (EOFError, ConnectionError, ssl.SSLEOFError, imaplib.IMAP4.abort, smtplib.SMTPServerDisconnected)


def _pop3(way: "_Way", credentials: Credentials) -> None:
    client = _Pop3(way)
    with _hanging_up(client.close):
        if way.upgrades:
            client.stls(way.context)
        client.user(credentials.user)
        client.pass_(credentials.password)
        client.quit()


def _imap(way: "_Way", credentials: Credentials) -> None:
    client = _Imap(way)
    with _hanging_up(client.shutdown):
        if way.upgrades:
            client.starttls(way.context)
        client.login(credentials.user, credentials.password)
        client.logout()


def _smtp(way: "_Way", credentials: Credentials) -> None:
    client = _Smtp(way)
    with _hanging_up(client.close):
        if way.upgrades:
            client.starttls(context=way.context)
        client.login(credentials.user, credentials.password)
        client.quit()


@contextmanager
def _hanging_up(close: Callable[[], object]) -> Iterator[None]:
    """Close in any case; after a handshake that failed nothing is left to be closed, which may not hide why."""
    try:
        yield
    finally:
        with suppress(OSError):
            close()


_CLIENTS: Mapping[str, Callable[["_Way", Credentials], None]] = {"pop3": _pop3, "imap": _imap, "smtp": _smtp}


PROTOCOLS = frozenset(_CLIENTS)
"""The protocols whose own login is tried."""


def _words(error: Exception, credentials: Credentials) -> str:
    """The first words of an error; a server that repeats the password must not have it written down."""
    if isinstance(error, UnicodeError):  # its own words quote the password
        return "this login takes ASCII alone, and the account is written in more"
    text = _text(error) or type(error).__name__
    for secret in filter(None, _forms(credentials)):
        text = text.replace(secret, "‹secret›")
    return text[:_LONGEST_WORDS]


def _text(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
    told = error.args[0] if error.args else error
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(error)


def _forms(credentials: Credentials) -> Iterator[str]:
    """The password as it goes over the line: bare, in IMAP's quotes, and as AUTH LOGIN and PLAIN encode it."""
    password = credentials.password
    yield password
    yield password.replace("\\", "\\\\").replace('"', '\\"')
    for text in (password, f"\0{credentials.user}\0{password}"):
        yield b64encode(text.encode()).decode()


def _context(trust: Trust) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if trust is Trust.OWN_HOST:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Way(Struct, frozen=True):
    """Where a client goes, and how."""

    endpoint: Endpoint
    address: str
    source: tuple[str, int]
    context: ssl.SSLContext

    @property
    def upgrades(self) -> bool:
        return self.endpoint.security is Security.STARTTLS

    def connect(self) -> socket.socket:
        """A connection to the address that was decided on, whatever the name would resolve to now."""
        connection = socket.create_connection((self.address, self.endpoint.port), _TIMEOUT, self.source)
        if self.endpoint.security is Security.IMPLICIT:
            return self.context.wrap_socket(connection, server_hostname=self.endpoint.host)
        return connection


# The standard clients, with our way of connecting: they know no source address, or would resolve the name anew.


class _Pop3(poplib.POP3):
    def __init__(self, way: _Way) -> None:
        self._way = way
        super().__init__(way.endpoint.host, way.endpoint.port, timeout=_TIMEOUT)

    def _create_socket(self, _timeout: float) -> socket.socket:
        return self._way.connect()


class _Imap(imaplib.IMAP4):
    def __init__(self, way: _Way) -> None:
        self._way = way
        super().__init__(way.endpoint.host, way.endpoint.port, timeout=_TIMEOUT)

    def _create_socket(self, _timeout: float) -> socket.socket:
        return self._way.connect()


class _Smtp(smtplib.SMTP):
    def __init__(self, way: _Way) -> None:
        self._way = way
        # EHLO names the address we come from, never this machine (RFC 5321 section 4.1.3).
        address = way.source[0] or "127.0.0.1"
        ours = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
        super().__init__(way.endpoint.host, way.endpoint.port, local_hostname=ours, timeout=_TIMEOUT)

    def _get_socket(self, _host: str, _port: int, _timeout: float) -> socket.socket:
        return self._way.connect()
