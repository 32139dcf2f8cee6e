"""ManageSieve (RFC 5804) and its NTLM exchange."""

import re
from collections.abc import Generator

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Banner, OtherProtocol, Standing, Upgrade
from tightlip.model.oddity import Oddity, OddityName
from tightlip.protocols._sentences import Sentence, hear_sentence, rest_of_sentence
from tightlip.talk.answers import unexpected
from tightlip.talk.protocol import (
    ASKS_LOGIN,
    ASKS_TLS,
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
from tightlip.talk.steps import HEAR_LINE, Dialogue, Note, Say, Step, leave
from tightlip.talk.text import words

# A list without an end: no server has this many capabilities.
_LIST_LIMIT = 200

# RFC 5804 section 1.3.
_FOR_NOW = b"TRYLATER"
_TLS_FIRST = b"ENCRYPT-NEEDED"

_STATUS = (b"OK", b"NO", b"BYE")
_GREETING = re.compile(rb'(?i)"(IMPLEMENTATION|SASL|SIEVE|STARTTLS|VERSION)"|(OK|NO|BYE)(?: ?\(.*)?(?: ?["{].*)?$')


class Capabilities(Struct, frozen=True):
    """A list of capabilities, names in upper case, and the response that closed it."""

    values: dict[bytes, bytes]
    close: Sentence


def managesieve(question: Question) -> Dialogue:
    """The greeting that lists capabilities, the upgrade where asked for, AUTHENTICATE, the messages, LOGOUT."""
    first = yield HEAR_LINE
    if not greets(first):
        yield Note(OtherProtocol(words(first)))
        return
    capabilities = yield from _capabilities((yield from rest_of_sentence(first)))
    yield Note(Banner(_named(capabilities)))
    if capabilities.close.word != b"OK":
        yield from refused(question, Asked.GREETING, _standing(capabilities.close), words(capabilities.close.raw))
    elif (yield from _is_ready(question, capabilities)):
        yield from _authenticate(question)
    yield from leave(b"LOGOUT\r\n")


def greets(line: bytes) -> bool:
    """Whether ``line`` opens a ManageSieve greeting (section 1.7): a capability, or what closes their list."""
    return _GREETING.match(line) is not None


def _capabilities(sentence: Sentence) -> Generator[Step, bytes, Capabilities]:
    """The list that begins with ``sentence``, up to the OK, NO or BYE that closes it."""
    values: dict[bytes, bytes] = {}
    while sentence.word not in _STATUS:
        if sentence.strings and len(values) < _LIST_LIMIT:
            values[sentence.strings[0].upper()] = b" ".join(sentence.strings[1:])
        sentence = yield from hear_sentence()
    if len(values) == _LIST_LIMIT:
        yield Note(Oddity(OddityName.LIST_TOO_LONG, "capabilities"))
    return Capabilities(values, sentence)


def _named(capabilities: Capabilities) -> str:
    """The name that the server gives itself, else what it greets with."""
    greeting = b" ".join(capabilities.close.strings)
    return words(capabilities.values.get(b"IMPLEMENTATION", greeting))


def _is_ready(question: Question, capabilities: Capabilities) -> Generator[Step, bytes, bool]:
    """The upgrade where asked for, after which the server lists its capabilities again; whether it came about."""
    if question.security is Security.STARTTLS:
        if not (yield from _upgraded(question, capabilities)):
            return False
        capabilities = yield from _capabilities((yield from hear_sentence()))
        if capabilities.close.word != b"OK":
            yield from _answered_no(question, Asked.CAPABILITIES, capabilities.close)
            return False
    mechanisms = capabilities.values.get(b"SASL")
    if mechanisms is not None:
        yield from listed(mechanisms.split())
    return True


def _upgraded(question: Question, capabilities: Capabilities) -> Generator[Step, bytes, bool]:
    """STARTTLS (section 2.2), asked for whether or not it is listed."""
    yield Say(b"STARTTLS\r\n")
    answer = yield from _hear_answer()
    upgrade = Upgrade(b"STARTTLS" in capabilities.values, answer.word == b"OK", words(answer.raw))
    return (yield from upgrade_answered(question, upgrade, _standing(answer)))


def _authenticate(question: Question) -> Dialogue:
    """AUTHENTICATE (section 2.1): the server speaks in strings as long as it goes on."""
    yield Say(b'AUTHENTICATE "%s"\r\n' % mechanism(question))
    answer = yield from _hear_answer()
    if answer.word:
        yield from _answered_no(question, Asked.MECHANISM, answer)
        return
    if answer.strings[0]:
        yield Note(Oddity(OddityName.TEXT_IN_PROMPT, words(answer.strings[0])))
    yield from accepted(question)
    yield Say(b'"%s"\r\n' % opening(question))
    answer = yield from _hear_answer()
    if answer.word:
        yield from _answered_no(question, Asked.MESSAGE, answer)
        return
    yield from challenged(question, answer.strings[0].strip())
    yield Say(b'"*"\r\n')
    answer = yield from _hear_answer()
    if answer.word not in (b"NO", b"BYE"):
        yield Note(Oddity(OddityName.CANCEL_NOT_REFUSED, words(answer.raw)))


def _answered_no(question: Question, asked: Asked, answer: Sentence) -> Dialogue:
    if answer.word == b"OK":
        yield from unexpected(answer.raw)
    else:
        yield from refused(question, asked, _standing(answer), words(answer.raw))


def _hear_answer() -> Generator[Step, bytes, Sentence]:
    """The next OK, NO, BYE or string; anything else is passed over, and noted once."""
    answer = yield from hear_sentence()
    if not _is_answer(answer):
        yield from unexpected(answer.raw)
    while not _is_answer(answer):
        answer = yield from hear_sentence()
    return answer


def _is_answer(sentence: Sentence) -> bool:
    return sentence.word in _STATUS if sentence.word else bool(sentence.strings)


def _standing(answer: Sentence) -> Standing:
    """A BYE closes the connection, whatever it was asked: by itself it refuses nothing for good."""
    if answer.code == _TLS_FIRST:
        return Standing.TLS_REQUIRED
    standing = Standing.TEMPORARY if answer.code == _FOR_NOW else standing_of(words(answer.raw))
    if answer.word == b"BYE" and standing is Standing.PERMANENT:
        return Standing.TEMPORARY
    return standing


PROTOCOL = Protocol(
    name="managesieve",
    schemes=(Scheme("managesieves", 4190, TLS_PORT), Scheme("managesieve", 4190, CLEAR_PORT)),
    dialogue=managesieve,
    greets=greets,
    commands={
        "STARTTLS": ASKS_TLS,
        "AUTHENTICATE": ASKS_LOGIN,
        '"*"': TAKES_BACK,
        "LOGOUT": LEAVES,
    },
)
