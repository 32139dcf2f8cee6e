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
from tightlip.talk.text import shortened


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


def enforcement(facts: Sequence[Fact]) -> Enforcement:
    """What the facts of one plain state say; a password has to have been asked about, or TLS demanded outright."""
    if taken := next(_taken(facts), None):
        return Lax(taken)
    if logins := list(_listed(facts)):
        return Lax(f"listed before TLS: {', '.join(logins)}")
    refusals = [fact for fact in facts if isinstance(fact, PasswordRefused)]
    for_now = next((fact for fact in refusals if fact.standing in (Standing.TEMPORARY, Standing.BANNED)), None)
    if for_now is not None:
        return Undecided(_said(for_now))
    if (demand := _demand(facts)) is not None:
        return Enforced(demand)
    if not any(_is_list(fact) for fact in facts):
        return Undecided("what is listed before TLS could not be read")
    if not refusals:
        return Undecided("nothing is listed before TLS, and whether a password is taken there was not answered")
    return Enforced(_said(refusals[0]))


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


def _said(refusal: PasswordRefused) -> str:
    return f"{refusal.by}: {shortened(refusal.text) or 'refused'}"


def _is_list(fact: Fact) -> bool:
    return isinstance(fact, Mechanisms) and fact.via is Door.AUTH
