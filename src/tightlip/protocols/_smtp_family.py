"""What SMTP and LMTP share: replies (RFC 5321 4.2), STARTTLS (RFC 3207), AUTH (RFC 4954) and its NTLM (MS-SMTPNTLM)."""

import re
from collections.abc import Callable, Collection, Generator

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Banner, Door, OtherProtocol, Upgrade
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.answers import (
    TLS_OFFER_NOTES,
    hear_answer,
    left,
    listed,
    out_of_step,
    refused,
)
from tightlip.talk.exchange import Reply, Says
from tightlip.talk.probes import Question
from tightlip.talk.refusals import asks_for_hello, standing_of
from tightlip.talk.sasl import ask_all, upgraded
from tightlip.talk.steps import HEAR_LINE, Dialogue, Leave, Note, Say, Step
from tightlip.talk.text import words

# A reply without an end: no server has this many extensions.
_LINES_LIMIT = 200

# What Cisco's PIX and ASA put in place of an extension that they do not let pass: "250-XXXXXXXA".
_OVERWRITTEN = re.compile(rb"X{4,}[A-Z]?")

_UNKNOWN_COMMAND = (500, 502)

EHLO = b"EHLO"
# Whoever speaks LMTP knows it (RFC 2033 section 4.1), while SMTP is older than EHLO.
LHLO = b"LHLO"

# Besides a refusal, what can answer what (RFC 5321 section 4.3.2, RFC 3207 section 4, RFC 4954 section 4).
_TO_HELLO = (250,)
_TO_STARTTLS = (220, 250)
_TO_AUTH = (334, 235)
_TO_COMMAND = (200, 211, 214, 220, 250, 251, 252)
_TO_QUIT = (221,)


class SmtpReply(Struct, frozen=True):
    """A reply: the code of its last line, and its lines as they came."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def raw(self) -> bytes:
        """All of it."""
        return b"\n".join(self.lines)

    @property
    def text(self) -> str:
        """All of it, as text."""
        return words(self.raw)


class Introduced(Struct, frozen=True):
    """What became of our introduction: the answer, and what is said to introduce us again."""

    reply: SmtpReply
    hello: bytes


class SmtpSasl:
    """RFC 4954: AUTH, 334 goes on; both messages are answered so, and what was sent decides what an answer is."""

    def __init__(self, name: str, introduced: Introduced) -> None:
        """``name`` is the protocol's."""
        self.name = name
        self._introduced = introduced
        self._answers: Collection[int] = _TO_AUTH
        self._is_reintroduced = False

    def begin(self, mechanism: bytes, initial: bytes | None, via: Door) -> bytes:
        """AUTH, or Exchange's own X-EXPS, with the mechanism, and the first message where there is one."""
        self._answers = _TO_AUTH
        verb = b"X-EXPS" if via is Door.X_EXPS else b"AUTH"
        return b"%s %s%s\r\n" % (verb, mechanism, b"" if initial is None else b" " + initial)

    def respond(self, data: bytes, _via: Door) -> bytes:
        """The message on a line of its own."""
        return data + b"\r\n"

    def command(self, verb: str) -> bytes:
        """The verb alone."""
        self._answers = _TO_COMMAND
        return verb.encode() + b"\r\n"

    def hear(self) -> Generator[Step, bytes, Reply]:
        """One whole reply."""
        reply = yield from _hear_reply(self._answers)
        if reply.code == 334:
            return Reply(Says.GO_AHEAD, reply.lines[-1][3:].strip(), reply.raw)
        return Reply(Says.NO if reply.code >= 400 else Says.DONE, b"", reply.raw)

    def goes_ahead(self, reply: Reply) -> bool:
        """334."""
        return reply.says is Says.GO_AHEAD

    def recover(self, reply: Reply) -> Generator[Step, bytes, bool]:
        """Introduce ourselves once more to a server that has missed it (RFC 5321 section 4.1.4).

        AUTH follows an EHLO (RFC 4954 section 3): of those that do not know it, only who does not know AUTH either has
        said no to it.
        """
        if self._is_reintroduced or not asks_for_hello(reply.text):
            if _is_unknown(self._introduced.reply) and not _is_unknown_command(reply):
                yield from refused(Asked.CAPABILITIES, standing_of(self.name, reply.text), reply.text)
            return False
        self._is_reintroduced = True
        yield Say(self._introduced.hello)
        again = yield from _hear_reply(_TO_HELLO)
        return again.code < 400


