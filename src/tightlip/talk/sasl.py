"""What is asked in SASL exchanges, and what is noted of it, whatever protocol carries them (RFC 4422)."""

from base64 import b64encode
from collections.abc import Generator
from typing import assert_never

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    NEGOTIATED,
    Acceptance,
    Asked,
    Control,
    ControlAnswer,
    Door,
    Kerberos,
    Opening,
    Refusal,
    Standing,
    Upgrade,
)
from tightlip.model.oddity import Oddity, OddityName
from tightlip.ntlm.armour import decode_base64
from tightlip.ntlm.layout import SIGNATURE
from tightlip.ntlm.negotiate import Wish, negotiate_message
from tightlip.ntlm.reading import read_challenge
from tightlip.ntlm.search import challenge_in
from tightlip.ntlm.spnego import names_ntlm, wrap_negotiate
from tightlip.talk.answers import out_of_step, upgrade_answered
from tightlip.talk.exchange import Reply, SaslProfile, Says, begin, begin_again, cancel
from tightlip.talk.passwords import ask_password, log_in
from tightlip.talk.probes import (
    INVENTED_COMMAND,
    CommandLogin,
    ControlProbe,
    FirstMessage,
    PasswordProbe,
    PathProbe,
    Probe,
    Question,
    SaslLogin,
)
from tightlip.talk.refusals import standing_of
from tightlip.talk.steps import Dialogue, Leave, Note, Say, Step
from tightlip.talk.text import words

_FIRST_MESSAGES = {
    FirstMessage.CURRENT: b64encode(negotiate_message(Wish.CURRENT)),
    FirstMessage.OLDER: b64encode(negotiate_message(Wish.OLDER)),
    FirstMessage.WRAPPED: b64encode(wrap_negotiate(negotiate_message(Wish.CURRENT))),
}

# Their prompt is a sentence (MS-NNTP 2.2.1.2).
_WORDY = (Door.GENERIC, Door.TRANSACT)

_CURRENT = _FIRST_MESSAGES[FirstMessage.CURRENT]

# No line that holds a challenge is shorter: its base64 begins with 43 characters of header.
_SHORTEST_CHALLENGE = 43


# Bound once: Python 3.11 takes a tenth of a microsecond to look a member up, and this is done at every answer.
_GO_AHEAD, _DONE, _NO = Says
_NAME, _USUAL = Opening.NAME, FirstMessage.CURRENT


def ask_all(profile: SaslProfile, question: Question) -> Generator[Step, bytes, Probe | None]:
    """Put one probe after the other, until there is none, or one that the protocol must put itself: returned."""
    next_probe = question.inquirer.next_probe
    while (probe := next_probe()) is not None:
        if type(probe) is PathProbe:  # the usual one first: a match would ask the metaclass of each Struct
            yield from _ask_path(profile, question.security, probe)
            continue
        match probe:
            case ControlProbe(control=Control.KNOWN_COMMAND, sent="QUIT"):
                return probe
            case ControlProbe(control=Control.KNOWN_COMMAND | Control.UNKNOWN_COMMAND):
                yield from _ask_command(profile, probe)
            case ControlProbe():
                yield from _ask_mechanism(profile, probe)
            case PasswordProbe():
                yield from ask_password(profile)
                return probe
            case SaslLogin():
                yield from log_in(profile, probe)
            case CommandLogin():
                return probe
            case _:
                assert_never(probe)
    return None


def upgraded(profile: SaslProfile, upgrade: Upgrade) -> Generator[Step, bytes, bool]:
    """Note what became of STARTTLS and bring TLS up where it was agreed on; whether it is up.

    Where it was refused a command that does not exist follows: is that refused alike? Who grants it answers STARTTLS
    only now, and what looked like a refusal of that answered something earlier.
    """
    if (yield from upgrade_answered(profile.name, upgrade)):
        return True
    yield Leave(profile.command(INVENTED_COMMAND))
    reply = yield from profile.hear()
    is_granted = reply.says is not _NO
    yield Note(ControlAnswer(Control.UNKNOWN_COMMAND, INVENTED_COMMAND, is_granted, reply.text))
    if is_granted:
        yield from out_of_step(reply.raw)
    return False


