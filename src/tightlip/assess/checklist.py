"""The re-test as a checklist: what a mended service must show, endpoint by endpoint, with proof or not at all."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Challenge, TlsState
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Intent
from tightlip.model.verdict import Reason, Verdict
from tightlip.talk.enforcement import Enforced, Lax, Undecided, enforcement

_CURRENT_TLS = frozenset({"TLSv1.2", "TLSv1.3"})


class Question(StrEnum):
    """What is asked of an endpoint."""

    NTLM_REFUSED = "ntlm_refused"
    TLS_ENFORCED = "tls_enforced"
    CERTIFICATE_SOUND = "certificate_sound"
    LOGIN_WORKS = "login_works"
    SERVICE_CLOSED = "service_closed"


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


class Trusted(Struct, frozen=True):
    """A client of this machine accepts the certificate: its chain and dates, and the name where one was asked for."""


class Distrusted(Struct, frozen=True):
    """Such a client does not; in OpenSSL's words."""

    why: str


class Unverified(Struct, frozen=True):
    """It was tried, and no handshake came about."""

    why: str


class Untried(Struct, frozen=True):
    """The server is this machine's own, where nobody in between could show another certificate."""


Credence = Trusted | Distrusted | Unverified | Untried


def checks_of(assessed: Assessed, credence: Credence, now: datetime) -> Iterator[Check]:
    """What one observation answers at ``now`` (UTC); nothing of a state or a swept port that does not exist.

    ``credence`` is what verifying its certificate came to, and is looked at where TLS came up.
    """
    if not is_there(assessed):
        return
    yield _check(Question.NTLM_REFUSED, assessed, *_refused(assessed))
    if assessed.assessment.verdict is Verdict.UNREACHABLE:
        return
    if assessed.observation.endpoint.security is Security.PLAIN:
        yield _check(Question.TLS_ENFORCED, assessed, *_enforced(assessed))
    elif (tls := tls_of(assessed)) is not None:
        yield _check(Question.CERTIFICATE_SOUND, assessed, *_sound(tls, credence, now))


def closed_check_of(assessed: Assessed) -> Check:
    """Whether a service that is expected to be withdrawn is: only a refused connection proves it."""
    return _check(Question.SERVICE_CLOSED, assessed, *_closed(assessed))


def is_withdrawn(assessed: Assessed) -> bool:
    """Whether the connection was refused by a host that had not turned us away: a ban's rejection looks just so."""
    return assessed.assessment.reason is Reason.CONNECTION_REFUSED and not assessed.observation.was_throttled


def tls_of(assessed: Assessed) -> TlsState | None:
    """What TLS came to, where it came up."""
    return next((fact for fact in assessed.observation.facts if isinstance(fact, TlsState)), None)


def is_there(assessed: Assessed) -> bool:
    """Whether there is a state to check: neither absent, nor the unreachable port of a bare host or network."""
    verdict, is_named = assessed.assessment.verdict, assessed.observation.intent is Intent.NAMED
    return verdict is not Verdict.ABSENT and (verdict is not Verdict.UNREACHABLE or is_named)


def _check(question: Question, assessed: Assessed, outcome: Outcome, why: str) -> Check:
    observation = assessed.observation
    return Check(
        question=question, endpoint=str(observation.endpoint), address=observation.address, outcome=outcome, why=why
    )


def _closed(assessed: Assessed) -> tuple[Outcome, str]:
    observation, assessment = assessed.observation, assessed.assessment
    words = assessment.detail or assessment.reason.replace("_", " ")
    if is_withdrawn(assessed):
        return Outcome.PROVEN, "service withdrawn: the connection is refused"
    if assessment.reason is Reason.CONNECTION_REFUSED:
        return Outcome.UNKNOWN, "the host turned us away before in this run, so a refused connection may be a ban"
    if observation.stopped or observation.ending is Ending.INTERNAL_ERROR:
        return Outcome.UNKNOWN, words
    if assessment.verdict is Verdict.UNREACHABLE:
        return Outcome.UNKNOWN, f"{words}, which may be a filter in between"
    return Outcome.FAILED, f"it takes connections: {assessment.verdict}, {words}"


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
    match enforcement(assessed.observation):
        case Enforced(why):
            return Outcome.PROVEN, why
        case Lax(why):
            return Outcome.FAILED, why
        case Undecided(why):
            return Outcome.UNKNOWN, why
        case never:
            assert_never(never)


def _sound(tls: TlsState, credence: Credence, now: datetime) -> tuple[Outcome, str]:
    faults = list(_faults(tls, credence, now))
    seen = f"{tls.version}, valid until {tls.not_after:%Y-%m-%d}" if tls.not_after else tls.version
    match credence:
        case Distrusted(why):
            return Outcome.FAILED, ", ".join([*faults, f"not trusted: {why}"])
        case _ if faults:
            return Outcome.FAILED, ", ".join(faults)
        case Unverified(why):
            return Outcome.UNKNOWN, f"{seen}, could not be verified: {why}"
        case _ if tls.not_after is None:
            return Outcome.UNKNOWN, "the certificate could not be read"
        case Trusted():
            names = "" if tls.name_matches else ", for no name: it was asked by address"
            return Outcome.PROVEN, f"{seen}, trusted by this machine{names}"
        case Untried():
            return Outcome.PROVEN, f"{seen}, not self-signed; who issued it was not verified on this machine itself"
        case _:
            assert_never(credence)


def _faults(tls: TlsState, credence: Credence, now: datetime) -> Iterator[str]:
    if tls.version not in _CURRENT_TLS:
        yield f"negotiated {tls.version}"
    if tls.not_after is not None and tls.not_after <= now:
        yield f"expired on {tls.not_after:%Y-%m-%d}"
    if tls.name_matches is False:
        yield "for other names"
    if tls.self_signed and not isinstance(credence, Trusted):
        yield "self-signed"
