"""Holds what was heard on the wire against what a plan expects of it, one TLS state at a time."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import UNSET, Struct, UnsetType

from tightlip.model.facts import Acceptance, Banner, Challenge, Door, Mechanisms, Refusal, Standing
from tightlip.model.host_view import Assessed
from tightlip.model.verdict import Reason, Verdict
from tightlip.remediate.plan import Expectation
from tightlip.talk.enforcement import Enforced, enforcement

# What Kerberos may go on answering, by the door that it is asked at.
_SHARED = {"spnego": "GSS-SPNEGO", "gssapi": "GSSAPI"}
_REFUSED = frozenset({Verdict.CLEAN})
# What a listener comes to that leaves nothing to wait for.
_GONE = frozenset(
    {
        Reason.CONNECTION_REFUSED,
        Reason.CLOSED_EARLY,
        Reason.TLS_FAILED,
        Reason.TURNED_AWAY,
        Reason.THROTTLED,
        Reason.STOPPED_ASKING,
    }
)


class Failure(Struct, frozen=True, kw_only=True):
    """An expectation that is not met: where, and what was heard instead."""

    endpoint: str
    why: str


class Witness(Struct, frozen=True, kw_only=True):
    """What one state said, kept as evidence: the verdict, why, the peer's words, and the challenge it gave, if any.

    ``proxied``: it was sent a PROXY header.
    """

    endpoint: str
    verdict: Verdict
    reason: str
    detail: str | None
    mechanisms: tuple[str, ...] | None
    challenge: bytes | None = None
    names: tuple[str, ...] = ()
    proxied: bool | UnsetType = UNSET


def failures(expected: Iterable[Expectation], heard: Iterable[Assessed]) -> Iterator[Failure]:
    """What is not as a plan expects it; an endpoint that was not asked fails as well."""
    by_endpoint: Mapping[str, Assessed] = {str(each.observation.endpoint): each for each in heard}
    for expectation in expected:
        assessed = by_endpoint.get(expectation.endpoint)
        if assessed is None:
            yield Failure(endpoint=expectation.endpoint, why="it was not asked")
        else:
            yield from (Failure(endpoint=expectation.endpoint, why=why) for why in _complaints(expectation, assessed))


def witness(assessed: Assessed) -> Witness:
    """The evidence of one observation."""
    observation, assessment = assessed.observation, assessed.assessment
    given = next((fact for fact in observation.facts if isinstance(fact, Challenge)), None)
    return Witness(
        endpoint=str(observation.endpoint),
        verdict=assessment.verdict,
        reason=assessment.reason,
        detail=assessment.detail,
        mechanisms=_listed(assessed),
        challenge=given.raw if given else None,
        names=given.disclosure.names if given else (),
    )


def says_nothing(assessed: Assessed) -> bool:
    """Whether a listener has not said what it can."""
    return _listed(assessed) is None


def is_gone(assessed: Assessed) -> bool:
    """Whether a listener refused the connection, hung up or turned us away: who is silent may be slow.

    One that was not asked, since the host had turned us away by then, is counted as gone.
    """
    return assessed.assessment.reason in _GONE


def _complaints(expectation: Expectation, assessed: Assessed) -> Iterator[str]:
    verdict, reason = assessed.assessment.verdict, assessed.assessment.reason.replace("_", " ")
    if expectation.closed:
        if verdict is not Verdict.UNREACHABLE:
            yield f"the port should be closed, and answers ({verdict})"
        return
    if verdict is Verdict.UNREACHABLE or not any(isinstance(fact, Banner) for fact in assessed.observation.facts):
        yield f"the service does not greet ({verdict}: {reason})"
        return
    if expectation.withdrawn and not _is_refused(expectation, assessed):
        yield f"{', '.join(expectation.withdrawn)} should be refused: {verdict}, {reason}"
    listed = _listed(assessed) or ()
    if staying := [name for name in _gone(expectation) if name in listed]:
        yield f"{', '.join(staying)} should not be listed any more"
    if lost := [name for name in expectation.kept if name not in listed]:
        yield f"{', '.join(lost)} should be listed; listed: {', '.join(listed) or 'nothing'}"
    if expectation.needs_tls and not isinstance(said := enforcement(assessed.observation), Enforced):
        yield f"no login should be taken before TLS: {said.why}"


def _is_refused(expectation: Expectation, assessed: Assessed) -> bool:
    """What carries Kerberos may stay, and be taken: what comes in it must not be answered by NTLM."""
    if assessed.assessment.verdict is not Verdict.OFFERS:
        return assessed.assessment.verdict in _REFUSED
    facts = assessed.observation.facts
    doors = {fact.via for fact in facts if isinstance(fact, Acceptance | Challenge)}
    said = [fact.standing for fact in facts if isinstance(fact, Refusal) and fact.via is Door.AUTH]
    gone = _gone(expectation)
    shared = {door for door in doors if (name := _SHARED.get(door)) and name not in gone}
    answered = any(isinstance(fact, Challenge) and _SHARED.get(fact.via) in expectation.withdrawn for fact in facts)
    return doors == shared and not answered and bool(said) and Standing.TEMPORARY not in said


def _gone(expectation: Expectation) -> list[str]:
    """What must not be taken at all any more."""
    return [name for name in expectation.withdrawn if name not in expectation.kept]


def _listed(assessed: Assessed) -> tuple[str, ...] | None:
    """The mechanisms of the list for logins, None where there was no list."""
    lists = [fact for fact in assessed.observation.facts if isinstance(fact, Mechanisms) and fact.via is Door.AUTH]
    return lists[0].names if lists else None