def converse(protocol: str, question: Question, hello: bytes, is_greeting: Callable[[bytes], bool]) -> Dialogue:
    """Greeting, EHLO or LHLO, the upgrade where asked for, what is to be asked, QUIT."""
    first = yield HEAR_LINE
    if not is_greeting(first):
        yield Note(OtherProtocol(words(first)))
        return
    greeting = yield from _rest_of_reply(first)
    yield Note(Banner("\n".join(words(line[4:]) for line in greeting.lines)))
    if greeting.code >= 400:
        yield from refused(Asked.GREETING, standing_of(protocol, greeting.text), greeting.text)
    elif (introduced := (yield from _introduction(protocol, question, hello))) is not None:
        yield from ask_all(SmtpSasl(protocol, introduced), question)
    yield from _leave(question)


def is_reply(line: bytes) -> bool:
    """Whether ``line`` is one of a reply: three digits, then a blank, a hyphen or nothing."""
    return line[:3].isdigit() and line[3:4] in (b" ", b"-", b"")


def plain_words(line: bytes) -> list[bytes]:
    """The words of a greeting that are no host names, in upper case."""
    return [word for word in line[4:].upper().split() if b"." not in word]


def _introduction(protocol: str, question: Question, hello: bytes) -> Generator[Step, bytes, Introduced | None]:
    """Introduce ourselves, again after the upgrade where that is asked for; None where AUTH cannot follow.

    A server that refuses it for good is asked for AUTH all the same.
    """
    introduced = yield from _introduce(protocol, question, hello)
    if question.security is Security.STARTTLS and _may_go_on(introduced.reply, hello):
        if not (yield from _upgraded(protocol, introduced)):
            return None
        introduced = yield from _introduce(protocol, question, hello)
    if not _may_go_on(introduced.reply, hello):
        return None
    if introduced.reply.code < 400:
        keywords = _keywords(introduced.reply)
        yield from TLS_OFFER_NOTES[question.security, _offers_tls(keywords)]
        yield from _note_mechanisms(keywords)
    return introduced


def _introduce(protocol: str, question: Question, hello: bytes) -> Generator[Step, bytes, Introduced]:
    """The answer to EHLO or LHLO.

    Not to know EHLO says nothing of us; to turn our name or address away is a refusal, after which what AUTH is
    answered may be about the missing EHLO. Who does not know LHLO, or LHLO alone, speaks something else.
    """
    command = b"%s %s\r\n" % (hello, question.ehlo_name.encode())
    yield Say(command)
    reply = yield from _hear_reply(_TO_HELLO)
    if reply.code >= 400:
        if not _is_unknown(reply):
            yield from refused(Asked.CAPABILITIES, standing_of(protocol, reply.text), reply.text)
        elif hello == LHLO:
            yield Note(OtherProtocol(reply.text))
        else:
            yield from _introduce_otherwise(protocol, question.ehlo_name.encode())
    return Introduced(reply, command)


def _introduce_otherwise(protocol: str, name: bytes) -> Dialogue:
    """An old server may know nothing before its own greeting (RFC 5321 section 3.2); who knows LHLO alone is LMTP."""
    yield Say(b"HELO %s\r\n" % name)
    answer = yield from _hear_reply(_TO_HELLO)
    if not _is_unknown(answer):
        if answer.code >= 400:
            yield from refused(Asked.CAPABILITIES, standing_of(protocol, answer.text), answer.text)
        return
    yield Say(b"LHLO %s\r\n" % name)
    reply = yield from _hear_reply(_TO_HELLO)
    if reply.code < 400:
        yield Note(OtherProtocol(reply.text))


def _may_go_on(reply: SmtpReply, hello: bytes) -> bool:
    """Whether more is asked after this answer to our introduction."""
    return not 400 <= reply.code < 500 and not (hello == LHLO and _is_unknown(reply))


