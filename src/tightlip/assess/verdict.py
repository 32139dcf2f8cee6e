"""The verdict of one endpoint state, drawn from facts and ending as the design's section "Verdicts" says."""

from collections.abc import Iterable

from msgspec.structs import replace

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    NEGOTIATED,
    Acceptance,
    Asked,
    Banner,
    Challenge,
    Control,
    ControlAnswer,
    Fact,
    LeftUnasked,
    OtherProtocol,
    Refusal,
    Standing,
    TlsOffer,
    Unanswered,
    Upgrade,
)
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Observation
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.talk.grounds import Ground, grounds_of, turned_away
from tightlip.talk.likeness import are_alike, says_no_command
from tightlip.talk.refusals import is_away, says_no_tls
from tightlip.talk.text import shortened

# Bound once, as in the session: a sweep comes to these at every host that discloses.
_DISCLOSES, _NAMES = Verdict.DISCLOSES, Reason.NAMES
_STOPPED = {"stopped_asking": Reason.STOPPED_ASKING, "scope_ended": Reason.SCOPE_ENDED}
_UNREADABLE = {OddityName.NOT_NTLMSSP, OddityName.WRONG_MESSAGE_TYPE, OddityName.TRUNCATED_HEADER}
_UNREACHABLE = {"timed_out": Reason.NO_ANSWER, "ETIMEDOUT": Reason.NO_ANSWER}
_UNANSWERED = {"timed_out": Reason.TIMED_OUT, "scope_ended": Reason.SCOPE_ENDED}
# What a path is refused for together with others, the most telling first.
_FOR_ALL = (Reason.TLS_REQUIRED, Reason.AUTHENTICATION_NOT_OFFERED)
_UPGRADES = ("STARTTLS", "STLS")
# What came instead of an answer to our first message.
_AFTER_ACCEPTING = {
    Ending.COMPLETED: Reason.CLOSED_AFTER_ACCEPTING,
    Ending.CLOSED_EARLY: Reason.CLOSED_AFTER_ACCEPTING,
    Ending.TLS_FAILED: Reason.CLOSED_AFTER_ACCEPTING,
    Ending.THROTTLED: Reason.CLOSED_AFTER_ACCEPTING,
    Ending.TIMED_OUT: Reason.SILENT_AFTER_ACCEPTING,
    Ending.TOO_LONG: Reason.UNREADABLE_CHALLENGE,
}
_CUT_SHORT = {
    Ending.TIMED_OUT: Reason.TIMED_OUT,
    Ending.CLOSED_EARLY: Reason.CLOSED_EARLY,
    Ending.TOO_LONG: Reason.TOO_LONG,
    Ending.THROTTLED: Reason.THROTTLED,
    Ending.TLS_FAILED: Reason.TLS_FAILED,
    Ending.INTERNAL_ERROR: Reason.INTERNAL_ERROR,
}


def assess(observation: Observation) -> Assessment:
    """The verdict with its reason; the best-proven answer of any path counts, a doubt outweighs a refusal."""
    if observation.stopped:
        return Assessment(Verdict.INCONCLUSIVE, _STOPPED[observation.stopped])
    if disclosed := _disclosed(observation.facts):
        return Assessment(_DISCLOSES, disclosed)
    match observation.ending:
        case Ending.CONNECTION_REFUSED:
            return Assessment(Verdict.UNREACHABLE, Reason.CONNECTION_REFUSED)
        case Ending.UNREACHABLE:
            reason = _UNREACHABLE.get(observation.error or "", Reason.NO_ROUTE)
            return Assessment(Verdict.UNREACHABLE, reason, observation.error)
        case _:
            return _of_conversation(observation)


