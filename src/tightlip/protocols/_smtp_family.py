"""What SMTP and LMTP share: replies (RFC 5321 4.2), STARTTLS (RFC 3207), AUTH (RFC 4954) and its NTLM (MS-SMTPNTLM)."""

from collections.abc import Callable, Generator

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Banner, Door, OtherProtocol, Standing, Upgrade
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.answers import hear_answer, unexpected
from tightlip.talk.question import Question
from tightlip.talk.sasl import (
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

# A reply without an end: no server has this many extensions.
_LINES_LIMIT = 200

# "Must issue a STARTTLS first", "encryption required" (RFC 3207 section 4, RFC 4954 section 6, RFC 2554 for 523).
_TLS_FIRST = (523, 530, 538)
_UNKNOWN_COMMAND = (500, 502)

EHLO = b"EHLO"
# Whoever speaks LMTP knows it (RFC 2033 section 4.1), while SMTP is older than EHLO.
LHLO = b"LHLO"


class Reply(Struct, frozen=True):
    """A reply: the code of its last line, and its lines as they came."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def text(self) -> str:
        """All of it, as text."""
        return words(b"\n".join(self.lines))

    @property
    def last(self) -> bytes:
        """What follows the code on the last line."""
        return self.lines[-1][3:].strip()


def converse(question: Question, hello: bytes, is_greeting: Callable[[bytes], bool]) -> Dialogue:
    """Greeting, EHLO or LHLO, the upgrade where asked for, AUTH NTLM, type 1, type 2, ``*``, QUIT."""
    first = yield HEAR_LINE
    if not is_greeting(first):
        yield Note(OtherProtocol(words(first)))
        return
    greeting = yield from _rest_of_reply(first)
    yield Note(Banner("\n".join(words(line[4:]) for line in greeting.lines)))
    if greeting.code >= 400:
        yield from refused(question, Asked.GREETING, _standing(greeting), greeting.text)
    elif introduction := (yield from _introduction(question, hello)):
        yield from _authenticate(question, introduction)
    yield from leave(b"QUIT\r\n")


def is_reply(line: bytes) -> bool:
    """Whether ``line`` is one of a reply: three digits, then a blank, a hyphen or nothing."""
    return line[:3].isdigit() and line[3:4] in (b" ", b"-", b"")


def plain_words(line: bytes) -> list[bytes]:
    """The words of a greeting that are no host names, in upper case."""
    return [word for word in line[4:].upper().split() if b"." not in word]


def _introduction(question: Question, hello: bytes) -> Generator[Step, bytes, Reply | None]:
    """Introduce ourselves, again after the upgrade where that is asked for; the answer, None where AUTH cannot follow.

    A server that refuses it for good is asked for AUTH all the same.
    """
    reply = yield from _introduced(question, hello)
    if question.security is Security.STARTTLS and _may_go_on(reply, hello):
        if not (yield from _upgraded(question, reply)):
            return None
        reply = yield from _introduced(question, hello)
    if not _may_go_on(reply, hello):
        return None
    if reply.code < 400:
        yield from _note_mechanisms(_keywords(reply))
    return reply


def _introduced(question: Question, hello: bytes) -> Generator[Step, bytes, Reply]:
    """The answer to EHLO or LHLO.

    Not to know EHLO says nothing of us; to turn our name or address away is a refusal, after which what AUTH is
    answered may be about the missing EHLO. Who does not know LHLO speaks something else.
    """
    yield Say(b"%s %s\r\n" % (hello, question.ehlo_name.encode()))
    reply = yield from _hear_reply()
    if reply.code < 400:
        return reply
    if _has_no_time(reply):
        yield from refused(question, Asked.CAPABILITIES, Standing.TEMPORARY, reply.text)
    elif not _is_unknown(reply):
        yield from refused(question, Asked.CAPABILITIES, Standing.PERMANENT, reply.text)
    elif hello == LHLO:
        yield Note(OtherProtocol(reply.text))
    return reply


def _may_go_on(reply: Reply, hello: bytes) -> bool:
    """Whether more is asked after this answer to our introduction."""
    return not _has_no_time(reply) and not (hello == LHLO and _is_unknown(reply))


def _keywords(reply: Reply) -> list[list[bytes]]:
    """The extensions that an answer to EHLO lists, split and in upper case."""
    lines = reply.lines[1:] if reply.code < 400 else ()
    return [line[4:].upper().replace(b"=", b" ", 1).split() for line in lines]


def _upgraded(question: Question, introduction: Reply) -> Generator[Step, bytes, bool]:
    """STARTTLS, asked for whether or not it is listed."""
    offered = any(line[:1] == [b"STARTTLS"] for line in _keywords(introduction))
    yield Say(b"STARTTLS\r\n")
    reply = yield from _hear_reply()
    if _misses(introduction, reply):
        yield from refused(question, Asked.CAPABILITIES, _standing(reply), reply.text)
    upgrade = Upgrade(offered, reply.code == 220, reply.text)
    return (yield from upgrade_answered(question, upgrade, _standing(reply)))


def _note_mechanisms(keywords: list[list[bytes]]) -> Dialogue:
    """``AUTH NTLM`` and the older ``AUTH=NTLM`` are one list, ``X-EXPS`` (Exchange server to server) another."""
    yield from listed(name for line in keywords if line[:1] == [b"AUTH"] for name in line[1:])
    x_exps = [name for line in keywords if line[:1] == [b"X-EXPS"] for name in line[1:]]
    if x_exps:
        yield from listed(x_exps, Door.X_EXPS)


def _authenticate(question: Question, introduction: Reply) -> Dialogue:
    """AUTH and the two messages: both are answered 334, so that what was sent decides what an answer is."""
    verb = b"X-EXPS" if question.door is Door.X_EXPS else b"AUTH"
    yield Say(b"%s %s\r\n" % (verb, mechanism(question)))
    reply = yield from _hear_reply()
    if reply.code != 334:
        asked = Asked.CAPABILITIES if _misses(introduction, reply) else Asked.MECHANISM
        yield from _answered_no(question, asked, reply)
        return
    if reply.last:
        yield Note(Oddity(OddityName.TEXT_IN_PROMPT, words(reply.last)))
    yield from accepted(question)
    yield Say(opening(question) + b"\r\n")
    reply = yield from _hear_reply()
    if reply.code != 334:
        yield from _answered_no(question, Asked.MESSAGE, reply)
        return
    yield from challenged(question, reply.last)
    yield Say(b"*\r\n")
    reply = yield from _hear_reply()
    if reply.code < 400:
        yield Note(Oddity(OddityName.CANCEL_NOT_REFUSED, reply.text))


def _misses(introduction: Reply, reply: Reply) -> bool:
    """Whether a "no" may mean the missing introduction, of a server that did not know our EHLO.

    AUTH and STARTTLS follow an EHLO (RFC 4954 section 3, RFC 3207 section 4), and 503 tells who leaves it out (RFC 5321
    section 4.1.4). Only a server that does not know what we ask either has said no to it.
    """
    return _is_unknown(introduction) and reply.code >= 500 and not _is_unknown(reply)


def _answered_no(question: Question, asked: Asked, reply: Reply) -> Dialogue:
    if reply.code >= 400:
        yield from refused(question, asked, _standing(reply), reply.text)
    else:
        yield from unexpected(reply.lines[-1])


def _hear_reply() -> Generator[Step, bytes, Reply]:
    return (yield from _rest_of_reply((yield from hear_answer(is_reply))))


def _rest_of_reply(line: bytes) -> Generator[Step, bytes, Reply]:
    """The whole of the reply that begins with ``line``; its last line has no hyphen after the code."""
    lines: list[bytes] = []
    while line[3:4] == b"-":
        if len(lines) < _LINES_LIMIT:
            lines.append(line)
        line = yield from hear_answer(is_reply)
    if len(lines) == _LINES_LIMIT:
        yield Note(Oddity(OddityName.LIST_TOO_LONG, "reply"))
    return Reply(int(line[:3]), (*lines, line))


def _is_unknown(reply: Reply) -> bool:
    return reply.code in _UNKNOWN_COMMAND


def _has_no_time(reply: Reply) -> bool:
    return reply.code >= 400 and _standing(reply) is Standing.TEMPORARY


def _standing(reply: Reply) -> Standing:
    if 400 <= reply.code < 500:
        return Standing.TEMPORARY
    if reply.code in _TLS_FIRST:
        return Standing.TLS_REQUIRED
    return standing_of(reply.text)
