"""NNTP (RFC 3977, RFC 4642, RFC 4643) and its two NTLM exchanges: AUTHINFO SASL, and GENERIC (RFC 2980, MS-NNTP)."""

from collections.abc import Generator

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Asked,
    Banner,
    Door,
    LoginCommand,
    OtherProtocol,
    PasswordRefused,
    PasswordWanted,
    Standing,
    Upgrade,
)
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.answers import hear_answer, hear_list, unexpected
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

# SASL goes on with 383 (RFC 4643 section 2.4.2), GENERIC with 381 (MS-NNTP 2.2.1.2).
_GO_AHEAD = (b"383", b"381")
_FOR_NOW = (b"400", b"403")
_TLS_FIRST = (b"483",)


def nntp(question: Question) -> Dialogue:
    """Greeting, capabilities, the upgrade where asked for, AUTHINFO, type 1, type 2, ``*``, QUIT."""
    greeting = yield HEAR_LINE
    if not greets(greeting):
        yield Note(OtherProtocol(words(greeting)))
        return
    yield Note(Banner(words(greeting[4:])))
    if _is_no(greeting):
        yield from refused(question, Asked.GREETING, _standing(greeting), words(greeting))
    elif (yield from _is_ready(question)):
        yield from _authenticate(question)
        if question.subject is Subject.PASSWORDS:
            yield from _name_nobody()
    yield from leave(b"QUIT\r\n")


def greets(line: bytes) -> bool:
    """Whether ``line`` is an NNTP greeting (RFC 3977 section 5.1.1)."""
    return _is_reply(line) and line.startswith((b"200", b"201", b"400", b"502"))


def _is_ready(question: Question) -> Generator[Step, bytes, bool]:
    """Capabilities, and again after the upgrade where that is asked for; whether it came about."""
    capabilities = yield from _capabilities()
    if question.security is Security.STARTTLS:
        if not (yield from _upgraded(question, capabilities)):
            return False
        capabilities = yield from _capabilities()
    if capabilities and [b"MODE-READER"] in capabilities:
        capabilities = yield from _capabilities_of_reader()
    if capabilities is not None:
        yield from _note_logins(capabilities)
    return True


def _capabilities() -> Generator[Step, bytes, list[list[bytes]] | None]:
    """The capabilities, split and in upper case; None where the server does not know the command."""
    yield Say(b"CAPABILITIES\r\n")
    reply = yield from hear_answer(_is_reply)
    if not reply.startswith(b"101"):
        return None
    return [line.split() for line in (yield from hear_list("CAPABILITIES"))]


def _capabilities_of_reader() -> Generator[Step, bytes, list[list[bytes]] | None]:
    """A transit server hands us to its reader, who has its own capabilities (RFC 3977 section 5.3)."""
    yield Say(b"MODE READER\r\n")
    yield from hear_answer(_is_reply)
    return (yield from _capabilities())


def _upgraded(question: Question, capabilities: list[list[bytes]] | None) -> Generator[Step, bytes, bool]:
    """STARTTLS (RFC 4642 section 2.2), asked for whether or not it is listed."""
    yield Say(b"STARTTLS\r\n")
    reply = yield from hear_answer(_is_reply)
    upgrade = Upgrade([b"STARTTLS"] in (capabilities or ()), reply.startswith(b"382"), words(reply))
    return (yield from upgrade_answered(question, upgrade, _standing(reply)))


def _note_logins(capabilities: list[list[bytes]]) -> Dialogue:
    """SASL mechanisms, and AUTHINFO USER where it may be used in this state (RFC 4643 section 2.3.1)."""
    yield from listed(name for line in capabilities if line[:1] == [b"SASL"] for name in line[1:])
    if any(line[:1] == [b"AUTHINFO"] and b"USER" in line for line in capabilities):
        yield Note(LoginCommand("USER"))


def _authenticate(question: Question) -> Dialogue:
    """AUTHINFO and the two messages; what GENERIC goes on with is a command each time (MS-NNTP 2.2.3)."""
    is_generic = question.door is Door.GENERIC
    verb = b"AUTHINFO GENERIC " if is_generic else b"AUTHINFO SASL "
    prefix = verb if is_generic else b""
    yield Say(verb + mechanism(question) + b"\r\n")
    reply = yield from hear_answer(_is_reply)
    if not reply.startswith(_GO_AHEAD):
        yield from _answered_no(question, Asked.MECHANISM, reply)
        return
    if _said(reply) and not is_generic:
        yield Note(Oddity(OddityName.TEXT_IN_PROMPT, words(reply)))
    yield from accepted(question)
    yield Say(prefix + opening(question) + b"\r\n")
    reply = yield from hear_answer(_is_reply)
    if not reply.startswith(_GO_AHEAD):
        yield from _answered_no(question, Asked.MESSAGE, reply)
        return
    yield from challenged(question, _said(reply))
    yield Say(prefix + b"*\r\n")
    reply = yield from hear_answer(_is_reply)
    if not _is_no(reply):
        yield Note(Oddity(OddityName.CANCEL_NOT_REFUSED, words(reply)))


def _name_nobody() -> Dialogue:
    """AUTHINFO USER, to which 381 asks for the password (RFC 4643 section 2.3.2); none follows."""
    yield Say(b"AUTHINFO USER %s\r\n" % NOBODY)
    reply = yield from hear_answer(_is_reply)
    if _is_no(reply):
        yield Note(PasswordRefused("USER", _standing(reply), words(reply)))
    else:
        yield Note(PasswordWanted("USER"))


def _said(reply: bytes) -> bytes:
    """What a go-ahead carries; ``=`` stands for nothing (RFC 4643 section 2.4.2)."""
    text = reply[3:].strip()
    return b"" if text == b"=" else text


def _answered_no(question: Question, asked: Asked, reply: bytes) -> Dialogue:
    if _is_no(reply):
        yield from refused(question, asked, _standing(reply), words(reply))
    else:
        yield from unexpected(reply)


def _is_reply(line: bytes) -> bool:
    return line[:3].isdigit() and line[3:4] in (b" ", b"")


def _is_no(reply: bytes) -> bool:
    return reply.startswith((b"4", b"5"))


def _standing(reply: bytes) -> Standing:
    if reply.startswith(_FOR_NOW):
        return Standing.TEMPORARY
    if reply.startswith(_TLS_FIRST):
        return Standing.TLS_REQUIRED
    return standing_of(words(reply))


PROTOCOL = Protocol(
    name="nntp",
    schemes=(Scheme("nntp", 119, CLEAR_PORT), Scheme("nntps", 563, TLS_PORT)),
    dialogue=nntp,
    greets=greets,
    doors=(Door.AUTH, Door.GENERIC),
    commands={
        "CAPABILITIES": ASKS_WHAT,
        "MODE READER": "asks for the part that readers use",
        "STARTTLS": ASKS_TLS,
        "AUTHINFO SASL": ASKS_LOGIN,
        "AUTHINFO GENERIC": ASKS_LOGIN,
        "AUTHINFO USER": ASKS_PASSWORD,
        "*": TAKES_BACK,
        "QUIT": LEAVES,
    },
)
