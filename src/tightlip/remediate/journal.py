"""The journal of a change: JSON Lines, one record a transition, written before its instructions run; and its folding.

It says who, what and when, and names files and commands. It never holds what a file contains, nor what a command says
of it: a server's complaint may quote a password.
"""

import itertools
import math
import re
from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from tightlip.model.errors import Exit, TightlipError
from tightlip.remediate.lifecycle import Event, State, step

# Of the first kind are those of 0.1.0, which have neither an uptime to confirm within nor anything left unproved.
SCHEMA = 2
_KNOWN = frozenset({1, SCHEMA})


class Uptime(Struct, frozen=True, kw_only=True):
    """A moment of the machine's own clock, which nobody sets: which boot, and how many seconds after it."""

    boot: str
    seconds: float


class Author(Struct, frozen=True, kw_only=True):
    """Who: the user id, and the name of the login (which sudo does not change)."""

    uid: int
    login: str


class Opening(Struct, frozen=True, kw_only=True, tag="opening", tag_field="record"):
    """The first record: what is going to be done, to what, by whom.

    ``plan`` is its hash. ``due``: the change undoes itself then unless it is confirmed before; ``due_uptime`` is the
    same moment by the machine's own clock, for a time of day can be set back. ``undoes`` is the id of the change that
    this one rolls back.
    """

    schema: int
    change: str
    at: datetime
    plan: str
    host: str
    goal: str
    author: Author
    due: datetime | None = None
    due_uptime: Uptime | None = None
    undoes: str | None = None


class Record(Struct, frozen=True, kw_only=True, tag="transition", tag_field="record"):
    """One transition. ``by`` is who let it happen, ``detail`` why it did, ``file`` the file that is not as it was.

    ``unproved`` is what the state before has left unproved, though all went well.
    """

    at: datetime
    event: Event
    state: State
    by: str | None = None
    detail: str | None = None
    file: str | None = None
    unproved: str | None = None

    @property
    def words(self) -> str:
        """The state as it is told: nothing is called approved that nobody has approved."""
        if self.state is State.APPROVED and self.by is None:
            return "permitted"
        return str(self.state).replace("_", " ")


class Story(Struct, frozen=True, kw_only=True):
    """A journal as it was read; ``whole`` is how many bytes of it are whole lines."""

    opening: Opening
    records: tuple[Record, ...] = ()
    whole: int = 0

    @property
    def state(self) -> State:
        """Where the change stands."""
        return self.records[-1].state if self.records else State.DRAFTED

    @property
    def last(self) -> datetime:
        """When it was last written to."""
        return self.records[-1].at if self.records else self.opening.at

    @property
    def foreign(self) -> frozenset[str]:
        """Files that somebody else had changed before this change came to write them: they are not ours to restore."""
        return frozenset(_foreign(self.records))

    @property
    def unproved(self) -> str | None:
        """What the last proof could not prove; None where it proved everything, or did not come to its end."""
        proofs = (State.PROVING, State.RESTORING)
        if not any(map(self.went_through, proofs)):
            return None
        after = itertools.takewhile(lambda each: each.state not in proofs, reversed(self.records))
        return next((each.unproved for each in after if each.unproved), None)

    @property
    def why(self) -> str | None:
        """Why it did not go on its way: of one that was undone what began the undo, else what was said last."""
        if self.state is State.UNDONE:
            began = next(each for each in self.records if each.state is State.RESTORING)
            return began.detail or ("nobody confirmed it in time" if began.event is Event.OVERDUE else None)
        ends = (State.STUCK, State.WITHDRAWING, State.REFUSED)
        return next((each.detail for each in reversed(self.records) if each.detail and each.state in ends), None)

    def patience(self, now: datetime, uptime: Uptime) -> float:
        """Seconds until the time to confirm is over, by whichever clock is first; without end where there is none."""
        due, due_uptime = self.opening.due, self.opening.due_uptime
        left = math.inf if due is None else (due - now).total_seconds()
        if due_uptime is not None and due_uptime.boot == uptime.boot:
            left = min(left, due_uptime.seconds - uptime.seconds)
        return left

    def is_overdue(self, now: datetime, uptime: Uptime) -> bool:
        """Whether the time to confirm is over."""
        return self.patience(now, uptime) <= 0

    @property
    def was_resumed(self) -> bool:
        """Whether a recovery went on with it after a crash."""
        return any(each.event is Event.RESUMED for each in self.records)

    @property
    def has_failed(self) -> bool:
        """Whether it is where it is because something did not go well just now."""
        return bool(self.records) and self.records[-1].event in (Event.FAILED, Event.MOVED)

    def went_through(self, state: State) -> bool:
        """Whether the change has ever been in a state."""
        return any(record.state is state for record in self.records)


def line(record: Opening | Record) -> bytes:
    """One record as it is written."""
    return msgspec.json.encode(record) + b"\n"


def read(content: bytes, name: str) -> Story | None:
    """Read a journal, called ``name`` in messages; None where not even its opening is whole.

    A last line that a crash has torn is left out: its instructions have not run. Anything else that cannot be read,
    or that the table does not allow, is a TightlipError.
    """
    records = []
    whole = 0
    lines = [each for each in re.split(rb"(?<=\n)", content) if each]
    for number, each in enumerate(lines, 1):
        record = _decoded(each)
        if record is None:
            if number < len(lines):
                raise _damaged(name, number, "it cannot be read")
            break
        records.append(record)
        whole += len(each)
    return _story(records, whole, name) if records else None


def _decoded(text: bytes) -> Opening | Record | None:
    if not text.endswith(b"\n"):
        return None
    try:
        return msgspec.json.decode(text, type=Opening | Record)
    except (msgspec.DecodeError, RecursionError):
        return None


def _story(records: Iterable[Opening | Record], whole: int, name: str) -> Story:
    opening, *rest = records
    if not isinstance(opening, Opening) or opening.schema not in _KNOWN:
        raise _damaged(name, 1, f"it is no opening of schema {SCHEMA}, or an earlier one")
    state = State.DRAFTED
    transitions = []
    for number, record in enumerate(rest, 2):
        if not isinstance(record, Record) or not _is_lawful(state, record):
            raise _damaged(name, number, f"it does not follow from {state}")
        state = record.state
        transitions.append(record)
    return Story(opening=opening, records=tuple(transitions), whole=whole)


def _is_lawful(state: State, record: Record) -> bool:
    try:
        return step(state, record.event).state is record.state
    except KeyError:
        return False


def _foreign(records: tuple[Record, ...]) -> Iterable[str]:
    """A file found changed in the first and only pass of writing; after a crash it may have been written before."""
    state, passes = State.DRAFTED, 0
    for record in records:
        if state is State.WRITING and record.event is Event.MOVED and passes == 1 and record.file:
            yield record.file
        passes += record.state is State.WRITING
        state = record.state


def _damaged(name: str, number: int, why: str) -> TightlipError:
    return TightlipError(
        f"the journal {name} is damaged in line {number}: {why}",
        "the files as they were lie beside it, in backup/",
        Exit.REFUSED,
    )
