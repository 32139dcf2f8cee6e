"""The store that keeps: one object over the files of this room."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Self

from tightlip.model.finding import Cleared, FindingState
from tightlip.model.host_view import Assessed
from tightlip.model.run import Run, Summary
from tightlip.store import finding_queries, forgetting, hosts, observing, resuming, runs
from tightlip.store.checkpointing import Checkpointer
from tightlip.store.database import Database
from tightlip.store.faults import complaints
from tightlip.store.values import Acceptance, Batch, Forgotten, Kept, KeptEntry, KeptFinding, KeptRun, ResumePoint
from tightlip.store.writing import Writer


class SqlStore:
    """As the contract says, in SQLite or PostgreSQL."""

    def __init__(self, database: Database, clock: Callable[[], datetime], reopened: int = 0) -> None:
        """``database`` is settled, which opened ``reopened`` findings; ``clock`` says when an acceptance has ended."""
        self.reopened = reopened
        self._database = database
        self._clock = clock
        self._writer = Writer(database)
        self._checkpointer = Checkpointer(database) if database.path else None

    @property
    def place(self) -> str:
        """The file, or the URL without its password."""
        return self._database.name

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of files and connections; an embedded store is one file again."""
        if self._checkpointer:
            self._checkpointer.close()
        self._database.engine.dispose()

    def begin_run(self, run: Run, spec: bytes) -> None:
        """Write down a run and what is needed to resume it; empty: it cannot be resumed."""
        runs.begin_run(self._database, run, spec)

    def end_run(self, summary: Summary) -> None:
        """Write down how a run ended; unless it was interrupted, it can no longer be resumed."""
        runs.end_run(self._database, summary)

    def commit(self, batch: Batch) -> dict[str, FindingState]:
        """Keep a batch, all or nothing; the states of the findings flagged in it, by id."""
        states = self._writer.commit(batch)
        if self._checkpointer:
            self._checkpointer.notice(len(batch.observations))
        return states

    def spool(self, run_id: str, lines: Iterable[str]) -> int:
        """Keep targets that can be read only once; how many they were."""
        return resuming.write_spool(self._database, run_id, lines)

    def spooled(self, run_id: str) -> Iterator[str]:
        """The spooled targets in order, a page at a time."""
        return resuming.read_spool(self._database, run_id)

    def resume_point(self, run: str) -> ResumePoint:
        """Where a run stands that was cut off."""
        return resuming.resume_point(self._database, run)

    def last_unfinished_run(self) -> Run | None:
        """The youngest run that can be resumed."""
        return resuming.last_unfinished_run(self._database)

    def runs(self, limit: int) -> list[KeptRun]:
        """The youngest runs, youngest first."""
        return runs.list_runs(self._database, limit)

    def run(self, name: str) -> KeptRun:
        """One run."""
        return runs.read_run(self._database, name)

    def observations(self, run: str) -> Iterator[Kept]:
        """A run's observations by position, endpoint and address."""
        return observing.read_observations(self._database, run)

    def entries(self, run: str) -> Iterator[KeptEntry]:
        """The same with each endpoint's findings."""
        return observing.read_entries(self._database, run)

    def findings(self, states: frozenset[FindingState], host: str | None = None) -> Iterator[KeptFinding]:
        """Findings in one of ``states`` now (none given: any), of one host or of all."""
        return finding_queries.read_findings(self._database, states, host, self._clock())

    def known_as(self, host: str) -> tuple[str, ...]:
        """The names under which findings of a host or of an address are kept."""
        return hosts.read_known_as(self._database, host)

    def finding(self, id_or_prefix: str) -> KeptFinding:
        """One finding."""
        return finding_queries.find_finding(self._database, id_or_prefix, self._clock())

    def findings_of(self, run: str) -> Iterator[KeptFinding]:
        """What a run flagged."""
        return finding_queries.read_findings_of(self._database, run)

    def still_standing(self, run: str) -> int:
        """How many findings stand open of endpoints that a run asked, and were not found again by it."""
        return finding_queries.count_still_standing(self._database, run, self._clock())

    def standing(self, subjects: Collection[str]) -> dict[Cleared, datetime | None]:
        """Of these subjects, what would be cleared: findings that are not fixed; when each was fixed last, if ever."""
        return finding_queries.read_standing(self._database, sorted(subjects))

    def askings(self, endpoints: Collection[str]) -> Iterator[list[Assessed]]:
        """What each run ever heard of endpoints at one address of a host's port, newest first."""
        return observing.read_askings(self._database, sorted(endpoints))

    def accept(self, id_or_prefix: str, reason: str, until: datetime, by: str) -> KeptFinding:
        """Let a finding stand until a moment to come."""
        given = Acceptance(reason, by, until)
        return finding_queries.accept_finding(self._database, id_or_prefix, given, self._clock())

    def forget_host(self, host: str) -> Forgotten:
        """Remove all that was observed and found of a host."""
        return forgetting.forget_host(self._database, host)

    def forget_before(self, before: datetime) -> Forgotten:
        """Remove all that happened before a moment and not since."""
        return forgetting.forget_before(self._database, before)

    def complaints(self) -> tuple[str, ...]:
        """What a thorough check of the file finds wrong; a server looks after its own."""
        if self._database.path is None:
            return ()
        with self._database.alone() as cursor:
            return complaints(cursor.execute("PRAGMA integrity_check(20)"))
