"""What is worth asking of one endpoint state, in which order: it follows from what was heard, and from nothing else."""

from collections.abc import Container, Iterator, Sequence

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    NEGOTIATED,
    Acceptance,
    Asked,
    Banner,
    Challenge,
    Control,
    ControlAnswer,
    Door,
    Fact,
    Kerberos,
    Opening,
    OtherProtocol,
    Refusal,
    Standing,
    Upgrade,
)
from tightlip.model.observation import Depth
from tightlip.model.verdict import Reason
from tightlip.talk.grounds import OWN_COMMANDS, Ground, grounds_of, turned_away
from tightlip.talk.mechanism_lists import NAMES, MechanismLists
from tightlip.talk.probes import (
    INVENTED_COMMAND,
    INVENTED_MECHANISM,
    ControlProbe,
    FirstMessage,
    PasswordProbe,
    PathProbe,
    Probe,
    Subject,
    Variation,
)
from tightlip.talk.protocol import Protocol
from tightlip.talk.refusals import asks_for_more, is_of_every_login, is_of_one_login

_FIRST_MESSAGES = {Door.SPNEGO: FirstMessage.WRAPPED}
_OTHER_MESSAGES = {Door.SPNEGO: FirstMessage.CURRENT, Door.GSSAPI: FirstMessage.WRAPPED}
# Reads two commands in AUTHINFO TRANSACT, and answers twice.
_NO_TRANSACT = "Cyrus"
# A filter may have taken these out of a list.
_MAY_BE_HIDDEN = (Door.SPNEGO, Door.GSSAPI)
# Listed names that have one of these may stand for SPNEGO.
_NEGOTIATING = ("NEGOTIATE", "SPNEGO")
# Of these each message is a command of its own.
_NAMES_ALONE = (Door.GENERIC, Door.TRANSACT)
_BEYOND_ALL = (Reason.TLS_REQUIRED, Reason.TLS_REQUIRED_BUT_ABSENT, Reason.AUTHENTICATION_NOT_OFFERED)
_UNCLEAR = (Reason.REFUSAL_UNCLEAR, Reason.EVERYTHING_REFUSED)
_UNKNOWN_MECHANISM = ControlProbe(Control.UNKNOWN_MECHANISM, INVENTED_MECHANISM)


_NTLM = Subject.NTLM
_NTLM_FIRST = (Variation.USUAL, Variation.ALONE)
_WITH_MESSAGES = (Variation.WITH_MESSAGE, Variation.ALONE)


class State(Struct, frozen=True, gc=False):
    """What is asked, and how much: a state of a protocol, to a depth, about some subjects, and how it is varied."""

    protocol: Protocol
    security: Security
    depth: Depth
    subjects: Container[Subject]
    variation: Variation = Variation.USUAL

    @property
    def begins_with_ntlm(self) -> bool:
        """Whether NTLM is asked for before anything else."""
        return self.variation in _NTLM_FIRST and _NTLM in self.subjects


def worth_asking(state: State, facts: Sequence[Fact]) -> Iterator[Probe]:
    """All that ``facts`` make worth asking, in order; whoever takes the next one has had those before it."""
    if Subject.NTLM not in state.subjects or _is_over(facts):
        return
    lists = MechanismLists(facts)
    if not state.begins_with_ntlm:
        # Who refuses the first mechanism of a connection, whatever it is, may take the second.
        yield _UNKNOWN_MECHANISM
    for door in state.protocol.doors:
        yield from _path(state, door, facts, lists)
    if state.depth is Depth.THOROUGH or not discloses(facts):
        yield from _beyond_ntlm(state, facts, lists)
    if state.security is Security.PLAIN and Subject.PASSWORDS in state.subjects and not _demands_tls(state, facts):
        yield PasswordProbe()


def discloses(facts: Sequence[Fact]) -> bool:
    """Whether a challenge names the host, its Windows or its clock."""
    for fact in reversed(facts):  # noqa: SIM110 - no generator: it is asked of every host, where one has just come
        if type(fact) is Challenge and fact.disclosure.tells_anything:
            return True
    return False


