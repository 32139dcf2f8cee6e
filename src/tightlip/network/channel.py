"""The two ends of an engine: where work comes in and where outcomes go out, as the engine sees them."""

from typing import Protocol

from tightlip.network.messages import Outcome, WorkItem


class Intake(Protocol):
    """A source of work items that can be polled."""

    @property
    def ended(self) -> bool:
        """Whether no more will come."""

    @property
    def stopped(self) -> bool:
        """Whether to drop everything and end at once."""

    def fileno(self) -> int:
        """The descriptor that becomes readable when items wait."""

    def take(self) -> list[WorkItem]:
        """The items that wait, without blocking."""


class Outlet(Protocol):
    """A sink for outcomes that never blocks the engine."""

    @property
    def is_full(self) -> bool:
        """Whether its reader has fallen so far behind that nothing new should be started."""

    @property
    def is_waiting(self) -> bool:
        """Whether encoded bytes wait for the descriptor to become writable."""

    def fileno(self) -> int:
        """The descriptor to poll for writability."""

    def put(self, outcome: Outcome) -> None:
        """Hand in one outcome."""

    def done(self, ticket: int) -> None:
        """Nothing more will come for this ticket."""

    def send(self, now: float) -> None:
        """Pass on what has gathered, if it is enough or has waited long (``now``: monotonic seconds)."""

    def drain(self) -> None:
        """Pass on everything; the only call that may wait."""
