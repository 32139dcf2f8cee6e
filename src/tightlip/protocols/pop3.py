"""POP3 (RFC 1939, RFC 2449, RFC 2595, RFC 5034) and its NTLM exchange (MS-POP3 2.2)."""

from collections.abc import Generator

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Asked,
    Banner,
    LoginCommand,
    OtherProtocol,
    PasswordRefused,
    PasswordWanted,
    Standing,
    Upgrade,
)
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.answers import hear_answer, hear_list
from tightlip.talk.protocol import (
    ASKS_LOGIN,
    ASKS_PASSWORD,
    ASKS_TLS,
    ASKS_WHAT,
    CLEAR_PORT,
    LEAVES,
    TAKES_BACK,
    TLS_PORT,
    Protocol,
    Scheme,
)
from tightlip.talk.question import Question, Subject
from tightlip.talk.sasl import (
    NOBODY,
    accepted,
    challenged,
    listed,
    mechanism,
    opening,
    refused,
    standing_of,
    upgrade_answered,
)
from tightlip.talk.steps import HEAR_LINE, Dialogue, Note, Say, Step, leave
from tightlip.talk.text import words

# RFC 2449 section 8.1.1 and RFC 3206: response codes that mean "not now".
_FOR_NOW = (b"[SYS/TEMP]", b"[IN-USE]", b"[LOGIN-DELAY")
_FOR_GOOD = (b"[SYS/PERM]",)


def pop3(question: Question) -> Dialogue:
    """Greeting, capabilities, the upgrade where asked for, AUTH NTLM, type 1, type 2, ``*``, QUIT."""
    greeting = yield HEAR_LINE
    if not greets(greeting):
        yield Note(OtherProtocol(words(greeting)))
        return
    yield Note(Banner(words(greeting).partition(" ")[2]))
    if greeting.startswith(b"-ERR"):
        yield from refused(question, Asked.GREETING, _standing(greeting), words(greeting))
    elif (yield from _is_ready(question)):
        yield from _authenticate(question)
        if question.subject is Subject.PASSWORDS:
            yield from _name_nobody()
    yield from leave(b"QUIT\r\n")


def greets(line: bytes) -> bool:
    """Whether ``line`` is a POP3 greeting."""
    return line.startswith((b"+OK", b"-ERR"))


def _is_ready(question: Question) -> Generator[Step, bytes, bool]:
    """Capabilities, and again after the upgrade where that is asked for; whether it came about."""
    capabilities = yield from _capabilities()
    if question.security is Security.STARTTLS:
        if not (yield from _upgraded(question, capabilities)):
            return False
        capabilities = yield from _capabilities()
    yield from _note_logins(capabilities)
    return True


def _capabilities() -> Generator[Step, bytes, list[bytes] | None]:
    """The lines of CAPA in upper case, or None where the server does not know it."""
    yield Say(b"CAPA\r\n")
    status = yield from hear_answer(_is_answer)
    if not status.startswith(b"+OK"):
        return None
    return (yield from hear_list("reply"))


def _upgraded(question: Question, capabilities: list[bytes] | None) -> Generator[Step, bytes, bool]:
    """STLS (RFC 2595 section 4), asked for whether or not it is listed."""
    offered = b"STLS" in (capabilities or ())
    yield Say(b"STLS\r\n")
    reply = yield from hear_answer(_is_answer)
    upgrade = Upgrade(offered, reply.startswith(b"+OK"), words(reply))
    return (yield from upgrade_answered(question, upgrade, _standing(reply)))


def _note_logins(capabilities: list[bytes] | None) -> Dialogue:
    """Mechanisms from CAPA's SASL line, else from a bare AUTH (older than RFC 5034); and USER.

    Where neither can be read nothing is noted: USER and PASS may still be taken (RFC 1939 section 7).
    """
    is_read = capabilities is not None
    mechanisms: list[bytes] = []
    for line in capabilities or ():
        tag, _, rest = line.partition(b" ")
        if tag == b"SASL":
            mechanisms += rest.split()
        elif tag == b"USER":
            yield Note(LoginCommand("USER"))
    if not mechanisms:
        yield Say(b"AUTH\r\n")
        if (yield from hear_answer(_is_answer)).startswith(b"+OK"):
            is_read = True
            mechanisms = [line.split()[0] for line in (yield from hear_list("reply")) if line.strip()]
    if is_read:
        yield from listed(mechanisms)


def _authenticate(question: Question) -> Dialogue:
    """AUTH and the two messages; ``+ ``, ``+`` and ``+OK`` are all a go-ahead (MS-POP3 3.1.5)."""
    yield Say(b"AUTH %s\r\n" % mechanism(question))
    reply = yield from hear_answer(_is_answer)
    if not reply.startswith(b"+"):
        yield from refused(question, Asked.MECHANISM, _standing(reply), words(reply))
        return
    if reply.startswith(b"+OK"):
        yield Note(Oddity(OddityName.OK_AS_GO_AHEAD, words(reply)))
    elif reply[1:].strip():
        yield Note(Oddity(OddityName.TEXT_IN_PROMPT, words(reply)))
    yield from accepted(question)
    yield Say(opening(question) + b"\r\n")
    reply = yield from hear_answer(_is_answer)
    if not reply.startswith(b"+") or reply.startswith(b"+OK"):
        yield from refused(question, Asked.MESSAGE, _standing(reply), words(reply))
        return
    if reply[1:2] not in (b"", b" "):
        yield Note(Oddity(OddityName.NO_SPACE_AFTER_PLUS, offset=1))
    yield from challenged(question, reply[1:].strip())
    yield Say(b"*\r\n")
    reply = yield from hear_answer(_is_answer)
    if reply.startswith(b"+"):
        yield Note(Oddity(OddityName.CANCEL_NOT_REFUSED, words(reply)))


def _name_nobody() -> Dialogue:
    """USER, to which "+OK" asks for the password (RFC 1939 section 7); none follows."""
    yield Say(b"USER %s\r\n" % NOBODY)
    reply = yield from hear_answer(_is_answer)
    if reply.startswith(b"+"):
        yield Note(PasswordWanted("USER"))
    else:
        yield Note(PasswordRefused("USER", _standing(reply), words(reply)))


def _is_answer(line: bytes) -> bool:
    """Only ``-ERR`` refuses and only ``+`` goes ahead (RFC 1939 section 3); nothing else answers anything."""
    return line.startswith((b"+", b"-ERR"))


def _standing(reply: bytes) -> Standing:
    code = reply[5:].upper()
    if code.startswith(_FOR_NOW):
        return Standing.TEMPORARY
    if code.startswith(_FOR_GOOD):
        return Standing.PERMANENT
    return standing_of(words(reply))


PROTOCOL = Protocol(
    name="pop3",
    schemes=(Scheme("pop3", 110, CLEAR_PORT), Scheme("pop3s", 995, TLS_PORT)),
    dialogue=pop3,
    greets=greets,
    commands={
        "CAPA": ASKS_WHAT,
        "STLS": ASKS_TLS,
        "AUTH": ASKS_LOGIN,
        "USER": ASKS_PASSWORD,
        "*": TAKES_BACK,
        "QUIT": LEAVES,
    },
)
