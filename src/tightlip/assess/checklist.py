"""The re-test as a checklist: what a mended service must show, endpoint by endpoint, with proof or not at all."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Challenge, Door, LoginCommand, Mechanisms, TlsState
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Intent
from tightlip.model.verdict import Reason, Verdict

_CURRENT_TLS = frozenset({"TLSv1.2", "TLSv1.3"})


class Question(StrEnum):
    """What is asked of an endpoint."""

    NTLM_REFUSED = "ntlm_refused"
    TLS_ENFORCED = "tls_enforced"
    CERTIFICATE_SOUND = "certificate_sound"
    LOGIN_WORKS = "login_works"


class Outcome(StrEnum):
    """What came of a question; what is not proven either way is unknown, and closes nothing."""

    PROVEN = "proven"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Check(Struct, frozen=True, kw_only=True):
    """One question with its answer; ``why`` in words, the peer's own where it spoke."""

    question: Question
    endpoint: str
    address: str | None
    outcome: Outcome
    why: str


def checks_of(assessed: Assessed, now: datetime) -> Iterator[Check]:
    """What one observation answers at ``now`` (UTC); nothing of a state or a swept port that does not exist."""
    verdict = assessed.assessment.verdict
    if verdict is Verdict.ABSENT or (verdict is Verdict.UNREACHABLE and not _is_named(assessed)):
        return
    yield _check(Question.NTLM_REFUSED, assessed, *_refused(assessed))
    if verdict is Verdict.UNREACHABLE:
        return
    if assessed.observation.endpoint.security is Security.PLAIN:
        yield _check(Question.TLS_ENFORCED, assessed, *_enforced(assessed))
    elif (tls := _tls(assessed)) is not None:
        yield _check(Question.CERTIFICATE_SOUND, assessed, *_sound(tls, now))


def _is_named(assessed: Assessed) -> bool:
    return assessed.observation.intent is Intent.NAMED


def _check(question: Question, assessed: Assessed, outcome: Outcome, why: str) -> Check:
    observation = assessed.observation
    return Check(
        question=question, endpoint=str(observation.endpoint), address=observation.address, outcome=outcome, why=why
    )


def _refused(assessed: Assessed) -> tuple[Outcome, str]:
    assessment = assessed.assessment
    words = assessment.detail or assessment.reason.replace("_", " ")
    match assessment.verdict:
        case Verdict.CLEAN:
            return Outcome.PROVEN, words
        case Verdict.DISCLOSES | Verdict.OFFERS:
            return Outcome.FAILED, f"{assessment.verdict}: {', '.join(_names(assessed)) or words}"
        case Verdict.INCONCLUSIVE | Verdict.UNREACHABLE | Verdict.ABSENT:
            return Outcome.UNKNOWN, words
        case _:
            assert_never(assessment.verdict)


def _names(assessed: Assessed) -> tuple[str, ...]:
    given = [fact.disclosure.names for fact in assessed.observation.facts if isinstance(fact, Challenge)]
    return tuple(dict.fromkeys(name for names in given for name in names))


def _enforced(assessed: Assessed) -> tuple[Outcome, str]:
    """No login may be listed before TLS, by the list of mechanisms or by the protocol's own command."""
    facts = assessed.observation.facts
    lists = [fact.names for fact in facts if isinstance(fact, Mechanisms) and fact.via is Door.AUTH]
    listed = [
        *(lists[0] if lists else ()),
        *(f"the {each.name} command" for each in facts if isinstance(each, LoginCommand)),
    ]
    if assessed.assessment.verdict in (Verdict.DISCLOSES, Verdict.OFFERS):
        return Outcome.FAILED, "a login was begun before TLS"
    if listed:
        return Outcome.FAILED, f"listed before TLS: {', '.join(listed)}"
    if assessed.assessment.reason is Reason.TLS_REQUIRED:
        return Outcome.PROVEN, assessed.assessment.detail or "TLS is asked for first"
    if lists and assessed.assessment.verdict is Verdict.CLEAN:
        return Outcome.PROVEN, "no login is listed before TLS"
    return Outcome.UNKNOWN, "what is listed before TLS could not be read"


def _sound(tls: TlsState, now: datetime) -> tuple[Outcome, str]:
    wrong = []
    if tls.version not in _CURRENT_TLS:
        wrong.append(f"negotiated {tls.version}")
    if tls.not_after is not None and tls.not_after <= now:
        wrong.append(f"expired on {tls.not_after:%Y-%m-%d}")
    if tls.name_matches is False:
        wrong.append("for other names")
    if tls.self_signed:
        wrong.append("self-signed")
    if wrong:
        return Outcome.FAILED, ", ".join(wrong)
    if tls.not_after is None:
        return Outcome.UNKNOWN, "the certificate could not be read"
    return Outcome.PROVEN, f"{tls.version}, valid until {tls.not_after:%Y-%m-%d}"


def _tls(assessed: Assessed) -> TlsState | None:
    return next((fact for fact in assessed.observation.facts if isinstance(fact, TlsState)), None)
