"""ManageSieve (RFC 5804) and its NTLM exchange."""

import re
from collections.abc import Generator

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Banner, Door, OtherProtocol, Upgrade
from tightlip.model.oddity import Oddity, OddityName
from tightlip.protocols._sentences import Sentence, hear_sentence, rest_of_sentence
from tightlip.talk.answers import (
    TLS_OFFER_NOTES,
    left,
    listed,
    out_of_step,
    refused,
    unexpected,
)
from tightlip.talk.exchange import Reply, Says
from tightlip.talk.probes import Question
from tightlip.talk.protocol import (
    ASKS_LOGIN,
    ASKS_NOTHING,
    ASKS_TLS,
    CLEAR_PORT,
    INVENTED,
    LEAVES,
    TAKES_BACK,
    TLS_PORT,
    Protocol,
    Scheme,
)
from tightlip.talk.refusals import is_away, standing_of
from tightlip.talk.sasl import ask_all, upgraded
from tightlip.talk.steps import HEAR_LINE, Dialogue, Leave, Mark, Note, Say, Step
from tightlip.talk.text import words

# A list without an end: no server has this many capabilities.
_LIST_LIMIT = 200

_STATUS = (b"OK", b"NO", b"BYE")
_DETAIL_LIMIT = 80
# So Cyrus (timsieved 3.6) says with tls_required that AUTHENTICATE needs TLS, before it has read the rest of the line.
_LINE_UNREAD = b"only available under a layer"
_MARK = b"tightlip"
_GREETING = re.compile(rb'(?i)"(IMPLEMENTATION|SASL|SIEVE|STARTTLS|VERSION)"|(OK|NO|BYE)(?: ?\(.*)?(?: ?["{].*)?$')


class Capabilities(Struct, frozen=True):
    """A list of capabilities, names in upper case, and the response that closed it."""

    values: dict[bytes, bytes]
    close: Sentence


class SieveSasl:
    """RFC 5804 section 2.1: the server speaks in strings as long as it goes on."""

    name = "managesieve"

    def begin(self, mechanism: bytes, initial: bytes | None, _via: Door) -> bytes:
        """AUTHENTICATE with the mechanism, and the first message where there is one."""
        return b'AUTHENTICATE "%s"%s\r\n' % (mechanism, b"" if initial is None else b' "%s"' % initial)

    def respond(self, data: bytes, _via: Door) -> bytes:
        """The message as a string."""
        return b'"%s"\r\n' % data

    def command(self, verb: str) -> bytes:
        """The verb alone."""
        return verb.encode() + b"\r\n"

    def hear(self) -> Generator[Step, bytes, Reply]:
        """The next response that answers anything."""
        answer = yield from _hear_answer()
        match answer.word:
            case b"":
                return Reply(Says.GO_AHEAD, answer.strings[0].strip(), answer.raw)
            case b"OK":
                return Reply(Says.DONE, b"", answer.raw)
            case _:
                if _LINE_UNREAD in answer.raw:
                    yield from _catch_up()
                return Reply(Says.NO, b"", answer.raw)

    def goes_ahead(self, reply: Reply) -> bool:
        """A string."""
        return reply.says is Says.GO_AHEAD

    def recover(self, _reply: Reply) -> Generator[Step, bytes, bool]:
        """Nothing has to come before AUTHENTICATE."""
        yield from ()
        return False


def managesieve(question: Question) -> Dialogue:
    """The greeting that lists capabilities, the upgrade where asked for, what is to be asked, LOGOUT."""
    first = yield HEAR_LINE
    if not greets(first):
        yield Note(OtherProtocol(words(first)))
        return
    capabilities = yield from _capabilities((yield from rest_of_sentence(first)))
    yield Note(Banner(_named(capabilities)))
    if capabilities.close.word != b"OK":
        yield from refused(
            Asked.GREETING, standing_of("managesieve", words(capabilities.close.raw)), words(capabilities.close.raw)
        )
    elif (yield from _is_ready(question, capabilities)):
        yield from ask_all(SieveSasl(), question)
    yield from _leave(question)


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
    if sentence.word == b"OK" and is_away(words(sentence.raw)):
        yield Note(Oddity(OddityName.NOT_NOW, words(sentence.raw[:_DETAIL_LIMIT])))
    return Capabilities(values, sentence)


