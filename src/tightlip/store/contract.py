"""What every store can do, whether it keeps anything or not."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from tightlip.model.finding import Cleared, FindingState
from tightlip.model.host_view import Assessed
from tightlip.model.run import Run, Summary
from tightlip.store.values import Batch, Forgotten, Kept, KeptEntry, KeptFinding, KeptRun, ResumePoint


class Store(Protocol):
    """Runs, observations and findings with their lives.

    Every method may raise StoreError; those that take the name of a run or finding raise UsageError where it
    is unknown or ambiguous. A run is named by its id, a unique beginning of it, or ``last``.
    """

    @property
    def place(self) -> str:
        """Where it is, for people; never with a password."""

    @property
    def reopened(self) -> int:
        """How many fixed findings are open again since this opening, which brought the store to this version."""

    def __enter__(self) -> Self:
        """The store itself."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""

    def close(self) -> None:
        """Let go of files and connections."""

    def begin_run(self, run: Run, spec: bytes) -> None:
        """Write down a run and what is needed to resume it; empty: it cannot be resumed."""

    def end_run(self, summary: Summary) -> None:
        """Write down how a run ended; unless it was interrupted, it can no longer be resumed."""

    def commit(self, batch: Batch) -> dict[str, FindingState]:
        """Keep a batch, all or nothing; the states of the findings flagged in it, by id: OPEN where none is given."""

    def spool(self, run_id: str, lines: Iterable[str]) -> int:
        """Keep targets that can be read only once, as many as there are; how many they were."""

    def spooled(self, run_id: str) -> Iterator[str]:
        """The spooled targets in order, a page at a time."""

    def resume_point(self, run: str) -> ResumePoint:
        """Where a run stands that was cut off; UsageError when it has ended."""

    def last_unfinished_run(self) -> Run | None:
        """The youngest run that can be resumed."""

    def runs(self, limit: int) -> list[KeptRun]:
        """The youngest runs, youngest first."""

    def run(self, name: str) -> KeptRun:
        """One run."""

    def observations(self, run: str) -> Iterator[Kept]:
        """A run's observations by position, endpoint and address."""

    def entries(self, run: str) -> Iterator[KeptEntry]:
        """The same with each endpoint's findings and the states they had in that run."""

    def findings(self, states: frozenset[FindingState], host: str | None = None) -> Iterator[KeptFinding]:
        """Findings in one of ``states`` now (none given: any), of one host or of all, oldest subject first."""

    def known_as(self, host: str) -> tuple[str, ...]:
        """The names under which findings of a host or of an address are kept; none: nothing is known of it."""

    def finding(self, id_or_prefix: str) -> KeptFinding:
        """One finding."""

    def findings_of(self, run: str) -> Iterator[KeptFinding]:
        """What a run flagged, with the state and evidence of that run."""

    def still_standing(self, run: str) -> int:
        """How many findings above ``info`` stand open of endpoints that a run asked, and were not found again by it.

        So do those of another protocol at a port that it asked.
        """

    def standing(self, subjects: Collection[str]) -> dict[Cleared, datetime | None]:
        """Of these subjects, what would be cleared: findings that are not fixed; when each was fixed last, if ever."""

    def askings(self, endpoints: Collection[str]) -> Iterator[list[Assessed]]:
        """What each run ever heard of endpoints at one address of a host's port, newest first."""

    def accept(self, id_or_prefix: str, reason: str, until: datetime, by: str) -> KeptFinding:
        """Let a finding stand until a moment to come."""

    def forget_host(self, host: str) -> Forgotten:
        """Remove all that was observed and found of a host, by its name or an address of it."""

    def forget_before(self, before: datetime) -> Forgotten:
        """Remove all that happened before a moment and not since."""

    def complaints(self) -> tuple[str, ...]:
        """What a thorough check of the storage itself finds wrong."""