def _keywords(reply: SmtpReply) -> list[list[bytes]]:
    """The extensions that an answer to EHLO lists, split; ``AUTH=`` is AUTH."""
    lines = reply.lines[1:] if reply.code < 400 else ()
    return [line[4:].replace(b"=", b" ", 1).split() for line in lines]


def _is_called(keyword: list[bytes], name: bytes) -> bool:
    return bool(keyword) and keyword[0].upper() == name


def _offers_tls(keywords: list[list[bytes]]) -> bool:
    """Whether STARTTLS is listed, or was, before a firewall wrote over it."""
    return any(
        _is_called(keyword, b"STARTTLS") or _OVERWRITTEN.fullmatch(keyword[0]) for keyword in keywords if keyword
    )


def _upgraded(protocol: str, introduced: Introduced) -> Generator[Step, bytes, bool]:
    """STARTTLS, asked for whether or not it is listed; 250 is the answer to another question."""
    yield Say(b"STARTTLS\r\n")
    reply = yield from _hear_reply(_TO_STARTTLS)
    if reply.code == 250:
        yield from out_of_step(reply.raw)
        return False
    if _misses(introduced.reply, reply):
        yield from refused(Asked.CAPABILITIES, standing_of(protocol, reply.text), reply.text)
    upgrade = Upgrade(_offers_tls(_keywords(introduced.reply)), reply.code == 220, reply.text)
    return (yield from upgraded(SmtpSasl(protocol, introduced), upgrade))


def _note_mechanisms(keywords: list[list[bytes]]) -> Dialogue:
    """``AUTH NTLM`` and the older ``AUTH=NTLM`` are one list, ``X-EXPS`` (Exchange server to server) another."""
    yield from listed(name for keyword in keywords if _is_called(keyword, b"AUTH") for name in keyword[1:])
    x_exps = [name for keyword in keywords if _is_called(keyword, b"X-EXPS") for name in keyword[1:]]
    if x_exps:
        yield from listed(x_exps, Door.X_EXPS)


def _misses(introduction: SmtpReply, reply: SmtpReply) -> bool:
    """Whether a "no" may mean the missing introduction, of a server that did not know our EHLO.

    STARTTLS follows an EHLO (RFC 3207 section 4), and 503 tells who leaves it out (RFC 5321 section 4.1.4). Only a
    server that does not know what we ask either has said no to it.
    """
    return _is_unknown(introduction) and reply.code >= 500 and not _is_unknown(reply)


def _leave(question: Question) -> Dialogue:
    """QUIT: 221 is its own answer, or 421 of who closes anyhow (RFC 5321 section 3.8)."""
    yield Leave(b"QUIT\r\n")
    reply = yield from _hear_reply(_TO_QUIT)
    if reply.code not in (221, 421):
        yield from out_of_step(reply.raw)
    if not question.inquirer.has_disclosed:
        yield from left()


def _hear_reply(answers: Collection[int]) -> Generator[Step, bytes, SmtpReply]:
    """The next reply that refuses or has one of these codes; anything else is passed over."""

    def can_answer(line: bytes) -> bool:
        return is_reply(line) and (line[:1] in b"45" or int(line[:3]) in answers)

    return (yield from _rest_of_reply((yield from hear_answer(can_answer, _answers_another))))


def _answers_another(line: bytes) -> bool:
    """Whether this grants what was asked before; a greeting that is said twice answers nothing."""
    return is_reply(line) and line[:1] in b"23" and not line.startswith(b"220")


def _rest_of_reply(line: bytes) -> Generator[Step, bytes, SmtpReply]:
    """The whole of the reply that begins with ``line``; its last line has no hyphen after the code."""
    lines: list[bytes] = []
    while line[3:4] == b"-":
        if len(lines) < _LINES_LIMIT:
            lines.append(line)
        line = yield from hear_answer(is_reply)
    if len(lines) == _LINES_LIMIT:
        yield Note(Oddity(OddityName.LIST_TOO_LONG, "reply"))
    return SmtpReply(int(line[:3]), (*lines, line))


def _is_unknown_command(reply: Reply) -> bool:
    return reply.raw.rpartition(b"\n")[2].startswith((b"500", b"502"))


def _is_unknown(reply: SmtpReply) -> bool:
    return reply.code in _UNKNOWN_COMMAND
