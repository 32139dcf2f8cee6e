"""A smoke login: one real login over TLS, as a mail client of today makes it, and nothing more.

Theory of operation. The protocol's own dialogue is held, with its limits: greeting, capabilities, STARTTLS, goodbye.
What is asked in between is the login alone: PLAIN, or LOGIN, where the server lists them, else the protocol's own
command. Nothing of it is written down. The certificate is verified before a password is sent, but for an address of
this machine, and the whole has one deadline, so that no server keeps us longer, however it drips.
"""

import socket
import ssl
import time
from collections.abc import Collection, Iterator, Sequence
from enum import Enum

from msgspec import Struct

from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.facts import (
    Door,
    Fact,
    LoginAnswer,
    LoginCommand,
    Mechanisms,
    OtherProtocol,
    Refusal,
    Upgrade,
)
from tightlip.network.conversation import Deadline, converse
from tightlip.network.credentials import Credentials
from tightlip.network.pacing import is_loopback
from tightlip.network.proxy_header import Opening, header_of
from tightlip.talk.framing import TooLongError
from tightlip.talk.probes import CommandLogin, Probe, SaslLogin, Variation
from tightlip.talk.session import OverlongError

PROTOCOLS = frozenset({"imap", "pop3", "smtp"})
"""The protocols whose own login is tried."""

_DEADLINE = 45.0
_BEFORE_ANOTHER = 0.25
_ASCII_ALONE = "this login takes ASCII alone, and the account is written in more"


class Trust(Enum):
    """Whether the certificate must be sound before the password is sent; only on the way to ourselves need it not."""

    VERIFIED = "verified"
    OWN_HOST = "own_host"


def trust_in(address: str, own: Collection[str]) -> Trust:
    """Nobody stands between us and an address of this machine (``own``, or loopback): any certificate will do there."""
    return Trust.OWN_HOST if address in own or is_loopback(address) else Trust.VERIFIED


class LoggedIn(Struct, frozen=True):
    """The login worked."""


class NotLoggedIn(Struct, frozen=True):
    """It did not; in the server's words, or the machine's.

    ``cut_off``: the connection ended before an answer. ``was_refused``: the password was sent and not taken, answered
    or not, which the server may count against the account.
    """

    why: str
    cut_off: bool = False
    was_refused: bool = False


def log_in(
    endpoint: Endpoint,
    address: str,
    source: str | None,
    credentials: Credentials,
    trust: Trust,
    opening: Opening = Opening.PLAIN,
) -> LoggedIn | NotLoggedIn:
    """Log in at ``address`` over TLS and out again, dialling from ``source``; at most 45 s, and 20 s of silence.

    POP3, IMAP and SMTP, STARTTLS or implicit TLS; the plain state is refused, for no password goes in clear. A process
    that served before a reload may end in the middle of a conversation: who is cut off before the password was sent
    tries once more.
    """
    if endpoint.protocol not in PROTOCOLS or endpoint.security is Security.PLAIN:
        return NotLoggedIn(f"no login is tried by {endpoint.scheme}")
    deadline = Deadline(time.monotonic() + _DEADLINE, f"no login within {_DEADLINE:g} s")

    def once() -> LoggedIn | NotLoggedIn:
        return _log_in_once(endpoint, _Dial(address, source, opening), credentials, _context(trust), deadline)

    outcome = once()
    if isinstance(outcome, NotLoggedIn) and outcome.cut_off and not outcome.was_refused:
        time.sleep(_BEFORE_ANOTHER)
        outcome = once()
    return outcome


class _Dial(Struct, frozen=True):
    """Where a connection goes, where from (None: the kernel's choice), and how it begins."""

    address: str
    source: str | None
    opening: Opening


