"""The verdict of one endpoint state, drawn from facts and ending as the design's section "Verdicts" says."""

from typing import assert_never

from tightlip.model.facts import (
    Acceptance,
    Asked,
    Banner,
    Challenge,
    Fact,
    LoginCommand,
    Mechanisms,
    OtherProtocol,
    PasswordRefused,
    PasswordWanted,
    Refusal,
    Standing,
    TlsState,
    Unanswered,
    Upgrade,
)
from tightlip.model.observation import Ending, Observation
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.talk.text import shortened

_STOPPED = {"stopped_asking": Reason.STOPPED_ASKING, "scope_ended": Reason.SCOPE_ENDED}
_UNREADABLE = {OddityName.NOT_NTLMSSP, OddityName.WRONG_MESSAGE_TYPE, OddityName.TRUNCATED_HEADER}
_UNREACHABLE = {"timed_out": Reason.NO_ANSWER, "ETIMEDOUT": Reason.NO_ANSWER}
_UNANSWERED = {"timed_out": Reason.TIMED_OUT, "scope_ended": Reason.SCOPE_ENDED}
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
    """The verdict with its reason; the best-proven answer of any door counts, a doubt outweighs a refusal."""
    if observation.stopped:
        return Assessment(Verdict.INCONCLUSIVE, _STOPPED[observation.stopped])
    if disclosed := _disclosed(observation.facts):
        return Assessment(Verdict.DISCLOSES, disclosed)
    match observation.ending:
        case Ending.CONNECTION_REFUSED:
            return Assessment(Verdict.UNREACHABLE, Reason.CONNECTION_REFUSED)
        case Ending.UNREACHABLE:
            reason = _UNREACHABLE.get(observation.error or "", Reason.NO_ROUTE)
            return Assessment(Verdict.UNREACHABLE, reason, observation.error)
        case _:
            return _of_conversation(observation)


def _disclosed(facts: tuple[Fact, ...]) -> Reason | None:
    """The most telling thing that any challenge gave away."""
    best: Reason | None = None
    for fact in facts:
        if type(fact) is Challenge:
            if fact.disclosure.has_names:
                return Reason.NAMES
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
        if type(fact) is Acceptance:
            return _offered(facts, observation.ending)
    return _unheard(facts) or _answered(observation)


def _unheard(facts: tuple[Fact, ...]) -> Assessment | None:
    """Why our question was never put to anybody who could answer it, where that is so.

    Who turns our name away and then refuses AUTH may mean the missing EHLO (RFC 5321 section 4.1.4); a list that came
    later says that we were let in after all.
    """
    turned: Refusal | None = None
    for fact in facts:
        match fact:
            case Banner() | TlsState() | Upgrade(accepted=True) | LoginCommand() | Oddity():
                pass
            case Mechanisms():
                turned = None
            case Refusal(asked=Asked.MECHANISM) | Unanswered() | Acceptance() | Challenge():
                pass
            case PasswordWanted() | PasswordRefused():
                pass
            case Refusal(asked=Asked.GREETING, text=text, standing=standing):
                reason = Reason.THROTTLED if standing is Standing.TEMPORARY else Reason.TURNED_AWAY
                return Assessment(Verdict.INCONCLUSIVE, reason, shortened(text))
            case Refusal(asked=Asked.CAPABILITIES, standing=Standing.PERMANENT | Standing.TLS_REQUIRED):
                turned = turned or fact
            case OtherProtocol(text=text):
                return Assessment(Verdict.INCONCLUSIVE, Reason.OTHER_PROTOCOL, shortened(text))
            case Upgrade(accepted=False) if turned is None:
                return _not_upgraded(facts, fact)
            case Refusal() | Upgrade():
                pass
            case _:
                assert_never(fact)
    return Assessment(Verdict.INCONCLUSIVE, Reason.TURNED_AWAY, shortened(turned.text)) if turned else None


def _offered(facts: tuple[Fact, ...], ending: Ending) -> Assessment:
    """The mechanism was accepted and then came nothing that names."""
    for fact in facts:
        match fact:
            case Banner() | Mechanisms() | Acceptance() | TlsState() | Upgrade() | LoginCommand() | Oddity():
                pass
            case Challenge(raw=raw, oddities=oddities):
                unreadable = bool(raw) and any(oddity.name in _UNREADABLE for oddity in oddities)
                return Assessment(Verdict.OFFERS, Reason.UNREADABLE_CHALLENGE if unreadable else Reason.EMPTY_CHALLENGE)
            case Refusal(asked=Asked.MESSAGE, text=text):
                return Assessment(Verdict.OFFERS, Reason.REFUSED_AFTER_ACCEPTING, shortened(text))
            case Refusal() | Unanswered() | OtherProtocol() | PasswordWanted() | PasswordRefused():
                pass
            case _:
                assert_never(fact)
    return Assessment(Verdict.OFFERS, _AFTER_ACCEPTING[ending])


def _not_upgraded(facts: tuple[Fact, ...], upgrade: Upgrade) -> Assessment:
    """STARTTLS was not accepted: the state is absent only where it was not offered either."""
    for fact in facts:
        if isinstance(fact, Refusal) and fact.standing is Standing.TEMPORARY:
            return Assessment(Verdict.INCONCLUSIVE, Reason.REFUSED_FOR_NOW, shortened(fact.text))
    if upgrade.offered:
        return Assessment(Verdict.INCONCLUSIVE, Reason.STARTTLS_REFUSED, shortened(upgrade.text))
    return Assessment(Verdict.ABSENT, Reason.NO_STARTTLS, shortened(upgrade.text))


def _answered(observation: Observation) -> Assessment:
    """No mechanism was accepted: clean needs an explicit permanent refusal and no door left in doubt."""
    refusal: Refusal | None = None
    for fact in observation.facts:
        match fact:
            case Banner() | Mechanisms() | TlsState() | Upgrade() | LoginCommand() | Oddity():
                pass
            case Refusal(standing=Standing.TEMPORARY, text=text):
                throttled = observation.ending is Ending.THROTTLED
                reason = Reason.THROTTLED if throttled else Reason.REFUSED_FOR_NOW
                return Assessment(Verdict.INCONCLUSIVE, reason, shortened(text))
            case Unanswered(cause=cause):
                reason = _UNANSWERED.get(cause, Reason.CLOSED_EARLY)
                return Assessment(Verdict.INCONCLUSIVE, reason, shortened(cause))
            case Refusal(asked=Asked.MECHANISM):
                refusal = refusal or fact
            case Refusal() | OtherProtocol() | Acceptance() | Challenge() | PasswordWanted() | PasswordRefused():
                pass
            case _:
                assert_never(fact)
    if refusal is None:
        return _cut_short(observation)
    required = refusal.standing is Standing.TLS_REQUIRED
    return Assessment(Verdict.CLEAN, Reason.TLS_REQUIRED if required else Reason.REFUSED, shortened(refusal.text))


def _cut_short(observation: Observation) -> Assessment:
    """The question was never answered: mute if not even a greeting came."""
    ending = observation.ending
    greeted = any(isinstance(fact, Banner) for fact in observation.facts)
    if ending is Ending.TIMED_OUT and not greeted:
        return Assessment(Verdict.INCONCLUSIVE, Reason.MUTE)
    reason = _CUT_SHORT.get(ending, Reason.CLOSED_EARLY)
    detail = None if ending is Ending.INTERNAL_ERROR else observation.error
    return Assessment(Verdict.INCONCLUSIVE, reason, detail)
