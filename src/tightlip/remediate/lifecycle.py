"""The life of a change as one table: from a state, by an event, into a state with its acts.

Theory of operation: a driver journals a transition, then carries out the acts of the state it leads to, one
instruction after the other, and turns their outcome into the next event: ``done`` when all went well, ``moved`` when a
file is not what it has to be, ``failed`` for everything else. All instructions are idempotent, so that whoever finds a
change after a crash does the acts of its last journalled state again. What comes from outside (a person, a deadline,
a recovery) is an event as well. The table is total: no event that a driver can raise in a state is undeclared.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """Where a change stands."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    GUARDING = "guarding"
    BACKING_UP = "backing_up"
    WRITING = "writing"
    CHECKING = "checking"
    RELOADING = "reloading"
    PROVING = "proving"
    CONFIRMING = "confirming"
    SETTLING = "settling"
    WITHDRAWING = "withdrawing"
    RESTORING = "restoring"
    STUCK = "stuck"
    LEAVING = "leaving"
    KEPT = "kept"
    REFUSED = "refused"
    UNDONE = "undone"
    GIVEN_UP = "given_up"


class Event(StrEnum):
    """What happens to a change."""

    PERMITTED = "permitted"  # the policy lets it be carried out
    BEGUN = "begun"
    DONE = "done"  # every act of the state went well
    AWAITED = "awaited"  # every act went well, and a person has to confirm
    MOVED = "moved"  # a file is not what it has to be: somebody else changed it
    FAILED = "failed"
    CONFIRMED = "confirmed"
    RESUMED = "resumed"  # found after a crash, to go on
    WITHDRAWN = "withdrawn"  # a person, or the policy, takes it back
    OVERDUE = "overdue"  # nobody confirmed in time
    ABANDONED = "abandoned"  # a person closes a change that is stuck, and sees to the files himself


class Act(StrEnum):
    """What is done in a state; one act is one instruction, or one for each file, command or product."""

    GUARD = "guard"
    TRY_OUT = "try out"
    BACK_UP = "back up"
    LAY_READY = "lay ready"
    WITNESS = "witness"
    ARM = "arm the timer"
    WRITE = "write"
    CHECK = "check"
    RELOAD = "reload"
    PROVE = "prove"
    DISARM = "disarm the timer"
    TIDY = "tidy"
    GUARD_BACK = "guard the way back"
    RESTORE = "restore"
    TRY_WRITTEN = "try what is written"
    PROVE_BACK = "prove the way back"


class Step(Struct, frozen=True):
    """What a transition leads to."""

    state: State
    acts: tuple[Act, ...]


# Nothing comes after these.
ENDS = frozenset({State.KEPT, State.REFUSED, State.UNDONE, State.GIVEN_UP})
# In these nothing goes on by itself: an end, or a person has to do something.
RESTING = ENDS | {State.CONFIRMING, State.STUCK}

ACTS: Mapping[State, tuple[Act, ...]] = {
    State.GUARDING: (Act.GUARD,),
    # Copies of both forms lie beside each file before the first is written: then a full disk stops neither way. It is
    # tried last, so that nobody's edit comes in between, and tried again where a recovery goes on.
    State.BACKING_UP: (Act.BACK_UP, Act.WITNESS, Act.LAY_READY, Act.TRY_OUT, Act.ARM),
    State.WRITING: (Act.WRITE,),
    State.CHECKING: (Act.CHECK, Act.TRY_WRITTEN),
    State.RELOADING: (Act.RELOAD,),
    State.PROVING: (Act.PROVE,),
    State.CONFIRMING: (Act.ARM,),
    State.SETTLING: (Act.DISARM, Act.TIDY),
    State.WITHDRAWING: (Act.DISARM, Act.TIDY),
    State.LEAVING: (Act.DISARM, Act.TIDY),
    # No check: what comes back is byte for byte what ran before, and the proof decides.
    State.RESTORING: (
        *(Act.GUARD_BACK, Act.RESTORE, Act.TRY_WRITTEN, Act.RELOAD, Act.PROVE_BACK),
        *(Act.DISARM, Act.TIDY),
    ),
}


def _row(
    *,
    done: State,
    bad: State,
    resumed: State,
    taken_back: State,
) -> dict[Event, State]:
    """The events that may come in any state in which acts are carried out."""
    return {
        Event.DONE: done,
        Event.MOVED: bad,
        Event.FAILED: bad,
        Event.RESUMED: resumed,
        Event.WITHDRAWN: taken_back,
        Event.OVERDUE: taken_back,
    }


def _before_writing(own: State, done: State, bad: State = State.WITHDRAWING) -> dict[Event, State]:
    return _row(done=done, bad=bad, resumed=own, taken_back=State.WITHDRAWING)


def _after_writing(own: State, done: State) -> dict[Event, State]:
    return _row(done=done, bad=State.RESTORING, resumed=own, taken_back=State.RESTORING)


def _one_way(own: State, done: State, bad: State) -> dict[Event, State]:
    """A state on its way to an end, which nobody's wish changes any more."""
    return _row(done=done, bad=bad, resumed=own, taken_back=own)


TABLE: Mapping[State, Mapping[Event, State]] = {
    State.DRAFTED: {
        Event.PERMITTED: State.APPROVED,
        Event.RESUMED: State.WITHDRAWING,
        Event.WITHDRAWN: State.WITHDRAWING,
        Event.OVERDUE: State.WITHDRAWING,
    },
    State.APPROVED: {
        Event.BEGUN: State.GUARDING,
        Event.RESUMED: State.GUARDING,
        Event.WITHDRAWN: State.WITHDRAWING,
        Event.OVERDUE: State.WITHDRAWING,
    },
    State.GUARDING: _before_writing(State.GUARDING, State.BACKING_UP, bad=State.REFUSED),
    State.BACKING_UP: _before_writing(State.BACKING_UP, State.WRITING),
    State.WRITING: _after_writing(State.WRITING, State.CHECKING),
    State.CHECKING: _after_writing(State.CHECKING, State.RELOADING),
    State.RELOADING: _after_writing(State.RELOADING, State.PROVING),
    State.PROVING: _after_writing(State.PROVING, State.SETTLING) | {Event.AWAITED: State.CONFIRMING},
    State.CONFIRMING: {
        Event.CONFIRMED: State.SETTLING,
        Event.FAILED: State.RESTORING,
        Event.RESUMED: State.CONFIRMING,
        Event.WITHDRAWN: State.RESTORING,
        Event.OVERDUE: State.RESTORING,
    },
    State.SETTLING: _one_way(State.SETTLING, State.KEPT, State.KEPT),
    State.WITHDRAWING: _one_way(State.WITHDRAWING, State.REFUSED, State.REFUSED),
    State.RESTORING: _one_way(State.RESTORING, State.UNDONE, State.STUCK),
    State.STUCK: {
        Event.RESUMED: State.RESTORING,
        Event.WITHDRAWN: State.RESTORING,
        Event.OVERDUE: State.RESTORING,
        Event.ABANDONED: State.LEAVING,
    },
    State.LEAVING: _one_way(State.LEAVING, State.GIVEN_UP, State.GIVEN_UP),
    State.KEPT: {},
    State.REFUSED: {},
    State.UNDONE: {},
    State.GIVEN_UP: {},
}


def step(state: State, event: Event) -> Step:
    """What an event leads to; KeyError for a pair that is not declared, which no driver raises."""
    following = TABLE[state][event]
    return Step(following, ACTS.get(following, ()))


def is_in_progress(state: State) -> bool:
    """Whether the change keeps others from beginning."""
    return state not in ENDS
