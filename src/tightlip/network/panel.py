"""A panel: one state asked thoroughly, by several visits, whose worst verdict is that of the state.

Theory of operation. Behind one address there may be several nodes, or several sites. The first visit goes alone. Where
it got an answer, its repetitions follow, each in another order or form, and one visit for each further name of the
certificate; they may run side by side. Every visit is assessed by itself, so that no node that discloses hides behind
one that does not; where verdicts differ, the observation says how often each was given. A visit that is not greeted
where the first one was has met a ban.
"""

from collections import Counter
from collections.abc import Callable
from itertools import cycle, islice

from msgspec.structs import replace

from tightlip.assess.verdict import beside
from tightlip.model.endpoint import Security
from tightlip.model.facts import Challenge, Fact, TlsState
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Answered, Line, Speaker
from tightlip.model.verdict import Reason, Verdict
from tightlip.network.messages import WorkItem
from tightlip.network.tls import certified_names, sni_of
from tightlip.network.visit import Visit
from tightlip.talk.probes import Variation

_NAMES_LIMIT = 8
# How repetitions differ, in turn.
_REPEATED = (Variation.WITH_MESSAGE, Variation.ALONE)
# Thorough visits say much the same many times over: beyond this only what came to the worst is kept.
_LINES_LIMIT = 400
# The worst first: what any visit shows is true of the endpoint.
_WORST = (Verdict.DISCLOSES, Verdict.OFFERS, Verdict.INCONCLUSIVE, Verdict.CLEAN, Verdict.ABSENT, Verdict.UNREACHABLE)
# Who answers so is not asked another time.
_NOT_REPEATED = frozenset(
    {
        Reason.MUTE,
        Reason.OTHER_PROTOCOL,
        Reason.THROTTLED,
        Reason.BANNED,
        Reason.REFUSED_FOR_NOW,
        Reason.TIMED_OUT,
        Reason.TLS_FAILED,
        Reason.STOPPED_ASKING,
        Reason.SCOPE_ENDED,
        Reason.INTERNAL_ERROR,
        Reason.CONNECTION_REFUSED,
        Reason.NO_ANSWER,
        Reason.NO_ROUTE,
    }
)


class Panel:
    """The visits to one state: begin with ``first``, then ``conclude`` each, until it ``is_complete``."""

    def __init__(self, item: WorkItem, repeats: int, visit: Callable[[str | None], Visit]) -> None:
        """``visit`` makes one visit, under a name to send by SNI; ``repeats`` of them are made under the target's."""
        self._item = item
        self._repeats = repeats
        self._visit = visit
        self._own_name = sni_of(item.host, item.address)
        self._under_way = 1
        self._done: list[Assessed] = []

    def first(self) -> Visit:
        """The visit that goes alone."""
        return self._visit(self._own_name)

    def conclude(self, assessed: Assessed) -> list[Visit]:
        """Take what a visit came to; the further ones, after the first."""
        self._under_way -= 1
        self._done.append(assessed)
        if len(self._done) > 1 or assessed.assessment.reason in _NOT_REPEATED:
            return []
        again = [(self._own_name, variation) for variation in islice(cycle(_REPEATED), self._repeats - 1)]
        by_name = [(name, Variation.SECOND) for name in self._further_names(assessed)]
        further = []
        for name, variation in (*again, *by_name):
            visit = self._visit(name)
            visit.follow(variation)
            further.append(visit)
        self._under_way += len(further)
        return further

    @property
    def is_complete(self) -> bool:
        """Whether no visit is under way."""
        return not self._under_way

    def assessed(self) -> Assessed:
        """The one observation of all visits, with the worst verdict and the ending that goes with it."""
        if len(self._done) == 1:
            return self._done[0]
        each = [assessed.observation for assessed in self._done]
        self._done = [beside(assessed, each) for assessed in self._done]
        worst = min(self._done, key=_badness)
        observation = replace(
            worst.observation,
            time=each[0].time,
            facts=self._facts(),
            transcript=self._transcript(),
            connections=sum(observation.connections for observation in each),
            server_names=tuple(dict.fromkeys(name for observation in each for name in observation.server_names)),
            answers=self._answers(),
        )
        return Assessed(observation, worst.assessment)

    def _further_names(self, assessed: Assessed) -> list[str]:
        """The certificate's names that were not asked by."""
        seen = next((fact for fact in assessed.observation.facts if type(fact) is TlsState), None)
        if seen is None or self._item.security is Security.PLAIN:
            return []
        return [name for name in certified_names(seen.subject_names) if name != self._own_name][:_NAMES_LIMIT]

    def _facts(self) -> tuple[Fact, ...]:
        """The facts of all visits, each once; a challenge differs from the next in its random bytes alone."""
        facts: dict[object, Fact] = {}
        for assessed in self._done:
            for fact in assessed.observation.facts:
                key: object = fact
                if type(fact) is Challenge:
                    key = (fact.via, fact.disclosure.names, fact.disclosure.product_version)
                facts.setdefault(key, fact)
        return tuple(facts.values())

    def _transcript(self) -> tuple[Line, ...]:
        """What was said, visit by visit, the one that came to the worst first; the rest until there is enough."""
        lines: list[Line] = []
        for number, assessed in enumerate(sorted(self._done, key=_badness), 1):
            if len(lines) > _LINES_LIMIT:
                break
            names = assessed.observation.server_names
            lines.append(Line(Speaker.NOTE, " ".join([f"asking {number}", *names]).encode()))
            lines += assessed.observation.transcript[:_LINES_LIMIT]
        return tuple(lines)

    def _answers(self) -> tuple[Answered, ...]:
        """How often which verdict was given, where there was more than one."""
        counts = Counter((each.assessment.verdict, each.assessment.reason) for each in self._done)
        if len({verdict for verdict, _ in counts}) == 1:
            return ()
        return tuple(Answered(verdict, reason, times) for (verdict, reason), times in counts.items())


def _badness(assessed: Assessed) -> tuple[int, bool]:
    """Where it stands among the verdicts; of clean ones those that wait for TLS come first, as more is to be asked."""
    return _WORST.index(assessed.assessment.verdict), assessed.assessment.reason is not Reason.TLS_REQUIRED
