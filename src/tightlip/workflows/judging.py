"""Judging outcomes, those of one name's several addresses together: a name is mended only where all of it is."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import Enum

from msgspec.structs import replace

from tightlip.assess.judge import judge
from tightlip.model.finding import Cleared, Finding
from tightlip.model.host_view import Assessed, HostView
from tightlip.store.values import Judgement

# What an observation comes to: the rules' word, or that of whoever asks something else than the rules.
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
        if isinstance(said, Finding):
            flagged.append(said)
        else:
            cleared.append(said)
    return Judgement(observation.endpoint.host, observation.time, tuple(flagged), tuple(cleared))


def judged_together(group: Sequence[Assessed], judge_one: Judge) -> list[Judgement | None]:
    """The same for all addresses of a name: a finding is cleared where every address of its endpoint clears it."""
    addresses = Counter(str(assessed.observation.endpoint) for assessed in group)
    judgements = [judge_one(assessed) for assessed in group]
    clears = Counter(cleared for judgement in judgements if judgement for cleared in judgement.cleared)
    proven = {cleared for cleared, count in clears.items() if count == addresses[cleared.subject]}
    return [_only(proven, judgement) for judgement in judgements]


def unproven(group: Iterable[Assessed], judge_one: Judge) -> list[Judgement | None]:
    """The same where not all addresses were asked: nothing is cleared."""
    return [_only(frozenset(), judge_one(assessed)) for assessed in group]


def _only(proven: Iterable[Cleared], judgement: Judgement | None) -> Judgement | None:
    if judgement is None:
        return None
    return replace(judgement, cleared=tuple(cleared for cleared in judgement.cleared if cleared in proven))
