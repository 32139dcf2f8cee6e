"""The harvest: outcomes in, entries out; in between the rules judge, the store keeps, the account is drawn up."""

import time
from collections.abc import Iterator

import msgspec

from tightlip.assess.judge import judge
from tightlip.model.finding import Cleared, Finding, FindingState
from tightlip.model.host_view import Assessed, HostView
from tightlip.model.observation import Intent, observation_id
from tightlip.model.verdict import Reason, Verdict
from tightlip.reports._report import Entry
from tightlip.store.contract import Store
from tightlip.store.values import Batch, Judgement, Kept
from tightlip.workflows.tally import Tally

_BATCH = 512
_LONGEST_WAIT = 0.25
_SOURCES_LISTED = 16


class Harvest:
    """Gathers outcomes and commits them in batches; an entry leaves once its batch is in the store."""

    def __init__(self, run: str, store: Store, tally: Tally) -> None:
        """Count on from ``tally``."""
        self._run = run
        self._store = store
        self.tally = tally
        self._silent: dict[int, int] = {}
        self._waiting: list[tuple[int, Assessed]] = []
        self._committed = time.monotonic()

    def take(self, position: int, assessed: Assessed) -> None:
        """Count one outcome in."""
        observation, verdict = assessed.observation, assessed.assessment.verdict
        name = observation_id(self._run, observation)
        self._waiting.append((position, Assessed(observation, assessed.assessment, name)))
        tally = self.tally
        tally.endpoints += 1
        tally.verdicts[verdict] = tally.verdicts.get(verdict, 0) + 1
        if observation.source_address not in tally.sources:
            self._note_source(observation.source_address)
        named = observation.intent is Intent.NAMED
        match assessed.assessment.reason:
            case Reason.SCOPE_ENDED:
                tally.refused += 1
            case Reason.INTERNAL_ERROR:
                tally.faults += 1
        if verdict is Verdict.INCONCLUSIVE or (verdict is Verdict.UNREACHABLE and named):
            tally.doubts += 1
        if _is_silent(assessed):
            self._silent[position] = self._silent.get(position, 0) + 1

    def _note_source(self, address: str | None) -> None:
        if address is not None and len(self.tally.sources) < _SOURCES_LISTED:
            self.tally.sources.append(address)

    def due(self) -> bool:
        """Whether enough has gathered, or has waited long enough, for a commit."""
        waiting = len(self._waiting)
        return waiting >= _BATCH or (waiting > 0 and time.monotonic() - self._committed > _LONGEST_WAIT)

    def commit(self, watermark: int) -> Iterator[Entry]:
        """Keep what has gathered, with the watermark, in one transaction; then give the entries out."""
        waiting, self._waiting = self._waiting, []
        judged = [self._judge(assessed) for _, assessed in waiting]
        kept = [
            Kept(position, assessed.observation, assessed.assessment)
            for position, assessed in waiting
            if not _is_silent(assessed)
        ]
        states = self._store.commit(
            Batch(
                self._run, kept, [judgement for judgement in judged if judgement], watermark, self._account(watermark)
            )
        )
        self._committed = time.monotonic()
        for (_, assessed), judgement in zip(waiting, judged, strict=True):
            findings = judgement.flagged if judgement else ()
            stated = tuple((finding, states.get(finding.id, FindingState.OPEN)) for finding in findings)
            for finding, state in stated:
                self.tally.count(finding, state)
            yield Entry(assessed, stated, assessed.id)

    def _judge(self, assessed: Assessed) -> Judgement | None:
        observation = assessed.observation
        if not observation.facts:
            return None
        view = HostView(observation.endpoint.host, (assessed,), observation.time)
        flagged: list[Finding] = []
        cleared: list[Cleared] = []
        for judgement in judge(view):
            if isinstance(judgement, Finding):
                flagged.append(judgement)
            else:
                cleared.append(judgement)
        return Judgement(observation.endpoint.host, observation.time, tuple(flagged), tuple(cleared))

    def _account(self, watermark: int) -> bytes:
        """The tally as of this commit; silent endpoints above the watermark are not kept: they will be asked again."""
        self._silent = {position: count for position, count in self._silent.items() if position >= watermark}
        again = sum(self._silent.values())
        if not again:
            return msgspec.msgpack.encode(self.tally)
        unreachable = self.tally.verdicts[Verdict.UNREACHABLE] - again
        verdicts = {**self.tally.verdicts, Verdict.UNREACHABLE: unreachable}
        endpoints = self.tally.endpoints - again
        return msgspec.msgpack.encode(msgspec.structs.replace(self.tally, endpoints=endpoints, verdicts=verdicts))


def _is_silent(assessed: Assessed) -> bool:
    """Unreachable ports of a bare host or network are counted, not stored."""
    return assessed.assessment.verdict is Verdict.UNREACHABLE and assessed.observation.intent is Intent.SWEPT
