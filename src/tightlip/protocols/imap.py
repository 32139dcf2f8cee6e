"""IMAP (RFC 3501, RFC 9051, RFC 5530) and its NTLM exchange."""

import re
from collections.abc import Generator, Iterable

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Banner, Door, LoginAnswer, LoginCommand, OtherProtocol, Upgrade
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.answers import (
    TLS_OFFER_NOTES,
    left,
    list_refused,
    listed,
    out_of_step,
    refused,
    unexpected,
)
from tightlip.talk.exchange import Reply, Says
from tightlip.talk.probes import CommandLogin, Question
from tightlip.talk.protocol import (
    ASKS_LOGIN,
    ASKS_NOTHING,
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
from tightlip.talk.refusals import is_away, standing_of
from tightlip.talk.sasl import ask_all, upgraded
from tightlip.talk.session import AnswerOrder
from tightlip.talk.steps import HEAR_LINE, Dialogue, HearBytes, Leave, Note, Say, Step
from tightlip.talk.text import words

# Data before the answer without an end: no server has this much to say unasked.
_UNTAGGED_LIMIT = 200

_DETAIL_LIMIT = 80

_GREETING = re.compile(rb"\* (OK|PREAUTH|BYE)(?: |$)", re.IGNORECASE)
_STATUS = (b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH")
_LITERAL = re.compile(rb"\{(\d{1,9})\+?\}$")


class Answer(Struct, frozen=True):
    """What ended the wait: ``status`` is OK, NO, BAD, BYE or ``+``; ``text`` follows it; ``data`` came before."""

    status: bytes
    text: bytes
    data: tuple[bytes, ...]

    @property
    def raw(self) -> bytes:
        """Status and text, without the tag."""
        return self.status + b" " + self.text


class ImapSasl:
    """RFC 3501 section 6.2.2: every command has a tag of its own, and only what bears it answers."""

    name = "imap"

    def __init__(self, tag: str) -> None:
        """``tag`` begins all tags; a peer that cannot guess it cannot answer before it was asked."""
        self._prefix = tag.encode()
        self._count = 0
        self._tag = b""
        self._is_in_exchange = False

    def begin(self, mechanism: bytes, initial: bytes | None, _via: Door) -> bytes:
        """AUTHENTICATE with the mechanism, and the first message where there is one (RFC 4959)."""
        self._is_in_exchange = True
        return self._tagged(b"AUTHENTICATE %s" % mechanism + (b"" if initial is None else b" " + initial))

    def respond(self, data: bytes, _via: Door) -> bytes:
        """The message on a line of its own."""
        return data + b"\r\n"

    def command(self, verb: str) -> bytes:
        """The verb alone."""
        self._is_in_exchange = False
        return self._tagged(verb.encode())

    def hear(self) -> Generator[Step, bytes, Reply]:
        """What answers the command that was said last."""
        answer = yield from self.hear_answer()
        match answer.status:
            case b"+":
                if answer.text[:1] not in (b"", b" "):
                    yield Note(Oddity(OddityName.NO_SPACE_AFTER_PLUS, offset=1))
                return Reply(Says.GO_AHEAD, answer.text.strip(), answer.raw)
            case b"OK":
                return Reply(Says.DONE, b"", answer.raw)
            case _:
                return Reply(Says.NO, b"", answer.raw)

    def goes_ahead(self, reply: Reply) -> bool:
        """A continuation request."""
        return reply.says is Says.GO_AHEAD

    def recover(self, _reply: Reply) -> Generator[Step, bytes, bool]:
        """Nothing has to come before AUTHENTICATE."""
        yield from ()
        return False

    def hear_answer(self) -> Generator[Step, bytes, Answer]:
        """What answers the last command, or asks for more of it; untagged data may come before (section 7)."""
        data: list[bytes] = []
        strays = 0
        while True:
            line = yield from _hear_response()
            first, _, rest = line.partition(b" ")
            status, _, text = rest.partition(b" ")
            if first.startswith(b"+") and self._is_in_exchange:
                return Answer(b"+", line[1:], tuple(data))
            if first.lower() == self._tag or (first == b"*" and status.upper() == b"BYE"):
                return Answer(status.upper(), text, tuple(data))
            if first == b"*" and len(data) < _UNTAGGED_LIMIT:
                data.append(rest)
                if status.upper() in _STATUS and is_away(words(text)):
                    yield Note(Oddity(OddityName.NOT_NOW, words(text[:_DETAIL_LIMIT])))
            elif first != b"*":
                strays += 1
                if strays == 1:
                    yield from unexpected(line)

    def _tagged(self, command: bytes) -> bytes:
        self._count += 1
        self._tag = b"%s%d" % (self._prefix, self._count)
        return b"%s %s\r\n" % (self._tag, command)


def imap(question: Question) -> Dialogue:
    """Greeting, capabilities, the upgrade where asked for, what is to be asked, LOGOUT."""
    greeting = yield HEAR_LINE
    if not greets(greeting):
        yield Note(OtherProtocol(words(greeting)))
        return
    status, _, text = greeting[2:].partition(b" ")
    yield Note(Banner(words(text)))
    sasl = ImapSasl(question.tag)
    if status.upper() != b"OK":
        # A BYE has no time for us; who is logged in by PREAUTH cannot ask for a mechanism (RFC 3501 section 3.1).
        yield from refused(Asked.GREETING, standing_of("imap", f"NO {words(text)}"), words(greeting[2:]))
    elif (yield from _is_ready(sasl, question, text)):
        last = yield from ask_all(sasl, question)
        if type(last) is CommandLogin:
            yield from _log_in(sasl, last)
    yield from _leave(sasl, question)


def greets(line: bytes) -> bool:
    """Whether ``line`` is an IMAP greeting."""
    return _GREETING.match(line) is not None


def _is_ready(sasl: ImapSasl, question: Question, greeting: bytes) -> Generator[Step, bytes, bool]:
    """Capabilities, and again after the upgrade where that is asked for; whether it came about."""
    capabilities = yield from _capabilities(sasl, greeting)
    if question.security is Security.STARTTLS:
        if not (yield from _upgraded(sasl, capabilities)):
            return False
        capabilities = yield from _capabilities(sasl, b"")
    if capabilities:
        yield from TLS_OFFER_NOTES[question.security, _has(capabilities, b"STARTTLS")]
        yield from _note_logins(capabilities)
    return True


def _capabilities(sasl: ImapSasl, greeting: bytes) -> Generator[Step, bytes, list[bytes]]:
    """What CAPABILITY lists, else the greeting, and the mechanisms of both; none where neither lists any."""
    yield Say(sasl.command("CAPABILITY"))
    answer = yield from sasl.hear_answer()
    if answer.status in (b"NO", b"BAD", b"BYE"):
        yield from list_refused(sasl.name, words(answer.raw))
    return _capabilities_in((*answer.data, answer.text, greeting))


def _capabilities_in(texts: Iterable[bytes]) -> list[bytes]:
    """The capabilities in the first text that has any, as data or as a response code; no list is without IMAP4rev1.

    Of the others the mechanisms are added: one that a list leaves out may be taken all the same.
    """
    capabilities: list[bytes] = []
    for text in texts:
        place = text.upper().find(b"CAPABILITY ")
        if place >= 0 and text[:place].upper() in (b"", b"[", b"OK ["):
            found = text[place + 11 :].partition(b"]")[0].split()
            capabilities += found if not capabilities else filter(_is_mechanism, found)
    return capabilities


def _has(capabilities: list[bytes], name: bytes) -> bool:
    return any(word.upper() == name for word in capabilities)


def _is_mechanism(word: bytes) -> bool:
    return word.upper().startswith(b"AUTH=")


def _upgraded(sasl: ImapSasl, capabilities: list[bytes]) -> Generator[Step, bytes, bool]:
    """STARTTLS (RFC 3501 section 6.2.1), asked for whether or not it is listed."""
    yield Say(sasl.command("STARTTLS"))
    answer = yield from sasl.hear_answer()
    upgrade = Upgrade(_has(capabilities, b"STARTTLS"), answer.status == b"OK", words(answer.raw))
    return (yield from upgraded(sasl, upgrade))


def _note_logins(capabilities: list[bytes]) -> Dialogue:
    """The mechanisms, and LOGIN unless it is switched off in this state (RFC 3501 section 7.2.1)."""
    yield from listed(word[5:] for word in capabilities if _is_mechanism(word))
    if not _has(capabilities, b"LOGINDISABLED"):
        yield Note(LoginCommand("LOGIN"))


def _log_in(sasl: ImapSasl, login: CommandLogin) -> Dialogue:
    """LOGIN with quoted strings (RFC 3501 sections 6.2.3 and 4.3)."""
    yield Say(sasl.command(f"LOGIN {_quoted(login.user)} {_quoted(login.password)}"))
    reply = yield from sasl.hear()
    yield Note(LoginAnswer("LOGIN", reply.says is Says.DONE, reply.text))


def _quoted(text: bytes) -> str:
    return '"{}"'.format(text.decode("ascii").replace("\\", "\\\\").replace('"', '\\"'))


def _leave(sasl: ImapSasl, question: Question) -> Dialogue:
    """LOGOUT: BYE comes first, then the answer that bears its tag (RFC 3501 section 6.1.3)."""
    yield Leave(sasl.command("LOGOUT"))
    answer = yield from sasl.hear_answer()
    if answer.status == b"BYE":
        answer = yield from sasl.hear_answer()
    if answer.status != b"OK":
        yield from out_of_step(answer.raw)
    if not question.inquirer.has_disclosed:
        yield from left()


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


PROTOCOL = Protocol(
    name="imap",
    schemes=(Scheme("imap", 143, CLEAR_PORT), Scheme("imaps", 993, TLS_PORT)),
    dialogue=imap,
    greets=greets,
    known_command="NOOP",
    commands={
        "CAPABILITY": ASKS_WHAT,
        "STARTTLS": ASKS_TLS,
        "AUTHENTICATE": ASKS_LOGIN,
        "*": TAKES_BACK,
        "NOOP": ASKS_NOTHING,
        "STIGHTLIP": INVENTED,
        "LOGOUT": LEAVES,
    },
    answers=AnswerOrder.TAGGED,
)
