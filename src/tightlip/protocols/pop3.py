"""POP3 (RFC 1939, RFC 2449, RFC 2595, RFC 5034) and its NTLM exchange (MS-POP3 2.2)."""

from collections.abc import Generator, Sequence
from functools import lru_cache

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Asked,
    Banner,
    ControlAnswer,
    Door,
    LoginAnswer,
    LoginCommand,
    OtherProtocol,
    PasswordRefused,
    PasswordWanted,
    Upgrade,
)
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.answers import (
    KEPT_LISTS,
    TLS_OFFER_NOTES,
    hear_answer,
    hear_list,
    hear_on,
    left,
    list_refused,
    listed,
    out_of_step,
    refused,
)
from tightlip.talk.exchange import Reply, Says
from tightlip.talk.passwords import NOBODY
from tightlip.talk.probes import CommandLogin, ControlProbe, PasswordProbe, Probe, Question
from tightlip.talk.protocol import (
    ASKS_LOGIN,
    ASKS_PASSWORD,
    ASKS_TLS,
    ASKS_WHAT,
    CLEAR_PORT,
    INVENTED,
    LEAVES,
    TAKES_BACK,
    TLS_PORT,
    Protocol,
    Scheme,
)
from tightlip.talk.refusals import standing_of
from tightlip.talk.sasl import ask_all, upgraded
from tightlip.talk.steps import HEAR_LINE, Dialogue, Leave, Note, Say, Step
from tightlip.talk.text import words

# Only "-ERR" refuses and only "+" goes ahead (RFC 1939 section 3); nothing else answers anything.
_ANSWERS = (b"+", b"-ERR")
# Bound once: these are looked up at every answer.
_GO_AHEAD, _DONE, _NO = Says.GO_AHEAD, Says.DONE, Says.NO
_ENDS_TAG = (b"", b" ", b"\t")
_USER = Note(LoginCommand("USER"))
_PLAIN, _STARTTLS = Security.PLAIN, Security.STARTTLS


class Pop3Sasl:
    """RFC 5034: AUTH, "+ " goes on, "-ERR" refuses; "+OK" to a mechanism's name goes on too (MS-POP3 3.1.5)."""

    name = "pop3"

    def begin(self, mechanism: bytes, initial: bytes | None, _via: Door) -> bytes:
        """AUTH with the mechanism, and the first message where there is one."""
        return b"AUTH %s\r\n" % mechanism if initial is None else b"AUTH %s %s\r\n" % (mechanism, initial)

    def respond(self, data: bytes, _via: Door) -> bytes:
        """The message on a line of its own."""
        return data + b"\r\n"

    def command(self, verb: str) -> bytes:
        """The verb alone."""
        return verb.encode() + b"\r\n"

    def hear(self) -> Generator[Step, bytes, Reply]:
        """One line; anything that neither refuses nor goes on is passed over."""
        line = yield HEAR_LINE
        if not line.startswith(_ANSWERS):
            line = yield from hear_on(line, _is_answer)
        if line.startswith(b"-ERR"):
            return Reply(_NO, b"", line)
        if line.startswith(b"+OK"):
            return Reply(_DONE, b"", line)
        if line[1:2] not in (b"", b" "):
            yield Note(Oddity(OddityName.NO_SPACE_AFTER_PLUS, offset=1))
        return Reply(_GO_AHEAD, line[1:].strip(), line)

    def goes_ahead(self, reply: Reply) -> bool:
        """Only "-ERR" refuses."""
        return reply.says is not _NO

    def recover(self, _reply: Reply) -> Generator[Step, bytes, bool]:
        """Nothing has to come before AUTH."""
        yield from ()
        return False


class CapaList(Struct, frozen=True):
    """What CAPA lists (RFC 2449): STLS, USER, and the names behind SASL."""

    has_tls: bool
    takes_user: bool
    mechanisms: tuple[bytes, ...]


_SASL = Pop3Sasl()


def pop3(question: Question) -> Dialogue:
    """Greeting, capabilities, the upgrade where asked for, what is to be asked, QUIT."""
    greeting = yield HEAR_LINE
    if not greets(greeting):
        yield Note(OtherProtocol(words(greeting)))
        return
    yield Note(Banner(words(greeting).partition(" ")[2]))
    asked_last: Probe | None = None
    if greeting.startswith(b"-ERR"):
        yield from refused(Asked.GREETING, standing_of("pop3", words(greeting)), words(greeting))
    elif (yield from _is_ready(question)):
        asked_last = yield from ask_all(_SASL, question)
        if type(asked_last) is PasswordProbe:
            yield from _name_nobody()
        elif type(asked_last) is CommandLogin:
            yield from _log_in(asked_last)
    yield from _leave(question, asked_last)


def greets(line: bytes) -> bool:
    """Whether ``line`` is a POP3 greeting."""
    return line.startswith((b"+OK", b"-ERR"))


