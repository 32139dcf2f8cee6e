"""IMAP (RFC 3501, RFC 9051, RFC 5530) and its NTLM exchange."""

import re
from collections.abc import Generator, Iterable

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Banner, LoginCommand, OtherProtocol, Standing, Upgrade
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.answers import unexpected
from tightlip.talk.protocol import (
    ASKS_LOGIN,
    ASKS_TLS,
    ASKS_WHAT,
    CLEAR_PORT,
    LEAVES,
    TAKES_BACK,
    TLS_PORT,
    Protocol,
    Scheme,
)
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
from tightlip.talk.steps import HEAR_LINE, Dialogue, HearBytes, Note, Say, Step, leave
from tightlip.talk.text import words

# Data before the answer without an end: no server has this much to say unasked.
_UNTAGGED_LIMIT = 200

# RFC 5530 section 3: response codes that mean "not now", "never", and "TLS first".
_FOR_NOW = (b"[UNAVAILABLE]", b"[INUSE]", b"[SERVERBUG]", b"[LIMIT]")
_FOR_GOOD = (b"[CANNOT]",)
_TLS_FIRST = (b"[PRIVACYREQUIRED]",)

_GREETING = re.compile(rb"\* (OK|PREAUTH|BYE)(?: |$)", re.IGNORECASE)
_STATUS = (b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH")
_LITERAL = re.compile(rb"\{(\d{1,9})\+?\}$")


class Answer(Struct, frozen=True):
    """What ended the wait: ``status`` is OK, NO, BAD, BYE or ``+``; ``text`` follows it; ``data`` came before."""

    status: bytes
    text: bytes
    data: tuple[bytes, ...]

    @property
    def words(self) -> str:
        """Status and text, as text."""
        return words(self.status + b" " + self.text)


def imap(question: Question) -> Dialogue:
    """Greeting, capabilities, the upgrade where asked for, AUTHENTICATE NTLM, type 1, type 2, ``*``, LOGOUT."""
    greeting = yield HEAR_LINE
    if not greets(greeting):
        yield Note(OtherProtocol(words(greeting)))
        return
    status, _, text = greeting[2:].partition(b" ")
    yield Note(Banner(words(text)))
    if status.upper() != b"OK":
        # A BYE has no time for us; who is logged in by PREAUTH cannot ask for a mechanism (RFC 3501 section 3.1).
        yield from refused(question, Asked.GREETING, _standing(text), words(greeting[2:]))
    elif (yield from _is_ready(question, text)):
        yield from _authenticate(question)
    yield from leave(b"a5 LOGOUT\r\n")


def greets(line: bytes) -> bool:
    """Whether ``line`` is an IMAP greeting."""
    return _GREETING.match(line) is not None


def _is_ready(question: Question, greeting: bytes) -> Generator[Step, bytes, bool]:
    """Capabilities, and again after the upgrade where that is asked for; whether it came about."""
    capabilities = yield from _capabilities(b"a1", greeting)
    if question.security is Security.STARTTLS:
        if not (yield from _upgraded(question, capabilities)):
            return False
        capabilities = yield from _capabilities(b"a3", b"")
    if capabilities:
        yield from _note_logins(capabilities)
    return True


def _capabilities(tag: bytes, greeting: bytes) -> Generator[Step, bytes, list[bytes]]:
    """What CAPABILITY lists, in upper case; else what the greeting listed; none where neither did."""
    yield Say(tag + b" CAPABILITY\r\n")
    answer = yield from _hear_answer(tag)
    return _capabilities_in((*answer.data, answer.text, greeting))


def _capabilities_in(texts: Iterable[bytes]) -> list[bytes]:
    """The capabilities in the first text that has any, as data or as a response code; no list is without IMAP4rev1."""
    for text in texts:
        head, found, rest = text.upper().partition(b"CAPABILITY ")
        if found and head in (b"", b"[", b"OK ["):
            return rest.partition(b"]")[0].split()
    return []


def _upgraded(question: Question, capabilities: list[bytes]) -> Generator[Step, bytes, bool]:
    """STARTTLS (RFC 3501 section 6.2.1), asked for whether or not it is listed."""
    yield Say(b"a2 STARTTLS\r\n")
    answer = yield from _hear_answer(b"a2")
    upgrade = Upgrade(b"STARTTLS" in capabilities, answer.status == b"OK", answer.words)
    return (yield from upgrade_answered(question, upgrade, _standing_of(answer)))


def _note_logins(capabilities: list[bytes]) -> Dialogue:
    """The mechanisms, and LOGIN unless it is switched off in this state (RFC 3501 section 7.2.1)."""
    yield from listed(word[5:] for word in capabilities if word.startswith(b"AUTH="))
    if b"LOGINDISABLED" not in capabilities:
        yield Note(LoginCommand("LOGIN"))


def _authenticate(question: Question) -> Dialogue:
    """AUTHENTICATE and the two messages (RFC 3501 section 6.2.2)."""
    yield Say(b"a4 AUTHENTICATE %s\r\n" % mechanism(question))
    answer = yield from _hear_answer(b"a4")
    if answer.status != b"+":
        yield from _answered_no(question, Asked.MECHANISM, answer)
        return
    if answer.text.strip():
        yield Note(Oddity(OddityName.TEXT_IN_PROMPT, words(answer.text)))
    yield from accepted(question)
    yield Say(opening(question) + b"\r\n")
    answer = yield from _hear_answer(b"a4")
    if answer.status != b"+":
        yield from _answered_no(question, Asked.MESSAGE, answer)
        return
    if answer.text[:1] not in (b"", b" "):
        yield Note(Oddity(OddityName.NO_SPACE_AFTER_PLUS, offset=1))
    yield from challenged(question, answer.text.strip())
    yield Say(b"*\r\n")
    answer = yield from _hear_answer(b"a4")
    if answer.status in (b"OK", b"+"):
        yield Note(Oddity(OddityName.CANCEL_NOT_REFUSED, answer.words))


def _answered_no(question: Question, asked: Asked, answer: Answer) -> Dialogue:
    if answer.status in (b"NO", b"BAD", b"BYE"):
        yield from refused(question, asked, _standing_of(answer), answer.words)
    else:
        yield from unexpected(answer.status + b" " + answer.text)


def _hear_answer(tag: bytes) -> Generator[Step, bytes, Answer]:
    """What answers the command ``tag``, or asks for more of it; untagged data may come before (section 7)."""
    data: list[bytes] = []
    strays = 0
    while True:
        line = yield from _hear_response()
        first, _, rest = line.partition(b" ")
        status, _, text = rest.partition(b" ")
        if first.startswith(b"+"):
            return Answer(b"+", line[1:], tuple(data))
        if first.lower() == tag or (first == b"*" and status.upper() == b"BYE"):
            return Answer(status.upper(), text, tuple(data))
        if first == b"*" and len(data) < _UNTAGGED_LIMIT:
            data.append(rest)
        elif first != b"*":
            strays += 1
            if strays == 1:
                yield from unexpected(line)


def _hear_response() -> Generator[Step, bytes, bytes]:
    """One line with the literals it holds (section 4.3); only untagged data may hold any."""
    line = tail = yield HEAR_LINE
    if not _is_data(line):
        return line
    pieces = [line]
    while counted := _LITERAL.search(tail):
        pieces.append((yield HearBytes(int(counted[1]))))
        pieces.append(tail := (yield HEAR_LINE))
    return b"".join(pieces)


def _is_data(line: bytes) -> bool:
    return line.startswith(b"* ") and line[2:].partition(b" ")[0].upper() not in _STATUS


def _standing_of(answer: Answer) -> Standing:
    """A BYE closes the connection, whatever it was asked: by itself it refuses nothing for good."""
    standing = _standing(answer.text)
    if answer.status == b"BYE" and standing is Standing.PERMANENT:
        return Standing.TEMPORARY
    return standing


def _standing(text: bytes) -> Standing:
    code = text.upper()
    if code.startswith(_FOR_NOW):
        return Standing.TEMPORARY
    if code.startswith(_FOR_GOOD):
        return Standing.PERMANENT
    if code.startswith(_TLS_FIRST):
        return Standing.TLS_REQUIRED
    return standing_of(words(text))


PROTOCOL = Protocol(
    name="imap",
    schemes=(Scheme("imap", 143, CLEAR_PORT), Scheme("imaps", 993, TLS_PORT)),
    dialogue=imap,
    greets=greets,
    commands={
        "CAPABILITY": ASKS_WHAT,
        "STARTTLS": ASKS_TLS,
        "AUTHENTICATE": ASKS_LOGIN,
        "*": TAKES_BACK,
        "LOGOUT": LEAVES,
    },
)