def _is_of_all(state: State, ground: Ground) -> bool:
    """Whether NTLM's refusal answers for every other path: TLS first, for all of them, or no authentication here."""
    return ground.reason in _BEYOND_ALL and not is_of_one_login(state.protocol.name, ground.refusal.text)


def _beyond_ntlm(state: State, facts: Sequence[Fact], lists: MechanismLists) -> Iterator[Probe]:
    if turned_away(facts):
        return
    grounds = grounds_of(state.protocol.name, state.security, facts)
    if not lists.names and any(ground.reason in _UNCLEAR for ground in grounds):
        yield ControlProbe(Control.UNKNOWN_COMMAND, INVENTED_COMMAND)
        yield ControlProbe(Control.KNOWN_COMMAND, state.protocol.known_command)
    elif any(ground.refusal.via in OWN_COMMANDS and ground.reason in _UNCLEAR for ground in grounds):
        yield ControlProbe(Control.UNKNOWN_COMMAND, INVENTED_COMMAND)
    is_beyond = state.depth is Depth.POLITE and bool(grounds) and _is_of_all(state, grounds[0])
    for door in _further(state, facts, lists):
        if not is_beyond or lists.have(door):
            yield from _path(state, door, facts, lists)
    for name in lists.akin():
        yield from _akin(state, name, facts)
    if is_beyond:
        return
    yield from _controls(state, facts, lists, grounds)


def _akin(state: State, name: str, facts: Sequence[Fact]) -> Iterator[PathProbe]:
    """A listed mechanism whose name speaks of NTLM; what speaks of negotiation is given the message in SPNEGO too."""
    if state.variation is not Variation.WITH_MESSAGE:
        yield PathProbe(Door.AUTH, name)
    if state.variation in _WITH_MESSAGES:
        yield PathProbe(Door.AUTH, name, opening=Opening.INITIAL_RESPONSE)
    if not any(sign in name.upper() for sign in _NEGOTIATING):
        return
    refusals = [fact for fact in facts if type(fact) is Refusal and fact.mechanism == name]
    if any(fact.asked is Asked.MESSAGE for fact in refusals):
        yield PathProbe(Door.AUTH, name, FirstMessage.WRAPPED)
    if state.variation in _WITH_MESSAGES:
        yield PathProbe(Door.AUTH, name, FirstMessage.WRAPPED, Opening.INITIAL_RESPONSE)


def _further(state: State, facts: Sequence[Fact], lists: MechanismLists) -> Iterator[Door]:
    """The other doors: what is listed; what a list may hide; all of them where the asking is thorough."""
    protocol = state.protocol
    for door in (*protocol.further_doors, Door.SPNEGO, Door.MSN, Door.GSSAPI):
        if door is Door.TRANSACT and lists.were_read and (state.depth is Depth.POLITE or _reads_transact_as_two(facts)):
            continue  # Exchange alone had it, before there were capabilities
        may_be_hidden = not lists.were_read or (protocol.lists_are_filtered and door in _MAY_BE_HIDDEN)
        if state.depth is Depth.THOROUGH or may_be_hidden or lists.have(door):
            yield door


def _controls(state: State, facts: Sequence[Fact], lists: MechanismLists, grounds: Sequence[Ground]) -> Iterator[Probe]:
    """What tells whether an unclear refusal means NTLM; needless once anything was accepted."""
    if any(type(fact) is Acceptance for fact in facts):
        return
    # Once begun they are put to every machine that answers here, though the facts of one settle the matter for it.
    is_measured = any(type(fact) is ControlAnswer and fact.control is Control.LISTED_MECHANISM for fact in facts)
    is_in_doubt = is_measured or not all(ground.is_proven for ground in grounds)
    if is_in_doubt and (harmless := lists.harmless()) is not None:
        # First, since Dovecot's ManageSieve takes an earlier initial response for this one's, and a password is
        # a failed login there; and not last, since Dovecot logs a failed login where nothing is asked after it.
        yield ControlProbe(Control.LISTED_MECHANISM, harmless)
    message = FirstMessage.OLDER if state.variation is Variation.WITH_MESSAGE else FirstMessage.CURRENT
    ntlm = PathProbe(state.protocol.doors[0], lists.spelled("NTLM"), message, Opening.INITIAL_RESPONSE)
    if state.depth is Depth.THOROUGH:
        yield from (_UNKNOWN_MECHANISM, ntlm)
    elif is_in_doubt:
        yield from (ntlm, _UNKNOWN_MECHANISM)
    elif any(map(_is_failed_login, facts)):
        # Dovecot logs how the last attempt of a connection ended: as a failed login, or as this.
        yield _UNKNOWN_MECHANISM


