"""Many servers at one depth: how they were judged, counted, and which of them wrongly."""

from collections import Counter
from collections.abc import Iterator

from tests.model.judging import Judged, judged, shown
from tightlip.model.observation import Depth
from tightlip.model.verdict import Verdict

_SHOWN = 3


class Tally:
    """The counts of one run."""

    def __init__(self, seed: str, depth: Depth) -> None:
        """Nobody was asked."""
        self.seed = seed
        self.depth = depth
        self.wrong: list[str] = []
        self.excused: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.patient = 0
        self._doubts = 0

    def ask(self, servers: int) -> None:
        """Ask so many."""
        for number in range(servers):
            self._count(judged(f"{self.seed}-{number}", self.depth))

    @property
    def share_in_doubt(self) -> float:
        """How many of those that speak in step, and neither ban us nor put us off, were left in doubt."""
        return self._doubts / self.patient

    def told(self) -> str:
        """A line for who ran it."""
        counts = ", ".join(f"{verdict} {count:,}" for verdict, count in sorted(self.verdicts.items()))
        doubts = ", ".join(f"{reason} {count:,}" for reason, count in self.reasons.most_common(4))
        excused = ", ".join(f"{limit}: {count:,}" for limit, count in sorted(self.excused.items())) or "none"
        doubted = f"in doubt of those in step that neither ban nor put off {self.share_in_doubt:.1%}: {doubts}"
        return (
            f"servers at random, {self.depth}, seed {self.seed}: {counts}; wrongly called clean {len(self.wrong)}, "
            f"by a named limit {excused}; {doubted}"
        )

    def shown(self) -> Iterator[str]:
        """The first few that were judged wrongly, with all that was said."""
        for seed in self.wrong[:_SHOWN]:
            yield f"python -m tests.model {seed} {self.depth}\n{shown(seed, self.depth)}"

    def _count(self, one: Judged) -> None:
        self.verdicts[one.verdict] += 1
        if one.is_false:
            if one.limit is None:
                self.wrong.append(one.seed)
            else:
                self.excused[one.limit.value] += 1
        if one.manners.is_patient and one.manners.is_in_step:
            self.patient += 1
            if one.verdict is Verdict.INCONCLUSIVE:
                self._doubts += 1
                self.reasons[one.assessed.assessment.reason] += 1
