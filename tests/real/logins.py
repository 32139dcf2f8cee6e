"""Logs in as mail clients do: the standard library's own clients, in clear and over TLS, and no code of tightlip.

A server may hold a failed login against the address it came from: nobody comes twice from the same.
"""

from __future__ import annotations

import base64
import hashlib
import imaplib
import itertools
import poplib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from tests.real.servers.ask import IMPLICIT_TLS, PLAIN, STARTTLS
from tests.real.servers.contract import IMPLICIT, Listener

PASSWORD = "bobpw"

_SECONDS = 30.0
_CONNECTIONS = itertools.count()
# What a client without a name of its own calls itself (RFC 5321, 4.1.3); smtplib would look one up.
_NAMELESS = "[127.0.0.1]"
_TLS = ssl._create_unverified_context()  # the test's own certificate

Way = Callable[[Listener, str, str], bool]


def protocol_of(listener: Listener) -> str:
    """The protocol that is spoken there; submission is SMTP by another name (RFC 6409)."""
    spoken = IMPLICIT.get(listener.scheme, listener.scheme)
    return "smtp" if spoken == "submission" else spoken


def listed(listener: Listener) -> set[str]:
    """What is offered to log in with before TLS: SASL mechanisms, and USER or LOGIN where they are not ruled out.

    POP3: RFC 2449, 6.2 and 6.3. IMAP: RFC 3501, 7.2.1, where LOGIN may be used unless LOGINDISABLED stands there.
    SMTP: RFC 4954, 3.
    """
    match protocol_of(listener):
        case "pop3":
            with _pop3(listener, PLAIN) as pop3:
                said = pop3.capa()
            return {*said.get("SASL", ()), *({"USER"} & said.keys())}
        case "imap":
            with _imap(listener, PLAIN) as imap:
                words = set(imap.capabilities)
            mechanisms = {word.removeprefix("AUTH=") for word in words if word.startswith("AUTH=")}
            return mechanisms | ({"LOGIN"} if "LOGINDISABLED" not in words else set())
        case _:
            with smtp(listener, PLAIN) as client:
                client.ehlo()
            return set(client.esmtp_features.get("auth", "").split())


def ways_in(listener: Listener, state: str, user: str) -> list[str]:
    """By which commands this user gets in, in this TLS state; all at once, for a refusal may take seconds."""
    ways = _WAYS[protocol_of(listener)]
    with ThreadPoolExecutor() as pool:
        entered = {name: pool.submit(enters, listener, state, user) for name, enters in ways.items()}
        return [name for name, outcome in entered.items() if outcome.result()]


def _by_user(listener: Listener, state: str, user: str) -> bool:
    with _pop3(listener, state) as client:
        try:
            client.user(user)
            return client.pass_(PASSWORD).startswith(b"+OK")
        except poplib.error_proto:
            return False


def _by_apop(listener: Listener, state: str, user: str) -> bool:
    """RFC 1939, 7: where the greeting holds a timestamp."""
    with _pop3(listener, state) as client:
        stamp = re.search(rb"<[^<>]+@[^<>]+>", client.getwelcome())
        digest = hashlib.md5((stamp[0] if stamp else b"") + PASSWORD.encode()).hexdigest()
        return _says(client, f"APOP {user} {digest}")


def _by_pop3_sasl(listener: Listener, state: str, user: str) -> bool:
    with _pop3(listener, state) as client:
        return _says(client, f"AUTH PLAIN {base64.b64encode(_plain(user)).decode()}")


def _says(client: poplib.POP3, line: str) -> bool:
    """Whether a command that poplib does not know is answered with success."""
    client.sock.sendall(f"{line}\r\n".encode())
    return client.file.readline().startswith(b"+OK")


def _by_login(listener: Listener, state: str, user: str) -> bool:
    with _imap(listener, state) as client:
        try:
            return client.login(user, PASSWORD)[0] == "OK"
        except imaplib.IMAP4.error:
            return False


def _by_imap_sasl(listener: Listener, state: str, user: str) -> bool:
    with _imap(listener, state) as client:
        try:
            return client.authenticate("PLAIN", lambda _: _plain(user))[0] == "OK"
        except imaplib.IMAP4.error:
            return False


def _by_smtp_sasl(listener: Listener, state: str, user: str) -> bool:
    with smtp(listener, state) as client:
        client.ehlo()
        return client.docmd("AUTH", f"PLAIN {base64.b64encode(_plain(user)).decode()}")[0] == 235


_WAYS: Mapping[str, Mapping[str, Way]] = {
    "pop3": {"USER": _by_user, "APOP": _by_apop, "AUTH PLAIN": _by_pop3_sasl},
    "imap": {"LOGIN": _by_login, "AUTHENTICATE PLAIN": _by_imap_sasl},
    "smtp": {"AUTH PLAIN": _by_smtp_sasl},
}


def _plain(user: str) -> bytes:
    """RFC 4616."""
    return f"\0{user}\0{PASSWORD}".encode()


@contextmanager
def _pop3(listener: Listener, state: str) -> Iterator[poplib.POP3]:
    with closing((_Pop3s if state == IMPLICIT_TLS else _Pop3)(listener.host, listener.port, _SECONDS)) as client:
        if state == STARTTLS:
            client.stls(_TLS)
        yield client


@contextmanager
def _imap(listener: Listener, state: str) -> Iterator[imaplib.IMAP4]:
    with (_Imaps if state == IMPLICIT_TLS else _Imap)(listener.host, listener.port, _SECONDS) as client:
        if state == STARTTLS:
            client.starttls(_TLS)
        yield client


@contextmanager
def smtp(listener: Listener, state: str) -> Iterator[smtplib.SMTP]:
    """A client that is connected and, if that is its state, under TLS; it leaves without a word.

    Dovecot's submission answers a QUIT with 421 where it has no relay, as here.
    """
    source = (_source(), 0)
    with closing(
        smtplib.SMTP_SSL(listener.host, listener.port, _NAMELESS, timeout=_SECONDS, source_address=source, context=_TLS)
        if state == IMPLICIT_TLS
        else smtplib.SMTP(listener.host, listener.port, _NAMELESS, timeout=_SECONDS, source_address=source)
    ) as client:
        if state == STARTTLS:
            client.starttls(context=_TLS)
        yield client


class _Pop3(poplib.POP3):
    """From an address of ours."""

    def _create_socket(self, _timeout: float) -> socket.socket:
        return _dialled(self.host, self.port)


class _Pop3s(poplib.POP3):
    """The same, under TLS from the first byte."""

    def _create_socket(self, _timeout: float) -> socket.socket:
        return _TLS.wrap_socket(_dialled(self.host, self.port))


class _Imap(imaplib.IMAP4):
    """From an address of ours."""

    def _create_socket(self, _timeout: float) -> socket.socket:
        return _dialled(self.host, self.port)


class _Imaps(imaplib.IMAP4):
    """The same, under TLS from the first byte."""

    def _create_socket(self, _timeout: float) -> socket.socket:
        return _TLS.wrap_socket(_dialled(self.host, self.port))


def _dialled(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), _SECONDS, (_source(), 0))


def _source() -> str:
    """Never the server's own address: Dovecot takes who comes from there for secured, whatever is spoken."""
    high, low = divmod(next(_CONNECTIONS), 250)
    return f"127.1.{high}.{low + 1}"