def beside(assessed: Assessed, others: Iterable[Observation]) -> Assessed:
    """``assessed``, in doubt where it is absent and another asking of its port met a STARTTLS.

    As the plain state may, or another round: each has connections of its own, and other nodes of a pool answer them.
    """
    if assessed.assessment.verdict is not Verdict.ABSENT:
        return assessed
    port, address = assessed.observation.endpoint.port, assessed.observation.address
    facts = (fact for each in others if (each.endpoint.port, each.address) == (port, address) for fact in each.facts)
    if any(map(_shows_starttls, facts)):
        doubt = Assessment(Verdict.INCONCLUSIVE, Reason.STARTTLS_REFUSED, assessed.assessment.detail)
        return replace(assessed, assessment=doubt)
    return assessed


def _shows_starttls(fact: Fact) -> bool:
    return (type(fact) is TlsOffer and fact.listed) or (type(fact) is Upgrade and (fact.offered or fact.accepted))


def _disclosed(facts: tuple[Fact, ...]) -> Reason | None:
    """The most telling thing that any challenge gave away."""
    best: Reason | None = None
    for fact in facts:
        if type(fact) is Challenge:
            if fact.disclosure.has_names:
                return _NAMES
            if fact.disclosure.product_version is not None:
                best = Reason.VERSION
            elif fact.disclosure.system_time is not None:
                best = best or Reason.CLOCK
    return best


def _of_conversation(observation: Observation) -> Assessment:
    """A conversation took place and nothing was disclosed."""
    facts = observation.facts
    if observation.ending is Ending.INTERNAL_ERROR:
        return _cut_short(observation)
    for fact in facts:
        if type(fact) is Acceptance or type(fact) is Challenge:
            return _offered(facts, observation.ending)
    return (
        _kept_away(observation)
        or _in_doubt(facts)
        or _asked_outside(observation.endpoint.security, facts)
        or _not_there(observation.endpoint.protocol, facts)
        or _refused(observation)
    )


def _kept_away(observation: Observation) -> Assessment | None:
    """Our question was put to nobody who would answer it: another protocol, a greeting that refuses, "not now"."""
    for fact in observation.facts:
        if type(fact) is OtherProtocol:
            return Assessment(Verdict.INCONCLUSIVE, Reason.OTHER_PROTOCOL, shortened(fact.text))
        if type(fact) is Refusal and (reason := _why_kept_away(fact, observation.ending)):
            return Assessment(Verdict.INCONCLUSIVE, reason, shortened(fact.text))
    return None


def _why_kept_away(refusal: Refusal, ending: Ending) -> Reason | None:
    if refusal.asked is Asked.GREETING and refusal.text:
        return Reason.THROTTLED if refusal.standing is Standing.TEMPORARY else Reason.TURNED_AWAY
    if refusal.standing is Standing.BANNED:
        return Reason.BANNED
    if refusal.standing is Standing.TEMPORARY:
        return Reason.THROTTLED if ending is Ending.THROTTLED else Reason.REFUSED_FOR_NOW
    return None


def _in_doubt(facts: tuple[Fact, ...]) -> Assessment | None:
    """We were turned away, what was answered may belong to another question, or not all was asked."""
    if turned := turned_away(facts):
        return Assessment(Verdict.INCONCLUSIVE, Reason.TURNED_AWAY, shortened(turned.text))
    for fact in facts:
        if type(fact) is Banner and is_away(fact.text):
            return Assessment(Verdict.INCONCLUSIVE, Reason.REFUSED_FOR_NOW, shortened(fact.text))
        if type(fact) is Oddity and fact.name is OddityName.NOT_NOW:
            return Assessment(Verdict.INCONCLUSIVE, Reason.REFUSED_FOR_NOW, shortened(fact.detail))
        if type(fact) is Oddity and fact.name is OddityName.OUT_OF_STEP:
            return Assessment(Verdict.INCONCLUSIVE, Reason.OUT_OF_STEP, shortened(fact.detail))
        if type(fact) is Unanswered:
            reason = _UNANSWERED.get(fact.cause, Reason.CLOSED_EARLY)
            return Assessment(Verdict.INCONCLUSIVE, reason, shortened(fact.cause))
        if type(fact) is LeftUnasked:
            return Assessment(Verdict.INCONCLUSIVE, Reason.LEFT_UNASKED, fact.what)
    return None


