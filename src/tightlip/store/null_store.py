"""The store that keeps nothing, for ``--store none``: every finding is open, and no run is known."""

# ruff: noqa: ARG002  # the contract gives the arguments; there is nothing to do with them

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import NoReturn, Self

from tightlip.model.errors import UsageError
from tightlip.model.finding import Cleared, FindingState
from tightlip.model.host_view import Assessed
from tightlip.model.run import Run, Summary
from tightlip.store.values import Batch, Forgotten, Kept, KeptEntry, KeptFinding, KeptRun, ResumePoint


class NullStore:
    """As the contract says, with nothing behind it."""

    reopened = 0

    def __init__(self) -> None:
        """Targets that can be read only once wait here, unread."""
        self._waiting: dict[str, Iterable[str]] = {}

    @property
    def place(self) -> str:
        """What ``--store`` calls it."""
        return "none"

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing to close."""

    def close(self) -> None:
        """Nothing to close."""

    def begin_run(self, run: Run, spec: bytes) -> None:
        """Not kept."""

    def end_run(self, summary: Summary) -> None:
        """Not kept."""

    def commit(self, batch: Batch) -> dict[str, FindingState]:
        """Not kept, and so nothing is known of any finding: what is flagged is open."""
        return {}

    def spool(self, run_id: str, lines: Iterable[str]) -> int:
        """Leave the lines where they are until they are asked for; their number is not known."""
        self._waiting[run_id] = lines
        return 0

    def spooled(self, run_id: str) -> Iterator[str]:
        """The lines, straight from where they come from; once."""
        return iter(self._waiting.pop(run_id, ()))

    def resume_point(self, run: str) -> ResumePoint:
        """No run is known."""
        _nothing_kept()

    def last_unfinished_run(self) -> Run | None:
        """No run is known."""
        return None

    def runs(self, limit: int) -> list[KeptRun]:
        """No run is known."""
        return []

    def run(self, name: str) -> KeptRun:
        """No run is known."""
        _nothing_kept()

    def observations(self, run: str) -> Iterator[Kept]:
        """No run is known."""
        _nothing_kept()

    def entries(self, run: str) -> Iterator[KeptEntry]:
        """No run is known."""
        _nothing_kept()

    def findings(self, states: frozenset[FindingState], host: str | None = None) -> Iterator[KeptFinding]:
        """None."""
        return iter(())

    def known_as(self, host: str) -> tuple[str, ...]:
        """None."""
        return ()

    def finding(self, id_or_prefix: str) -> KeptFinding:
        """No finding is known."""
        _nothing_kept()

    def findings_of(self, run: str) -> Iterator[KeptFinding]:
        """No run is known."""
        _nothing_kept()

    def still_standing(self, run: str) -> int:
        """None are known."""
        return 0

    def standing(self, subjects: Collection[str]) -> dict[Cleared, datetime | None]:
        """Nothing is known."""
        return {}

    def askings(self, endpoints: Collection[str]) -> Iterator[list[Assessed]]:
        """Nothing is known."""
        return iter(())

    def accept(self, id_or_prefix: str, reason: str, until: datetime, by: str) -> KeptFinding:
        """No finding is known."""
        _nothing_kept()

    def forget_host(self, host: str) -> Forgotten:
        """Nothing was there."""
        return Forgotten()

    def forget_before(self, before: datetime) -> Forgotten:
        """Nothing was there."""
        return Forgotten()

    def complaints(self) -> tuple[str, ...]:
        """Nothing can be wrong with it."""
        return ()


def _nothing_kept() -> NoReturn:
    raise UsageError("with --store none nothing is kept", "leave --store out, or name a store")
