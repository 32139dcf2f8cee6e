"""The life of a finding: a table from state and event to state."""

from datetime import datetime
from enum import StrEnum

from tightlip.model.finding import FindingState


class Event(StrEnum):
    """What can befall a finding."""

    FLAGGED = "flagged"
    CLEARED = "cleared"
    EXCUSED = "excused"


_LIFE = {
    (None, Event.FLAGGED): FindingState.OPEN,
    (FindingState.OPEN, Event.FLAGGED): FindingState.OPEN,
    (FindingState.OPEN, Event.CLEARED): FindingState.FIXED,
    (FindingState.OPEN, Event.EXCUSED): FindingState.ACCEPTED,
    (FindingState.FIXED, Event.FLAGGED): FindingState.REGRESSED,
    (FindingState.FIXED, Event.CLEARED): FindingState.FIXED,
    (FindingState.REGRESSED, Event.FLAGGED): FindingState.REGRESSED,
    (FindingState.REGRESSED, Event.CLEARED): FindingState.FIXED,
    (FindingState.REGRESSED, Event.EXCUSED): FindingState.ACCEPTED,
    (FindingState.ACCEPTED, Event.FLAGGED): FindingState.ACCEPTED,
    (FindingState.ACCEPTED, Event.CLEARED): FindingState.FIXED,
    (FindingState.ACCEPTED, Event.EXCUSED): FindingState.ACCEPTED,
}


def after(state: FindingState | None, event: Event) -> FindingState | None:
    """The state that follows (None: not known yet), or None where the event cannot befall that state."""
    return _LIFE.get((state, event))


def as_of(state: FindingState, until: datetime | None, now: datetime) -> FindingState:
    """The state at ``now``: an acceptance that ended at ``until`` is open again, written down or not."""
    if state is FindingState.ACCEPTED and (until is None or until <= now):
        return FindingState.OPEN
    return state
