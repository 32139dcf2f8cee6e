"""The harvest: outcomes in, entries out; in between the rules judge, the store keeps, the account is drawn up."""

import time
from collections.abc import Container, Iterator
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from tightlip.assess.checklist import is_withdrawn
from tightlip.assess.verdict import beside
from tightlip.model.endpoint import Security
from tightlip.model.finding import FindingState
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Intent, Observation, observation_id
from tightlip.model.verdict import Reason, Verdict
from tightlip.reports._report import Entry
from tightlip.store.contract import Store
from tightlip.store.values import Batch, Judgement, Kept
from tightlip.targets.reaching import Reaching
from tightlip.workflows.elsewhere import cleared_everywhere
from tightlip.workflows.judging import Judging, Together, judged_together, unproven
from tightlip.workflows.tally import Tally

_BATCH = 512
_LONGEST_WAIT = 0.25
_SOURCES_LISTED = 16
# Bound once, as in the session: these are looked up for every observation.
_INCONCLUSIVE, _UNREACHABLE, _ABSENT = Verdict.INCONCLUSIVE, Verdict.UNREACHABLE, Verdict.ABSENT
_PLAIN = Security.PLAIN
_NAMED, _OPEN = Intent.NAMED, FindingState.OPEN
_INTERNAL_ERROR, _SCOPE_ENDED = Ending.INTERNAL_ERROR, Reason.SCOPE_ENDED