class _Login:
    """Asks for one login, by the best way that the facts of the session list; by the next where its name is refused.

    ``was_sent``: the password, or what holds it, has gone out.
    """

    has_disclosed = False
    variation = Variation.USUAL

    def __init__(self, credentials: Credentials) -> None:
        """``facts`` become those of the session that it is for."""
        self._credentials = credentials
        self._tried: list[str] = []
        self.was_sent = False
        self.facts: Sequence[Fact] = ()

    def next_probe(self) -> Probe | None:
        """The next way; none once the password was sent."""
        if self.was_sent:
            return None
        way = next((each for each in self._ways() if each not in self._tried), None)
        user, password = (text.encode() for text in (self._credentials.user, self._credentials.password))
        match way:
            case None:
                return None
            case "PLAIN":
                probe: Probe = SaslLogin("PLAIN", (b"\0%s\0%s" % (user, password),))
            case "LOGIN":
                probe = SaslLogin("LOGIN", (user, password))
            case _:
                probe = CommandLogin(user, password)
        self._tried.append(way)
        return probe

    def listed(self) -> tuple[str, ...]:
        """The mechanisms of the last list."""
        lists = [fact.names for fact in self.facts if isinstance(fact, Mechanisms) and fact.via is Door.AUTH]
        return lists[-1] if lists else ()

    def note(self, outgoing: bytes) -> None:
        """Look at what is about to be sent."""
        self.was_sent = self.was_sent or self._credentials.are_in(outgoing)

    def _ways(self) -> Iterator[str]:
        yield from (name for name in ("PLAIN", "LOGIN") if name in self.listed())
        if any(isinstance(fact, LoginCommand) for fact in self.facts):
            yield "a command"


def _log_in_once(
    endpoint: Endpoint, dial: _Dial, credentials: Credentials, context: ssl.SSLContext, deadline: Deadline
) -> LoggedIn | NotLoggedIn:
    if any(letter in credentials.user + credentials.password for letter in "\0\r\n"):
        return NotLoggedIn("the account holds a line break, or a NUL, which no login takes")
    login = _Login(credentials)
    try:
        # A connection to the address that was decided on, whatever the name would resolve to now.
        to, source = (dial.address, endpoint.port), (dial.source or "", 0)
        with socket.create_connection(to, deadline.left(), source) as connection:
            if dial.opening is Opening.HEADER:
                connection.sendall(header_of(connection))
            converse(endpoint, connection, login, context, deadline)
    except UnicodeError:  # its own words quote the password
        return NotLoggedIn(_ASCII_ALONE)
    except (TooLongError, OverlongError):
        failed = NotLoggedIn("the server says more than any login takes", was_refused=login.was_sent)
    except (OSError, EOFError) as error:
        is_cut = isinstance(error, EOFError | ConnectionError | ssl.SSLEOFError)
        failed = NotLoggedIn(credentials.masked(_words(error)), cut_off=is_cut, was_refused=login.was_sent)
    else:
        failed = NotLoggedIn(credentials.masked(_why_not(login)), was_refused=login.was_sent)
    if (answer := _answer_in(login.facts)) is None:
        return failed
    if answer.taken or (login.was_sent and _is_let_in_later(endpoint.protocol, answer.text)):
        return LoggedIn()
    is_for_now = _is_for_now(endpoint.protocol, answer.text)
    return NotLoggedIn(credentials.masked(answer.text), was_refused=login.was_sent and not is_for_now)


def _answer_in(facts: Sequence[Fact]) -> LoginAnswer | None:
    """What the last way came to."""
    return next((fact for fact in reversed(facts) if isinstance(fact, LoginAnswer)), None)


def _is_let_in_later(protocol: str, text: str) -> bool:
    """Whether the account was taken and the mailbox alone is not open: another session has it, or had it just now.

    RFC 2449 section 8.1. We may be that session: the login before a change is followed by one after it.
    """
    return protocol == "pop3" and text.upper().startswith(("-ERR [IN-USE]", "-ERR [LOGIN-DELAY"))


def _is_for_now(protocol: str, text: str) -> bool:
    """Whether a refusal is none of the account, by its code alone: "try again later" is said of wrong passwords, too.

    RFC 4954 section 4, RFC 3206 (POP3), RFC 5530 (IMAP).
    """
    if protocol == "smtp":
        return text.startswith("4")
    return any(code in text.upper() for code in ("[SYS/TEMP]", "[UNAVAILABLE]", "[INUSE]"))


def _why_not(login: _Login) -> str:
    """Why the dialogue came to its end without a login, in the server's words where there are some."""
    for fact in reversed(login.facts):
        if isinstance(fact, Refusal):
            return fact.text or "turned away"
        if isinstance(fact, OtherProtocol):
            return f"another protocol answers: {fact.text}"
        if isinstance(fact, Upgrade) and not fact.accepted:
            return fact.text or "STARTTLS was refused"
    listed = ", ".join(login.listed())
    return f"neither PLAIN nor LOGIN is listed; listed: {listed or 'nothing'}"


def _words(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the connection was closed"
    return str(error.args[0] if isinstance(error, TimeoutError) and error.args else error) or type(error).__name__


def _context(trust: Trust) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if trust is Trust.OWN_HOST:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
