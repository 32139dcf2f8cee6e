"""One finding's row while a batch works on it."""

from datetime import datetime
from typing import Any, Self

from tightlip.model.finding import Finding, FindingState
from tightlip.store.life import Event, after, as_of
from tightlip.store.tables import known

# Bound once: a look-up of a member takes Python 3.11 a tenth of a microsecond, and a batch holds thousands.
_ACCEPTED, _FIXED = FindingState.ACCEPTED, FindingState.FIXED
_FLAGGED = Event.FLAGGED


class Life:
    """What never changes, and the life so far. Times are stamps."""

    __slots__ = (
        "certainty",
        "excused_until",
        "first_seen",
        "fixed_at",
        "id",
        "last_seen",
        "rule",
        "run_key",
        "severity",
        "state",
        "subject_key",
        "touched",
    )

    def __init__(self, subject_key: int, rule: str, id_: str) -> None:
        """A finding that was not known until now: it has no state before it is flagged."""
        self.subject_key = subject_key
        self.rule = rule
        self.id = id_
        self.state: FindingState | None = None
        self.fixed_at: int | None = None
        self.excused_until: int | None = None
        self.touched = False

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Self:
        """A known one, from the table's columns in their order and its acceptance's ``until``."""
        life = cls(*row[:3])
        life.severity, life.certainty, state, life.first_seen, life.last_seen = row[3:8]
        life.fixed_at, life.run_key, life.excused_until = row[8:]
        life.state = FindingState(state)
        return life

    def flag(self, sight: Finding, time: datetime, stamped: int, run_key: int) -> FindingState:
        """A rule holds for it at ``time``, ``stamped`` when that was last seen; the state it has now."""
        if self.state is None:
            self.first_seen = self.last_seen = stamped
        elif stamped > self.last_seen:
            self.last_seen = stamped
        elif stamped < self.first_seen:
            self.first_seen = stamped
        # As .value, which takes ten times as long.
        self.severity = sight.severity._value_
        self.certainty = sight.certainty._value_
        self.run_key = run_key
        return self._befall(_FLAGGED, time)

    def clear(self, time: datetime, stamped: int, since: int) -> None:
        """A rule was proven not to hold for it any more; ``since`` is when the earliest part of the proof was heard.

        One from before the finding was last seen is none: runs may overlap, and the later commit may have asked first.
        """
        if self.state is not _FIXED and since >= self.last_seen:
            self._befall(Event.CLEARED, time)
            self.fixed_at = stamped

    def row(self) -> tuple[object, ...]:
        """All columns, in the order of the table."""
        return (self.subject_key, self.rule, self.id, *self._changing())

    def change(self) -> tuple[object, ...]:
        """The columns that may change, in the order of the table, and the primary key."""
        return (*self._changing(), self.subject_key, self.rule)

    def _changing(self) -> tuple[object, ...]:
        return (
            self.severity,
            self.certainty,
            self.state and self.state._value_,
            self.first_seen,
            self.last_seen,
            self.fixed_at,
            self.run_key,
        )

    def _befall(self, event: Event, time: datetime) -> FindingState:
        current = self.state
        if current is _ACCEPTED:
            current = as_of(current, known(self.excused_until), time)
        state = after(current, event)
        if state is None:
            raise ValueError(f"a finding that is {current} cannot be {event}")
        self.state = state
        return state
