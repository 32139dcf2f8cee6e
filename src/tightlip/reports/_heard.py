"""What the facts of one observation say together, put in the order in which reports speak of it."""

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.facts import (
    Acceptance,
    Banner,
    Challenge,
    ControlAnswer,
    Door,
    ErrorLimit,
    Fact,
    Kerberos,
    LeftUnasked,
    LoginCommand,
    Mechanisms,
    Refusal,
    TlsOffer,
    TlsState,
    Unanswered,
    Upgrade,
)
from tightlip.model.oddity import Oddity

NOTHING = Disclosure()
# Bound once, as in the session: this is looked up for every observation.
_AUTH = Door.AUTH


OtherFact = LoginCommand | Upgrade | Refusal | ControlAnswer | Kerberos | ErrorLimit | LeftUnasked | Unanswered


class Heard(Struct, frozen=True, gc=False, kw_only=True):
    """The facts by kind. ``via`` holds the doors by which NTLM was accepted, ``disclosure`` all challenges together."""

    banner: str | None
    mechanisms: tuple[str, ...]
    advertised: bool
    via: tuple[Door, ...]
    challenges: tuple[Challenge, ...]
    disclosure: Disclosure
    implementation: Implementation
    tls: TlsState | None
    oddities: tuple[Oddity, ...]
    others: tuple[OtherFact, ...]


def heard(facts: tuple[Fact, ...]) -> Heard:
    """Sort ``facts`` by kind; what several connections repeated is kept once."""
    banner: str | None = None
    tls: TlsState | None = None
    lists: list[Mechanisms] = []
    via: dict[Door, None] = {}
    challenges: list[Challenge] = []
    oddities: list[Oddity] = []
    others: list[OtherFact] = []
    for fact in facts:  # by exact type, the usual ones first: a match would ask the metaclass of each Struct
        if type(fact) is Banner:
            banner = banner or fact.text
        elif type(fact) is Mechanisms:
            lists.append(fact)
        elif type(fact) is Acceptance:
            via[fact.via] = None
        elif type(fact) is Challenge:
            via[fact.via] = None
            challenges.append(fact)
            oddities += fact.oddities
        elif type(fact) is TlsState:
            tls = tls or fact
        elif type(fact) is Oddity:
            oddities.append(fact)
        elif type(fact) is TlsOffer:
            pass  # told nowhere, and noted of most: nor is it held against eight kinds
        elif (type(fact) is LoginCommand or isinstance(fact, OtherFact)) and fact not in others:
            others.append(fact)
    return Heard(
        banner=banner,
        mechanisms=_usual_list(lists),
        advertised=any("NTLM" in listed.names for listed in lists),
        via=tuple(via),
        challenges=tuple(challenges),
        disclosure=_together(challenges),
        implementation=_implementation(challenges),
        tls=tls,
        oddities=tuple(oddities) if len(oddities) < 2 else _once(oddities),
        others=tuple(others),
    )


def _usual_list(lists: list[Mechanisms]) -> tuple[str, ...]:
    """The names of the usual door, each once; further doors (X-EXPS) have lists of their own."""
    if len(lists) == 1 and lists[0].via is _AUTH:
        return lists[0].names  # each once, as listed: most servers have no other
    names = [name for listed in lists if listed.via is _AUTH for name in listed.names]
    return tuple(dict.fromkeys(names))


def _together(challenges: list[Challenge]) -> Disclosure:
    """The first challenge's fields, completed by those of later ones."""
    if not challenges:
        return NOTHING
    whole = challenges[0].disclosure
    for further in challenges[1:]:
        if further.disclosure != whole:
            whole = _completed(whole, further.disclosure)
    return whole


def _completed(first: Disclosure, second: Disclosure) -> Disclosure:
    missing = {field: getattr(second, field) for field in Disclosure.__struct_fields__ if getattr(first, field) is None}
    return replace(first, **missing)


def _implementation(challenges: list[Challenge]) -> Implementation:
    for challenge in challenges:
        if challenge.implementation is not Implementation.UNKNOWN:
            return challenge.implementation
    return Implementation.UNKNOWN


def _once(oddities: list[Oddity]) -> tuple[Oddity, ...]:
    return tuple(dict.fromkeys(oddities))
