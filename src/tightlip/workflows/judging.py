"""Judging outcomes, those of one name's several addresses together: a name is mended only where all of it is."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from tightlip.assess.checklist import is_withdrawn
from tightlip.assess.judge import judge, judge_pool
from tightlip.model.endpoint import Endpoint, Security, port_of, service_of
from tightlip.model.finding import Cleared, Finding
from tightlip.model.host_view import Assessed, HostView
from tightlip.model.verdict import Reason, Verdict
from tightlip.rules._facts import is_proven_closed
from tightlip.store.values import Judgement

_ACCEPTING = (Verdict.DISCLOSES, Verdict.OFFERS)

# What one observation comes to.
Judge = Callable[[Assessed], Judgement | None]


class Together(Enum):
    """Of a name's addresses, how many this run asks: only where it is all can a finding of the name be cleared."""

    ALL = "all"
    SOME = "some"


def judged(assessed: Assessed) -> Judgement | None:
    """What the rules say of one observation; None where nothing was heard."""
    observation = assessed.observation
    if not observation.facts:
        return None
    flagged: list[Finding] = []
    cleared: list[Cleared] = []
    for said in judge(HostView((assessed,))):
        if type(said) is Finding:
            flagged.append(said)
        else:
            cleared.append(said)
    return Judgement(observation.endpoint.host, observation.time, tuple(flagged), tuple(cleared))


class Judging(Struct, frozen=True, kw_only=True):
    """How outcomes are judged; ``wants_closed``: a refused connection is what is hoped for, and counts as reached."""

    judge: Judge = judged
    wants_closed: bool = False


BY_THE_RULES = Judging()


def judging_closed(known: Iterable[Finding]) -> Judging:
    """Where services are expected to be withdrawn: a refused connection closes what is known of that endpoint.

    Neither silence nor a missing route does, nor a refusal by a host that had throttled or banned us: that may be the
    ban. The port is closed for every other protocol, too, that was ever spoken there; another TLS state of the same is
    asked by itself.
    """
    by_port: dict[str, list[Cleared]] = defaultdict(list)
    for finding in known:
        by_port[port_of(finding.subject)].append(Cleared(finding.rule, finding.subject))

    def judge_one(assessed: Assessed) -> Judgement | None:
        if not is_withdrawn(assessed):
            return judged(assessed)
        observation = assessed.observation
        endpoint = str(observation.endpoint)
        known = by_port.get(port_of(endpoint), ())
        cleared = tuple(each for each in known if _concerns(each.subject, endpoint))
        return Judgement(observation.endpoint.host, observation.time, cleared=cleared)

    return Judging(judge=judge_one, wants_closed=True)


def _concerns(subject: str, endpoint: str) -> bool:
    """Whether what is heard of a state concerns a finding: of itself, or of another service at the same port."""
    return subject == endpoint or (
        port_of(subject) == port_of(endpoint) and service_of(subject) != service_of(endpoint)
    )


def judged_together(group: Sequence[Assessed], judge_one: Judge) -> list[Judgement | None]:
    """The same for all addresses of a name: a finding is cleared where every address of its port clears it."""
    judgements = _pooled(group, [judge_one(assessed) for assessed in group])
    proven, doubtful = _proven(group, judgements), unsettled(group)
    return [_only({each for each in proven if each.subject not in doubtful}, judgement) for judgement in judgements]


def unsettled(group: Sequence[Assessed]) -> frozenset[str]:
    """Endpoints of which nothing is cleared, whatever they answered, for another state of their port is not proven."""
    return _waiting_for_tls(group) | _of_half_mended_pools(group)


def _proven(group: Sequence[Assessed], judgements: Iterable[Judgement | None]) -> set[Cleared]:
    """What is cleared by every address at which its port was asked, and by all that was heard of its own endpoint.

    An address where the port turned out to speak another protocol, or was not reached, has not cleared it.
    """
    asked, clearing = defaultdict[str, set[str | None]](set), defaultdict[Cleared, set[str | None]](set)
    heard, agreed = Counter[str](), Counter[Cleared]()
    for assessed, judgement in zip(group, judgements, strict=True):
        endpoint, address = str(assessed.observation.endpoint), assessed.observation.address
        asked[port_of(endpoint)].add(address)
        heard[endpoint] += 1
        for cleared in judgement.cleared if judgement else ():
            clearing[cleared].add(address)
            agreed[cleared] += cleared.subject == endpoint
    return {
        cleared
        for cleared, addresses in clearing.items()
        if addresses == asked[port_of(cleared.subject)] and agreed[cleared] == heard[cleared.subject]
    }


def _pooled(group: Sequence[Assessed], judgements: list[Judgement | None]) -> list[Judgement | None]:
    """Add what is said of all addresses of an endpoint, to the judgement of the first at which anything was heard."""
    by_endpoint: dict[str, list[int]] = defaultdict(list)
    for place, assessed in enumerate(group):
        by_endpoint[str(assessed.observation.endpoint)].append(place)
    for places in by_endpoint.values():
        at = next((place for place in places if judgements[place] is not None), None)
        first = None if at is None else judgements[at]
        if len(places) == 1 or at is None or first is None:
            continue
        known = {each.id for each in first.flagged}
        said = judge_pool([group[place] for place in places])
        flagged = [each for each in said if isinstance(each, Finding) and each.id not in known]
        rules = {each.rule for each in flagged}
        cleared = tuple(each for each in first.cleared if each.rule not in rules)
        judgements[at] = replace(first, flagged=(*first.flagged, *flagged), cleared=cleared)
    return judgements


def _waiting_for_tls(group: Iterable[Assessed]) -> frozenset[str]:
    """Plain endpoints that refuse NTLM before TLS alone, while not every state after it is proven to refuse it."""
    waiting, closed = set[Endpoint](), Counter[tuple[Endpoint, bool]]()
    for assessed in group:
        endpoint = assessed.observation.endpoint
        if assessed.assessment.reason is Reason.TLS_REQUIRED:
            waiting.add(endpoint)
        closed[endpoint, is_proven_closed(assessed)] += 1
    return frozenset(str(endpoint) for endpoint in waiting if not _is_closed_over_tls(endpoint, closed))


def _of_half_mended_pools(group: Sequence[Assessed]) -> frozenset[str]:
    """All states of ports at which a node was met that has NTLM: where it did not show itself, it may have it too."""
    leaking = {
        _port(assessed)
        for assessed in group
        if assessed.observation.answers and assessed.assessment.verdict in _ACCEPTING
    }
    return frozenset(str(assessed.observation.endpoint) for assessed in group if _port(assessed) in leaking)


def _port(assessed: Assessed) -> tuple[str | None, int]:
    return assessed.observation.address, assessed.observation.endpoint.port


def _is_closed_over_tls(endpoint: Endpoint, closed: Counter[tuple[Endpoint, bool]]) -> bool:
    upgraded = replace(endpoint, security=Security.STARTTLS)
    return bool(closed[upgraded, True]) and not closed[upgraded, False]


def unproven(group: Iterable[Assessed], judge_one: Judge) -> list[Judgement | None]:
    """The same where not all addresses were asked: nothing is cleared."""
    return [_only(frozenset(), judge_one(assessed)) for assessed in group]


def _only(proven: Iterable[Cleared], judgement: Judgement | None) -> Judgement | None:
    if judgement is None:
        return None
    return replace(judgement, cleared=tuple(cleared for cleared in judgement.cleared if cleared in proven))
