"""Many servers at one depth: how they were judged, counted, and which of them wrongly."""

from collections import Counter
from collections.abc import Iterator

from tests.model.drawing import drawn
from tests.model.judging import Judged, judged, shown
from tests.model.server import may_give
from tightlip.model.observation import Depth
from tightlip.model.verdict import Verdict

_SHOWN = 3
# Of servers that give no challenge none can be called clean wrongly. They are most, and asked longest: at this depth
# every fourth is asked, for the doubts that it leaves and the end that it comes to, and counts for four among these.
_ASKED_OF_BARREN = {Depth.POLITE: 1, Depth.THOROUGH: 4}


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
        self.passed_over = 0
        self._doubts = 0

    def ask(self, servers: int) -> None:
        """Draw so many, and ask those of which anything can be learned."""
        every = _ASKED_OF_BARREN[self.depth]
        for number in range(servers):
            seed = f"{self.seed}-{number}"
            is_barren = not may_give(drawn(seed))
            if is_barren and number % every:
                self.passed_over += 1
            else:
                self._count(judged(seed, self.depth), every if is_barren else 1)

    @property
    def share_in_doubt(self) -> float:
        """How many of those that speak in step, and neither ban us, put us off nor sulk, were left in doubt."""
        return self._doubts / self.patient

    def told(self) -> str:
        """A line for who ran it."""
        counts = ", ".join(f"{verdict} {count:,}" for verdict, count in sorted(self.verdicts.items()))
        doubts = ", ".join(f"{reason} {count:,}" for reason, count in self.reasons.most_common(4))
        passed_over = f", passed over {self.passed_over:,} that give no challenge" if self.passed_over else ""
        excused = ", ".join(f"{limit}: {count:,}" for limit, count in sorted(self.excused.items())) or "none"
        doubted = f"in doubt of those in step that neither ban, put off nor sulk {self.share_in_doubt:.1%}: {doubts}"
        return (
            f"servers at random, {self.depth}, seed {self.seed}: {counts}{passed_over}; "
            f"wrongly called clean {len(self.wrong)}, by a named limit {excused}; {doubted}"
        )

    def shown(self) -> Iterator[str]:
        """The first few that were judged wrongly, with all that was said."""
        for seed in self.wrong[:_SHOWN]:
            yield f"python -m tests.model {seed} {self.depth}\n{shown(seed, self.depth)}"

    def _count(self, one: Judged, weight: int) -> None:
        self.verdicts[one.verdict] += 1
        if one.is_false:
            if one.limit is None:
                self.wrong.append(one.seed)
            else:
                self.excused[one.limit.value] += 1
        if one.manners.is_patient and one.manners.is_in_step:
            self.patient += weight
            if one.verdict is Verdict.INCONCLUSIVE:
                self._doubts += weight
                self.reasons[one.assessed.assessment.reason] += weight