def _named(capabilities: Capabilities) -> str:
    """The name that the server gives itself, else what it greets with."""
    greeting = b" ".join(capabilities.close.strings)
    return words(capabilities.values.get(b"IMPLEMENTATION", greeting))


def _is_ready(question: Question, capabilities: Capabilities) -> Generator[Step, bytes, bool]:
    """The upgrade where asked for, after which the server lists its capabilities again; whether it came about."""
    if question.security is Security.STARTTLS:
        if not (yield from _upgraded(capabilities)):
            return False
        capabilities = yield from _capabilities((yield from hear_sentence()))
        if capabilities.close.word != b"OK":
            yield from refused(
                Asked.CAPABILITIES,
                standing_of("managesieve", words(capabilities.close.raw)),
                words(capabilities.close.raw),
            )
            return False
    else:
        yield from TLS_OFFER_NOTES[question.security, b"STARTTLS" in capabilities.values]
    mechanisms = capabilities.values.get(b"SASL")
    if mechanisms is not None:
        yield from listed(mechanisms.split())
    return True


def _upgraded(capabilities: Capabilities) -> Generator[Step, bytes, bool]:
    """STARTTLS (section 2.2), asked for whether or not it is listed."""
    yield Say(b"STARTTLS\r\n")
    answer = yield from _hear_answer()
    upgrade = Upgrade(b"STARTTLS" in capabilities.values, answer.word == b"OK", words(answer.raw))
    return (yield from upgraded(SieveSasl(), upgrade))


def _leave(question: Question) -> Dialogue:
    """LOGOUT is answered OK (section 2.3); a BYE says that the server closes anyhow."""
    yield Leave(b"LOGOUT\r\n")
    answer = yield from _hear_answer()
    if answer.word not in (b"OK", b"BYE"):
        yield from out_of_step(answer.raw)
    if not question.inquirer.has_disclosed:
        yield from left()


def _hear_answer() -> Generator[Step, bytes, Sentence]:
    """The next OK, NO, BYE or string; anything else is passed over, and noted once."""
    answer = yield from hear_sentence()
    if not _is_answer(answer):
        yield from unexpected(answer.raw)
    while not _is_answer(answer):
        answer = yield from hear_sentence()
    return answer


def _catch_up() -> Dialogue:
    """Hear out the refusals of what is left of a line, each taken for a command; our mark comes back after the last.

    NOOP returns what it is given (RFC 5804 section 2.13): whatever came before it answers nothing that is asked later.
    """
    yield Mark(b'NOOP "%s"\r\n' % _MARK)
    answer = yield from _hear_answer()
    while answer.word == b"NO":
        answer = yield from _hear_answer()
    if answer.word != b"OK" or _MARK.upper() not in answer.code:
        yield from out_of_step(answer.raw)


def _is_answer(sentence: Sentence) -> bool:
    return sentence.word in _STATUS if sentence.word else bool(sentence.strings)


PROTOCOL = Protocol(
    name="managesieve",
    schemes=(Scheme("managesieves", 4190, TLS_PORT), Scheme("managesieve", 4190, CLEAR_PORT)),
    dialogue=managesieve,
    greets=greets,
    known_command="NOOP",
    commands={
        "STARTTLS": ASKS_TLS,
        "AUTHENTICATE": ASKS_LOGIN,
        '"*"': TAKES_BACK,
        "NOOP": ASKS_NOTHING,
        "STIGHTLIP": INVENTED,
        "LOGOUT": LEAVES,
    },
)