def _ask_path(profile: SaslProfile, security: Security, probe: PathProbe) -> Dialogue:
    """The mechanism's name, the type 1 message, and a cancel to whatever goes on."""
    via = probe.via
    first = _CURRENT if probe.message is _USUAL else _FIRST_MESSAGES[probe.message]
    is_by_name = probe.opening is _NAME
    command = profile.begin(probe.mechanism.encode(), None if is_by_name else first, via)
    yield Say(command)
    reply = yield from profile.hear()
    if reply.says is _NO:
        reply = yield from begin_again(profile, command, reply)
    if not profile.goes_ahead(reply):
        yield from _answered_no(profile, security, Asked.MECHANISM, probe, reply)
        return
    if via not in NEGOTIATED:
        yield Note(Acceptance(via))
    if is_by_name or not reply.data:
        if reply.data or reply.says is _DONE:
            yield from _read_prompt(via, reply)
        yield Say(profile.respond(first, via))
        reply = yield from profile.hear()
    if reply.says is not _GO_AHEAD:
        yield from _answered_no(profile, security, Asked.MESSAGE, probe, reply)
        return
    yield from challenged(via, reply)
    yield from cancel(profile, via)


def _read_prompt(via: Door, reply: Reply) -> Dialogue:
    """Note what a go-ahead says that should say nothing."""
    if reply.says is _DONE:
        yield Note(Oddity(OddityName.OK_AS_GO_AHEAD, reply.text))
    elif via not in _WORDY:
        yield Note(Oddity(OddityName.TEXT_IN_PROMPT, words(reply.data)))
    yield from _hidden_challenge(via, reply)


def _ask_command(profile: SaslProfile, probe: ControlProbe) -> Dialogue:
    yield Say(profile.command(probe.sent))
    reply = yield from profile.hear()
    yield from _control_answered(profile, probe, reply, reply.says is not _NO)


def _ask_mechanism(profile: SaslProfile, probe: ControlProbe) -> Dialogue:
    """Begin a mechanism and cancel it at once."""
    reply = yield from begin(profile, probe.sent)
    is_taken = profile.goes_ahead(reply)
    yield from _control_answered(profile, probe, reply, is_taken)
    if is_taken:
        yield from cancel(profile, Door.AUTH)


def _control_answered(profile: SaslProfile, probe: ControlProbe, reply: Reply, taken: object) -> Dialogue:
    """Note the answer; "not now" and "not you" are no measure of anything, and end the asking."""
    yield Note(ControlAnswer(probe.control, probe.sent, bool(taken), reply.text))
    standing = Standing.UNCLEAR if taken else standing_of(profile.name, reply.text)
    if standing in (Standing.TEMPORARY, Standing.BANNED):
        yield Note(Refusal(Asked.MECHANISM, standing, reply.text, Door.AUTH, probe.sent))


def challenged(via: Door, reply: Reply) -> Dialogue:
    """Note what came instead of a refusal of our first message; Kerberos would have had something to say."""
    raw, loose = decode_base64(reply.data)
    if SIGNATURE not in raw and (found := challenge_in(reply.raw)):
        raw = found
    if via in NEGOTIATED:
        if reply.data and SIGNATURE not in raw and not names_ntlm(raw):
            yield Note(Kerberos(via, reply.text))
            return
        yield Note(Acceptance(via))
        if SIGNATURE not in raw:
            raw = b""  # it selects or offers NTLM, and its challenge would be the next step
    yield Note(read_challenge(via, raw or (reply.data if loose else b"")))
    for oddity in loose:
        yield Note(oddity)


def _hidden_challenge(via: Door, reply: Reply) -> Dialogue:
    """Note a challenge that stands where none belongs."""
    if len(reply.raw) > _SHORTEST_CHALLENGE and (found := challenge_in(reply.raw)):
        yield Note(Acceptance(via))
        yield Note(read_challenge(via, found))


def _answered_no(profile: SaslProfile, security: Security, asked: Asked, probe: PathProbe, reply: Reply) -> Dialogue:
    yield from _hidden_challenge(probe.via, reply)
    if reply.says is not _NO:
        yield from out_of_step(reply.raw)  # who says "done" where nobody has logged in has answered something else
        return
    standing = standing_of(profile.name, reply.text)
    if standing is Standing.TLS_REQUIRED and security is not Security.PLAIN:
        standing = Standing.UNCLEAR  # TLS is up: it means something else, or nothing
    yield Note(Refusal(asked, standing, reply.text, probe.via, probe.mechanism, probe.opening))
