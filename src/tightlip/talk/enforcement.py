"""Whether logins have to wait for TLS, from what was heard before it: only a server's own word proves that they do."""

from collections.abc import Iterator, Sequence, Set

from msgspec import Struct

from tightlip.model.facts import (
    Acceptance,
    Challenge,
    Door,
    Fact,
    LoginCommand,
    Mechanisms,
    PasswordRefused,
    PasswordWanted,
    Refusal,
    Standing,
)
from tightlip.model.observation import Observation
from tightlip.model.verdict import Reason
from tightlip.talk.grounds import Ground, grounds_of
from tightlip.talk.likeness import are_alike
from tightlip.talk.refusals import is_of_every_login, is_of_one_login
from tightlip.talk.text import shortened

_USER, _PLAIN, _LOGIN = "USER", "PLAIN", "LOGIN"
_TAKES_USER = frozenset({"nntp", "pop3"})
_HAS_LOGIN_COMMAND = _TAKES_USER | {"imap"}
_TLS_DEMANDED = (Reason.TLS_REQUIRED, Reason.TLS_REQUIRED_BUT_ABSENT)
_NOT_NOW = frozenset({Standing.BANNED, Standing.TEMPORARY})
_FOR_EVERYBODY = frozenset({Standing.NO_AUTHENTICATION, Standing.TLS_REQUIRED})


class Enforced(Struct, frozen=True):
    """No login is listed before TLS, and the server refuses one; ``why`` in its own words."""

    why: str


class Lax(Struct, frozen=True):
    """A login is listed before TLS, or was begun there when it was asked for."""

    why: str


class Undecided(Struct, frozen=True):
    """What was heard proves neither; an empty list alone does not, for servers take what they do not list."""

    why: str


Enforcement = Enforced | Lax | Undecided


def enforcement(observation: Observation) -> Enforcement:
    """What was heard in one plain state: nothing listed, nothing taken, and the server's word for it."""
    if taken := next(_taken(observation.facts), None):
        return Lax(taken)
    if logins := list(_listed(observation.facts)):
        return Lax(f"listed before TLS: {', '.join(logins)}")
    return password_refusal(observation)


def password_refusal(observation: Observation) -> Enforced | Undecided:
    """The server's word that no password is taken before TLS, whatever else it lists.

    That is the refusal of a password that was asked about, by every command that takes one, in words that are
    understood; or of NTLM in words that hold for every login.
    """
    facts = observation.facts
    asked = [fact for fact in facts if isinstance(fact, PasswordRefused)]
    if for_now := next((fact for fact in asked if fact.standing in _NOT_NOW), None):
        return Undecided(_said(for_now))
    to_all = _refused_to_all(observation)
    if not asked and to_all:
        return Enforced(shortened(to_all[0].text) or "no login is taken here")
    by = frozenset(fact.by for fact in asked)
    if not by or (_USER not in by and observation.endpoint.protocol in _TAKES_USER):
        return Undecided("nothing is listed before TLS, and whether a password is taken there was not answered")
    if unclear := next((fact for fact in asked if not _is_settled(fact, by, observation, to_all)), None):
        return Undecided(f"a password was refused in words that do not settle it; {_said(unclear)}")
    demand = next((fact for fact in asked if fact.standing is Standing.TLS_REQUIRED), None)
    if demand is None and not any(_is_list(fact) for fact in facts):
        return Undecided("what is listed before TLS could not be read")
    return Enforced(_said(demand or asked[0]))


def _taken(facts: Sequence[Fact]) -> Iterator[str]:
    for fact in facts:
        if isinstance(fact, PasswordWanted):
            yield f"a password is asked for before TLS, by {fact.by}"
        elif isinstance(fact, Acceptance | Challenge):
            yield "NTLM is accepted before TLS"


def _listed(facts: Sequence[Fact]) -> Iterator[str]:
    """The logins of the usual door's list, and the protocol's own commands; X-EXPS is a matter between servers."""
    for fact in facts:
        if isinstance(fact, Mechanisms) and fact.via is Door.AUTH:
            yield from fact.names
        elif isinstance(fact, LoginCommand):
            yield f"the {fact.name} command"


def _refused_to_all(observation: Observation) -> list[Refusal]:
    """How NTLM was refused, where that holds for every login: TLS first, or no authentication here."""
    endpoint = observation.endpoint
    grounds = grounds_of(endpoint.protocol, endpoint.security, observation.facts)
    usual = [ground for ground in grounds if ground.refusal.via is Door.AUTH]
    return [ground.refusal for ground in usual] if all(_is_of_all(endpoint.protocol, each) for each in usual) else []


def _is_of_all(protocol: str, ground: Ground) -> bool:
    if ground.reason is Reason.AUTHENTICATION_NOT_OFFERED:
        return protocol not in _HAS_LOGIN_COMMAND  # without AUTH there are still USER and LOGIN
    return ground.reason in _TLS_DEMANDED and is_of_every_login(protocol, ground.refusal.text)


def _is_settled(refusal: PasswordRefused, by: Set[str], observation: Observation, to_all: Sequence[Refusal]) -> bool:
    """Whether this refusal says that no password is taken: what is said of PLAIN alone says nothing of LOGIN."""
    protocol = observation.endpoint.protocol
    is_of_it_alone = refusal.standing is Standing.TLS_REQUIRED and is_of_one_login(protocol, refusal.text)
    if refusal.standing is Standing.NO_SUCH_MECHANISM or is_of_it_alone:
        return refusal.by != _PLAIN or _LOGIN in by
    if refusal.standing in _FOR_EVERYBODY:
        return True
    return any(are_alike(protocol, (refusal.text, refusal.by), (each.text, each.mechanism)) for each in to_all)


def _said(refusal: PasswordRefused) -> str:
    return f"{refusal.by}: {shortened(refusal.text) or 'refused'}"


def _is_list(fact: Fact) -> bool:
    return isinstance(fact, Mechanisms) and fact.via is Door.AUTH