def _asked_outside(security: Security, facts: tuple[Fact, ...]) -> Assessment | None:
    """Who ends TLS passes on to a server that takes us for one in clear, and whose own TLS nobody asked."""
    if security is Security.IMPLICIT and any(map(_shows_starttls, facts)):
        return Assessment(Verdict.INCONCLUSIVE, Reason.STARTTLS_WITHIN_TLS)
    return None


def _not_there(protocol: str, facts: tuple[Fact, ...]) -> Assessment | None:
    """STARTTLS was not accepted: the state is absent only where it was never offered, and is refused for everybody.

    As by a text that says so, or like a command that does not exist.
    """
    is_there = any(map(_shows_starttls, facts))
    for fact in facts:
        if type(fact) is Upgrade and not fact.accepted:
            if is_there or not _is_no_command(protocol, fact.text, facts):
                return Assessment(Verdict.INCONCLUSIVE, Reason.STARTTLS_REFUSED, shortened(fact.text))
            return Assessment(Verdict.ABSENT, Reason.NO_STARTTLS, shortened(fact.text))
    return None


def _is_no_command(protocol: str, text: str, facts: tuple[Fact, ...]) -> bool:
    """Whether this refusal of STARTTLS says that there is none."""
    if says_no_tls(text):
        return True
    invented = [fact for fact in facts if type(fact) is ControlAnswer and fact.control is Control.UNKNOWN_COMMAND]
    # A 502 of NNTP is said of a command that there is, but not now (RFC 4642 section 2.2.1), unless it is said of any.
    alike = [each for each in invented if protocol != "nntp" or each.text[:3] == text[:3]]
    return says_no_command(protocol, text, *_UPGRADES) and any(
        are_alike(protocol, (text, "STARTTLS"), (each.text, each.sent), "STLS") for each in alike
    )


def _refused(observation: Observation) -> Assessment:
    """No mechanism was accepted: clean where the refusal of every path that was asked proves something."""
    grounds = grounds_of(observation.endpoint.protocol, observation.endpoint.security, observation.facts)
    if not grounds or observation.ending is not Ending.COMPLETED:
        return _cut_short(observation)
    unproven = next((ground for ground in grounds if not ground.is_proven), None)
    settling = unproven or min(grounds, key=_is_about_itself)
    verdict = Verdict.INCONCLUSIVE if unproven else Verdict.CLEAN
    return Assessment(verdict, settling.reason, shortened(settling.refusal.text))


def _is_about_itself(ground: Ground) -> int:
    """How far a path was refused for itself: not at all for want of TLS, for then the states with TLS matter too."""
    return _FOR_ALL.index(ground.reason) if ground.reason in _FOR_ALL else len(_FOR_ALL)


def _offered(facts: tuple[Fact, ...], ending: Ending) -> Assessment:
    """The mechanism was accepted and then came nothing that names."""
    for fact in facts:
        if type(fact) is Challenge:
            unreadable = bool(fact.raw) and any(oddity.name in _UNREADABLE for oddity in fact.oddities)
            return Assessment(Verdict.OFFERS, Reason.UNREADABLE_CHALLENGE if unreadable else Reason.EMPTY_CHALLENGE)
        if type(fact) is Refusal and fact.asked is Asked.MESSAGE and fact.via not in NEGOTIATED:
            return Assessment(Verdict.OFFERS, Reason.REFUSED_AFTER_ACCEPTING, shortened(fact.text))
    return Assessment(Verdict.OFFERS, _AFTER_ACCEPTING[ending])


def _cut_short(observation: Observation) -> Assessment:
    """The question was never answered: mute if not even a greeting came."""
    ending = observation.ending
    greeted = any(isinstance(fact, Banner) for fact in observation.facts)
    if ending is Ending.TIMED_OUT and not greeted:
        return Assessment(Verdict.INCONCLUSIVE, Reason.MUTE)
    reason = _CUT_SHORT.get(ending, Reason.CLOSED_EARLY)
    detail = None if ending is Ending.INTERNAL_ERROR else observation.error
    return Assessment(Verdict.INCONCLUSIVE, reason, detail)