def _is_ready(question: Question) -> Generator[Step, bytes, bool]:
    """Capabilities, and again after the upgrade where that is asked for; whether it came about."""
    capabilities = yield from _capabilities()
    if question.security is _STARTTLS:
        if not (yield from _upgraded(capabilities)):
            return False
        capabilities = yield from _capabilities()
    elif capabilities is not None:
        yield from TLS_OFFER_NOTES[question.security, capabilities.has_tls]
    yield from _note_logins(capabilities)
    return True


def _capabilities() -> Generator[Step, bytes, CapaList | None]:
    """What CAPA lists, or None where the server does not know it."""
    yield Say(b"CAPA\r\n")
    status = yield from hear_answer(_is_answer)
    if not status.startswith(b"+OK"):
        yield from list_refused("pop3", words(status))
        return None
    return _read(tuple((yield from hear_list("reply"))))


@lru_cache(KEPT_LISTS)
def _read(lines: tuple[bytes, ...]) -> CapaList:
    """Kept for a while: servers of one product and policy list the same."""
    has_tls = takes_user = False
    mechanisms: list[bytes] = []
    for line in lines:
        has_tls = has_tls or b"STLS" in line.upper().split()
        tag = line[:4].upper()
        if line[4:5] in _ENDS_TAG:
            takes_user = takes_user or tag == b"USER"
            mechanisms += line[4:].split() if tag == b"SASL" else ()
    return CapaList(has_tls, takes_user, tuple(mechanisms))


def _upgraded(capabilities: CapaList | None) -> Generator[Step, bytes, bool]:
    """STLS (RFC 2595 section 4), asked for whether or not it is listed."""
    yield Say(b"STLS\r\n")
    reply = yield from hear_answer(_is_answer)
    offered = capabilities is not None and capabilities.has_tls
    return (yield from upgraded(_SASL, Upgrade(offered, reply.startswith(b"+OK"), words(reply))))


def _note_logins(capabilities: CapaList | None) -> Dialogue:
    """Mechanisms from CAPA's SASL line, else from a bare AUTH (older than RFC 5034); and USER.

    Where neither can be read nothing is noted: USER and PASS may still be taken (RFC 1939 section 7).
    """
    mechanisms: Sequence[bytes] | None = None
    if capabilities is not None:
        mechanisms = capabilities.mechanisms
        if capabilities.takes_user:
            yield _USER
    if not mechanisms:
        answer = yield from _bare_auth()
        mechanisms = mechanisms if answer is None else answer
    if mechanisms is not None:
        yield from listed(mechanisms)


def _bare_auth() -> Generator[Step, bytes, list[bytes] | None]:
    """What a bare AUTH lists; who takes it for a login that begins is told at once that it does not."""
    yield Say(b"AUTH\r\n")
    status = yield from hear_answer(_is_answer)
    if status.startswith(b"+OK"):
        return [line.split()[0] for line in (yield from hear_list("reply")) if line.strip()]
    if status.startswith(b"+"):
        yield Say(b"*\r\n")
        yield from hear_answer(_is_answer)
    else:
        yield from list_refused("pop3", words(status))
    return None


def _name_nobody() -> Dialogue:
    """USER, to which "+OK" asks for the password (RFC 1939 section 7); none follows."""
    yield Say(b"USER %s\r\n" % NOBODY)
    reply = yield from hear_answer(_is_answer)
    if reply.startswith(b"+"):
        yield Note(PasswordWanted("USER"))
    else:
        yield Note(PasswordRefused("USER", standing_of("pop3", words(reply)), words(reply)))


def _log_in(login: CommandLogin) -> Dialogue:
    """USER and PASS (RFC 1939 section 7)."""
    yield Say(b"USER %s\r\n" % login.user)
    reply = yield from hear_answer(_is_answer)
    if reply.startswith(b"+"):
        yield Say(b"PASS %s\r\n" % login.password)
        reply = yield from hear_answer(_is_answer)
    yield Note(LoginAnswer("USER", reply.startswith(b"+"), words(reply)))


def _leave(question: Question, asked_last: Probe | None) -> Dialogue:
    """QUIT: "+OK" is its own answer; anything else belongs to what was asked before.

    It is also the one command that every server knows, for AUTH to be held against.
    """
    yield Leave(b"QUIT\r\n")
    line = yield HEAR_LINE
    if type(asked_last) is ControlProbe:
        is_known = line.startswith(b"+OK")
        yield Note(ControlAnswer(asked_last.control, asked_last.sent, is_known, words(line)))
    elif not line.startswith(b"+OK"):
        yield from out_of_step(line)
    if not question.inquirer.has_disclosed:
        yield from left()


def _is_answer(line: bytes) -> bool:
    return line.startswith(_ANSWERS)


PROTOCOL = Protocol(
    name="pop3",
    schemes=(Scheme("pop3", 110, CLEAR_PORT), Scheme("pop3s", 995, TLS_PORT)),
    dialogue=pop3,
    greets=greets,
    known_command="QUIT",
    commands={
        "CAPA": ASKS_WHAT,
        "STLS": ASKS_TLS,
        "AUTH": ASKS_LOGIN,
        "USER": ASKS_PASSWORD,
        "STIGHTLIP": INVENTED,
        "*": TAKES_BACK,
        "QUIT": LEAVES,
    },
)
