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
    Upgrade,
)
from tightlip.talk.answers import (
    TLS_OFFER_NOTES,
    hear_answer,
    hear_list,
    left,
    list_refused,
    listed,
    out_of_step,
    refused,
)
from tightlip.talk.exchange import Reply, Says
from tightlip.talk.likeness import says_no_command
from tightlip.talk.passwords import NOBODY
from tightlip.talk.probes import PasswordProbe, Question, Variation
from tightlip.talk.protocol import (
    ASKS_LOGIN,
    ASKS_NOTHING,
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
from tightlip.talk.refusals import says_no_tls, standing_of
from tightlip.talk.sasl import ask_all, upgraded
from tightlip.talk.steps import HEAR_LINE, Dialogue, Leave, Note, Say, Step
from tightlip.talk.text import words

# SASL goes on with 383 (RFC 4643 section 2.4.2), GENERIC and TRANSACT with 381 (MS-NNTP 2.2.1.2).
_GO_AHEAD = (b"383", b"381")
# Besides a refusal, what can answer what (RFC 3977 section 5, RFC 4642 section 2.2.2, RFC 4643 section 2).
_TO_CAPABILITIES = (b"101",)
_TO_STARTTLS = (b"382",)
_TO_MODE_READER = (b"200", b"201")
_TO_AUTHINFO = (*_GO_AHEAD, b"281", b"283")
_TO_COMMAND = (b"1", b"2", b"3")
_TO_QUIT = (b"205",)

_VERBS = {Door.GENERIC: b"AUTHINFO GENERIC ", Door.TRANSACT: b"AUTHINFO TRANSACT "}


class NntpSasl:
    """AUTHINFO SASL (RFC 4643), GENERIC (MS-NNTP 2.2.3) and TRANSACT (Exchange): of these each message is a command."""

    name = "nntp"

    def __init__(self) -> None:
        """Nothing was said."""
        self._answers: tuple[bytes, ...] = _TO_AUTHINFO

    def begin(self, mechanism: bytes, initial: bytes | None, via: Door) -> bytes:
        """AUTHINFO with the mechanism, and the first message where there is one."""
        self._answers = _TO_AUTHINFO
        return _VERBS.get(via, b"AUTHINFO SASL ") + mechanism + (b"" if initial is None else b" " + initial) + b"\r\n"

    def respond(self, data: bytes, via: Door) -> bytes:
        """The message on a line of its own, behind the verb where it is a command."""
        return _VERBS.get(via, b"") + data + b"\r\n"

    def command(self, verb: str) -> bytes:
        """The verb alone."""
        self._answers = _TO_COMMAND
        return verb.encode() + b"\r\n"

    def hear(self) -> Generator[Step, bytes, Reply]:
        """One line; ``=`` stands for an empty message (RFC 4643 section 2.4.2)."""
        line = yield from _hear_reply(self._answers)
        if line.startswith(_GO_AHEAD):
            data = line[3:].strip()
            return Reply(Says.GO_AHEAD, b"" if data == b"=" else data, line)
        return Reply(Says.NO if _is_no(line) else Says.DONE, b"", line)

    def goes_ahead(self, reply: Reply) -> bool:
        """383 or 381."""
        return reply.says is Says.GO_AHEAD

    def recover(self, _reply: Reply) -> Generator[Step, bytes, bool]:
        """Nothing has to come before AUTHINFO."""
        yield from ()
        return False


def nntp(question: Question) -> Dialogue:
    """Greeting, capabilities, the upgrade where asked for, what is to be asked, QUIT."""
    greeting = yield HEAR_LINE
    if not greets(greeting):
        yield Note(OtherProtocol(words(greeting)))
        return
    yield Note(Banner(words(greeting[4:])))
    if _is_no(greeting):
        yield from refused(Asked.GREETING, standing_of("nntp", words(greeting)), words(greeting))
    elif (yield from _is_ready(question)):
        asked_last = yield from ask_all(NntpSasl(), question)
        if type(asked_last) is PasswordProbe:
            yield from _name_nobody()
    yield from _leave(question)


def greets(line: bytes) -> bool:
    """Whether ``line`` is an NNTP greeting (RFC 3977 section 5.1.1)."""
    return _is_reply(line) and line.startswith((b"200", b"201", b"400", b"502"))


def _is_ready(question: Question) -> Generator[Step, bytes, bool]:
    """Capabilities, and again after the upgrade where that is asked for; whether it came about."""
    capabilities = yield from _capabilities()
    if question.security is Security.STARTTLS:
        if not (yield from _upgraded_somewhere(capabilities)):
            return False
        capabilities = yield from _capabilities()
    if _is_transit(capabilities) and not _is_asked_itself(question.inquirer.variation, capabilities or []):
        capabilities = yield from _capabilities_of_reader()
    if capabilities is not None:
        yield from TLS_OFFER_NOTES[question.security, _offers_tls(capabilities)]
        yield from _note_logins(capabilities)
    return True


def _capabilities() -> Generator[Step, bytes, list[list[bytes]] | None]:
    """The capabilities, split; None where the server does not know the command."""
    yield Say(b"CAPABILITIES\r\n")
    reply = yield from _hear_reply(_TO_CAPABILITIES)
    if not reply.startswith(b"101"):
        yield from list_refused("nntp", words(reply))
        return None
    return [line.split() for line in (yield from hear_list("CAPABILITIES"))]


def _is_transit(capabilities: list[list[bytes]] | None) -> bool:
    """Whether there may be a reader behind this; older servers hand us over without a word of it."""
    return capabilities is None or any(_is_called(line, b"MODE-READER") for line in capabilities)


def _is_asked_itself(variation: Variation, capabilities: list[list[bytes]]) -> bool:
    """Whether a transit server is asked and not its reader: first where it lists NTLM, and by the last of askings."""
    mechanisms = (name.upper() for line in capabilities if _is_called(line, b"SASL") for name in line[1:])
    return variation is Variation.ALONE or (variation is Variation.USUAL and b"NTLM" in mechanisms)


def _capabilities_of_reader() -> Generator[Step, bytes, list[list[bytes]] | None]:
    """A transit server hands us to its reader, who has its own capabilities (RFC 3977 section 5.3).

    Where CAPABILITIES is not known the reader may know it.
    """
    yield Say(b"MODE READER\r\n")
    reply = yield from _hear_reply(_TO_MODE_READER)
    if not reply.startswith(b"2"):
        yield from list_refused("nntp", words(reply))
    return (yield from _capabilities())


def _is_called(line: list[bytes], name: bytes) -> bool:
    return bool(line) and line[0].upper() == name


def _offers_tls(capabilities: list[list[bytes]]) -> bool:
    return any(_is_called(line, b"STARTTLS") for line in capabilities)


def _upgraded_somewhere(capabilities: list[list[bytes]] | None) -> Generator[Step, bytes, bool]:
    """STARTTLS where we are; where there is none, at the reader behind, which may have its own."""
    if not _is_transit(capabilities) or _offers_tls(capabilities or []):
        return (yield from _upgraded(capabilities))
    yield Say(b"STARTTLS\r\n")
    reply = yield from _hear_reply(_TO_STARTTLS)
    is_taken = reply.startswith(b"382")
    has_none = says_no_command("nntp", words(reply), "STARTTLS") or says_no_tls(words(reply))
    if is_taken or not has_none:
        return (yield from upgraded(NntpSasl(), Upgrade(offered=False, accepted=is_taken, text=words(reply))))
    return (yield from _upgraded((yield from _capabilities_of_reader())))


def _upgraded(capabilities: list[list[bytes]] | None) -> Generator[Step, bytes, bool]:
    """STARTTLS (RFC 4642 section 2.2), asked for whether or not it is listed."""
    yield Say(b"STARTTLS\r\n")
    reply = yield from _hear_reply(_TO_STARTTLS)
    upgrade = Upgrade(_offers_tls(capabilities or []), reply.startswith(b"382"), words(reply))
    return (yield from upgraded(NntpSasl(), upgrade))


def _note_logins(capabilities: list[list[bytes]]) -> Dialogue:
    """SASL mechanisms, and AUTHINFO USER where it may be used in this state (RFC 4643 section 2.3.1)."""
    yield from listed(name for line in capabilities if _is_called(line, b"SASL") for name in line[1:])
    if any(_is_called(line, b"AUTHINFO") and b"USER" in [word.upper() for word in line] for line in capabilities):
        yield Note(LoginCommand("USER"))


def _name_nobody() -> Dialogue:
    """AUTHINFO USER, to which 381 asks for the password (RFC 4643 section 2.3.2); none follows."""
    yield Say(b"AUTHINFO USER %s\r\n" % NOBODY)
    reply = yield from _hear_reply(_TO_AUTHINFO)
    if _is_no(reply):
        yield Note(PasswordRefused("USER", standing_of("nntp", words(reply)), words(reply)))
    else:
        yield Note(PasswordWanted("USER"))


def _leave(question: Question) -> Dialogue:
    """QUIT: 205 is its own answer, or 400 of who closes anyhow (RFC 3977 sections 5.4 and 3.2.1)."""
    yield Leave(b"QUIT\r\n")
    reply = yield from _hear_reply(_TO_QUIT)
    if not reply.startswith((b"205", b"400")):
        yield from out_of_step(reply)
    if not question.inquirer.has_disclosed:
        yield from left()


def _hear_reply(answers: tuple[bytes, ...]) -> Generator[Step, bytes, bytes]:
    """The next line that refuses or has one of these codes; anything else is passed over."""
    wanted = (b"4", b"5", *answers)
    return (yield from hear_answer(lambda line: _is_reply(line) and line.startswith(wanted), _answers_another))


def _answers_another(line: bytes) -> bool:
    """Whether this grants what was asked before; a greeting that is said twice answers nothing."""
    return _is_reply(line) and line.startswith((b"1", b"2", b"3")) and not line.startswith((b"200", b"201"))


def _is_reply(line: bytes) -> bool:
    return line[:3].isdigit() and line[3:4] in (b" ", b"")


def _is_no(reply: bytes) -> bool:
    return reply.startswith((b"4", b"5"))


PROTOCOL = Protocol(
    name="nntp",
    schemes=(Scheme("nntp", 119, CLEAR_PORT), Scheme("nntps", 563, TLS_PORT)),
    dialogue=nntp,
    greets=greets,
    known_command="DATE",
    doors=(Door.AUTH, Door.GENERIC),
    further_doors=(Door.TRANSACT,),
    commands={
        "CAPABILITIES": ASKS_WHAT,
        "MODE READER": "asks for the part that readers use",
        "STARTTLS": ASKS_TLS,
        "AUTHINFO SASL": ASKS_LOGIN,
        "AUTHINFO GENERIC": ASKS_LOGIN,
        "AUTHINFO TRANSACT": ASKS_LOGIN,
        "AUTHINFO USER": ASKS_PASSWORD,
        "DATE": ASKS_NOTHING,
        "STIGHTLIP": INVENTED,
        "*": TAKES_BACK,
        "QUIT": LEAVES,
    },
)