class Harvest:
    """Gathers outcomes and commits them in batches; an entry leaves once its batch is in the store."""

    def __init__(
        self, run: str, store: Store, tally: Tally, several: dict[int, Together], reaching: Reaching, judging: Judging
    ) -> None:
        """Count on from ``tally``; ``several`` is the feed's, of positions whose outcomes belong together."""
        self._run = run
        self._store = store
        self.tally = tally
        self._reaching = reaching
        self._judge = judging.judge
        self._wants_closed = judging.wants_closed
        self._silent: dict[int, int] = {}
        self._unreached: dict[int, int] = {}
        self._several = several
        self._held: dict[int, list[Assessed]] = {}
        self._absent: dict[int, list[Assessed]] = {}
        self._plain: dict[int, list[Observation]] = {}
        self._waiting: list[tuple[int, Assessed, Judgement | None]] = []
        self._committed = time.monotonic()

    def take(self, position: int, assessed: Assessed) -> None:
        """Take one outcome in."""
        observation = assessed.observation
        named = Assessed(observation, assessed.assessment, observation_id(self._run, observation))
        if assessed.assessment.verdict is not _UNREACHABLE or self._is_as_wanted(assessed):
            self._reaching.note(position, observation.address)
        self.recall(position, observation)
        if position in self._several:
            self._held.setdefault(position, []).append(named)
        elif assessed.assessment.verdict is _ABSENT:
            self._absent.setdefault(position, []).append(named)
        else:
            self._add(position, named, self._judge(named))

    def recall(self, position: int, observation: Observation) -> None:
        """Remember what absent states of the position are held against; also what a resumed run has stored of it."""
        if observation.endpoint.security is _PLAIN:
            self._plain.setdefault(position, []).append(observation)

    def release(self, position: int) -> None:
        """A position is done: of a name with several addresses all are known now, and can be judged together."""
        if unreached := self._reaching.finish(position):
            self.tally.hosts_unreached += unreached
            self._unreached[position] = unreached
        plain = self._plain.pop(position, ())
        for absent in self._absent.pop(position, ()):
            settled = beside(absent, plain)
            self._add(position, settled, self._judge(settled))
        if position not in self._several:
            return
        group = [beside(assessed, plain) for assessed in self._held.pop(position, [])]
        together = judged_together if self._several.pop(position) is Together.ALL else unproven
        judgements = together(group, self._judge)
        for assessed, judgement in zip(group, judgements, strict=True):
            self._add(position, assessed, judgement)

    def release_rest(self) -> None:
        """The run was cut short: what is known of such names is told, and nothing is cleared by it.

        An absent state whose plain one has not come yet is dropped: who resumes the run asks both again.
        """
        for waiting in (self._held, self._absent):
            for position, group in waiting.items():
                plain = {_port_of(observation) for observation in self._plain.get(position, ())}
                group[:] = [each for each in group if not _lacks_plain(each, plain)]
        for position in [*self._held, *self._absent]:
            if position in self._held:
                self._several[position] = Together.SOME
            self.release(position)

    def _add(self, position: int, assessed: Assessed, judgement: Judgement | None) -> None:
        """Count one outcome in; it waits for the next commit."""
        observation, verdict = assessed.observation, assessed.assessment.verdict
        self._waiting.append((position, assessed, judgement))
        tally = self.tally
        tally.endpoints += 1
        tally.verdicts[verdict] = tally.verdicts.get(verdict, 0) + 1
        if observation.source_address not in tally.sources:
            self._note_source(observation.source_address)
        tally.refused += assessed.assessment.reason is _SCOPE_ENDED
        tally.faults += observation.ending is _INTERNAL_ERROR
        if verdict is _INCONCLUSIVE:
            tally.doubts += 1
        elif verdict is _UNREACHABLE:
            if self._is_as_wanted(assessed):
                tally.closed += 1
            elif observation.intent is _NAMED:
                tally.doubts += 1
                tally.unreached += 1
        if _is_silent(assessed):
            self._silent[position] = self._silent.get(position, 0) + 1

    def _is_as_wanted(self, assessed: Assessed) -> bool:
        return self._wants_closed and is_withdrawn(assessed)

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
        kept = [
            Kept(position, assessed.observation, assessed.assessment)
            for position, assessed, _ in waiting
            if not _is_silent(assessed)
        ]
        judgements = cleared_everywhere([(assessed, judgement) for _, assessed, judgement in waiting], self._store)
        # What was flagged was heard at some moment of its asking: a proof that was begun before its end may be older.
        now = datetime.now(UTC)
        judgements = [replace(each, until=now) if each.flagged else each for each in judgements]
        states = self._store.commit(Batch(self._run, kept, judgements, watermark, self._account(watermark)))
        self._committed = time.monotonic()
        counted: set[str] = set()
        for _, assessed, judgement in waiting:
            findings = judgement.flagged if judgement else ()
            stated = []
            for finding in findings:
                name = finding.id
                state = states.get(name, _OPEN)
                stated.append((finding, state))
                if name not in counted:  # several addresses of a name have it in common
                    counted.add(name)
                    self.tally.count(finding, state)
            yield Entry(assessed, tuple(stated))

    def _account(self, watermark: int) -> bytes:
        """The tally as of this commit; what was silent above the watermark is not kept: it will be asked again."""
        self._silent = {position: count for position, count in self._silent.items() if position >= watermark}
        self._unreached = {position: count for position, count in self._unreached.items() if position >= watermark}
        again = sum(self._silent.values())
        if not again:
            return msgspec.msgpack.encode(self.tally)
        unreachable = self.tally.verdicts[Verdict.UNREACHABLE] - again
        kept = replace(
            self.tally,
            endpoints=self.tally.endpoints - again,
            verdicts={**self.tally.verdicts, Verdict.UNREACHABLE: unreachable},
            hosts_unreached=self.tally.hosts_unreached - sum(self._unreached.values()),
        )
        return msgspec.msgpack.encode(kept)


def _port_of(observation: Observation) -> tuple[str | None, int]:
    return observation.address, observation.endpoint.port


def _lacks_plain(assessed: Assessed, plain: Container[tuple[str | None, int]]) -> bool:
    return assessed.assessment.verdict is _ABSENT and _port_of(assessed.observation) not in plain


def _is_silent(assessed: Assessed) -> bool:
    """Unreachable ports of a bare host or network are counted, not stored."""
    return assessed.assessment.verdict is _UNREACHABLE and assessed.observation.intent is not _NAMED
