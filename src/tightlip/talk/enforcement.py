"""Whether logins have to wait for TLS, from what was heard before it: only a server's own word proves that they do."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from tightlip.model.facts import (
    Acceptance,
    Asked,
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
from tightlip.talk.grounds import grounds_of
from tightlip.talk.text import shortened

_USER = "USER"
_TAKES_USER = frozenset({"nntp", "pop3"})
_HAS_LOGIN_COMMAND = _TAKES_USER | {"imap"}
_NOT_NOW = frozenset({Standing.BANNED, Standing.TEMPORARY})
_UNDERSTOOD = frozenset({Standing.NO_AUTHENTICATION, Standing.NO_SUCH_MECHANISM, Standing.TLS_REQUIRED})


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

    That is a demand of TLS, a refusal of NTLM in words that hold for every login, or a password that was asked about
    and refused in words that are understood.
    """
    facts = observation.facts
    refusals = [fact for fact in facts if isinstance(fact, PasswordRefused)]
    if for_now := next((fact for fact in refusals if fact.standing in _NOT_NOW), None):
        return Undecided(_said(for_now))
    if (demand := _demand(facts)) is not None:
        return Enforced(demand)
    is_listed = any(_is_list(fact) for fact in facts)
    unclear = next((fact for fact in refusals if fact.standing not in _UNDERSTOOD), None)
    by = {fact.by for fact in refusals}
    is_whole = bool(by) and (_USER in by or observation.endpoint.protocol not in _TAKES_USER)
    if is_listed and is_whole and not unclear:
        return Enforced(_said(refusals[0]))
    if (to_all := _refused_to_all(observation)) is not None:
        return Enforced(to_all)
    if not is_listed:
        return Undecided("what is listed before TLS could not be read")
    if unclear:
        return Undecided(f"a password was refused in words that are not understood; {_said(unclear)}")
    return Undecided("nothing is listed before TLS, and whether a password is taken there was not answered")


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


def _demand(facts: Sequence[Fact]) -> str | None:
    """The first refusal of a login that asks for TLS in so many words."""
    for fact in facts:
        if isinstance(fact, PasswordRefused) and fact.standing is Standing.TLS_REQUIRED:
            return _said(fact)
        if isinstance(fact, Refusal) and fact.standing is Standing.TLS_REQUIRED and fact.asked is Asked.MECHANISM:
            return shortened(fact.text) or "TLS is asked for first"
    return None


def _refused_to_all(observation: Observation) -> str | None:
    """How NTLM was refused where that holds for any login: TLS first, or no authentication here."""
    endpoint = observation.endpoint
    grounds = grounds_of(endpoint.protocol, endpoint.security, observation.facts)
    usual = [ground for ground in grounds if ground.refusal.via is Door.AUTH]
    # Without AUTH there are still USER and LOGIN.
    sufficient = {Reason.TLS_REQUIRED}
    if endpoint.protocol not in _HAS_LOGIN_COMMAND:
        sufficient.add(Reason.AUTHENTICATION_NOT_OFFERED)
    if not usual or any(ground.reason not in sufficient for ground in usual):
        return None
    return shortened(usual[0].refusal.text) or "no login is taken here"


def _said(refusal: PasswordRefused) -> str:
    return f"{refusal.by}: {shortened(refusal.text) or 'refused'}"


def _is_list(fact: Fact) -> bool:
    return isinstance(fact, Mechanisms) and fact.via is Door.AUTH