def _path(state: State, door: Door, facts: Sequence[Fact], lists: MechanismLists) -> Iterator[PathProbe]:
    """A door, with the message at once where the name was too little, and with another where that was refused.

    The name was too little also where what is listed is refused by it, as by those who take it with a message alone.
    """
    name = NAMES.get(door, "NTLM")
    mechanism = lists.spelled(name)
    message = _FIRST_MESSAGES.get(door, FirstMessage.CURRENT)
    is_first = door is state.protocol.doors[0] or door in _NAMES_ALONE
    with_message = state.variation is Variation.WITH_MESSAGE and not is_first
    opening = Opening.INITIAL_RESPONSE if with_message else Opening.NAME
    yield PathProbe(door, mechanism, message, opening)
    refusals = [fact for fact in facts if type(fact) is Refusal and fact.via is door]
    if any(map(_is_by_name, refusals)):
        for other in lists.also_spelled(name):
            yield PathProbe(door, other, message, opening)
    is_contradicted = door in NEGOTIATED and lists.have(door) and any(map(_is_by_name, refusals))
    is_asked_twice = state.variation is Variation.ALONE and not is_first
    if door not in _NAMES_ALONE and (is_contradicted or is_asked_twice or any(map(_wants_more, refusals))):
        yield PathProbe(door, mechanism, message, Opening.INITIAL_RESPONSE)
    is_taken = any(fact.asked is Asked.MESSAGE for fact in refusals) or any(
        type(fact) is Kerberos and fact.via is door for fact in facts
    )
    is_read_at_once = is_contradicted or (door in NEGOTIATED and any(map(_wants_more, refusals)))
    if not is_taken and not (is_read_at_once and state.depth is Depth.THOROUGH):
        return
    if door is Door.GSSAPI or (door is Door.SPNEGO and state.depth is Depth.THOROUGH):
        # As it was taken: who refuses the name never sees a message behind it.
        is_by_name = is_taken and not with_message and not any(map(_is_by_name, refusals))
        opening = Opening.NAME if is_by_name else Opening.INITIAL_RESPONSE
        yield PathProbe(door, mechanism, _OTHER_MESSAGES[door], opening)
    elif door not in NEGOTIATED:
        yield PathProbe(door, mechanism, FirstMessage.OLDER)


def _reads_transact_as_two(facts: Sequence[Fact]) -> bool:
    return any(type(fact) is Banner and _NO_TRANSACT in fact.text for fact in facts)


def _is_by_name(refusal: Refusal) -> bool:
    return refusal.asked is Asked.MECHANISM


def _wants_more(refusal: Refusal) -> bool:
    return refusal.asked is Asked.MECHANISM and asks_for_more(refusal.text)


def _is_failed_login(fact: Fact) -> bool:
    """Whether a login that could have been Kerberos' was begun with NTLM, and came to nothing."""
    return type(fact) is Kerberos or (type(fact) is Refusal and fact.asked is Asked.MESSAGE and fact.via in NEGOTIATED)


def _is_over(facts: Sequence[Fact]) -> bool:
    """Whether nothing more is worth asking: the state is not there, or we are not wanted now."""
    for fact in facts:
        if type(fact) is Refusal:
            if fact.standing in (Standing.TEMPORARY, Standing.BANNED) or fact.asked is Asked.GREETING:
                return True
        elif type(fact) is OtherProtocol or (type(fact) is Upgrade and not fact.accepted):
            return True
    return False


def _demands_tls(state: State, facts: Sequence[Fact]) -> bool:
    """Whether a login was refused for want of TLS, in words that answer for passwords too."""
    return any(
        type(fact) is Refusal
        and fact.via is Door.AUTH
        and fact.standing is Standing.TLS_REQUIRED
        and fact.asked is Asked.MECHANISM
        and is_of_every_login(state.protocol.name, fact.text)
        for fact in facts
    )
