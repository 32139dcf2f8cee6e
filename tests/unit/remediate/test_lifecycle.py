"""The table of a change's life: no pair that can come is undeclared, every state reaches an end, docs draw it truly."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tightlip.remediate.lifecycle import ACTS, ENDS, RESTING, TABLE, Act, Event, State, is_in_progress, step

OUTCOMES = (Event.DONE, Event.MOVED, Event.FAILED)
FROM_OUTSIDE = (Event.RESUMED, Event.WITHDRAWN, Event.OVERDUE)
WORKING = [state for state in ACTS if state is not State.CONFIRMING]
PAGE = Path(__file__).parents[3] / "docs/changes.md"


def possible(state: State) -> tuple[Event, ...]:
    """What a driver can raise in a state, by what it says of itself: outcomes of acts, and what comes from outside."""
    match state:
        case State.DRAFTED:
            return (Event.PERMITTED, *FROM_OUTSIDE)
        case State.APPROVED:
            return (Event.BEGUN, *FROM_OUTSIDE)
        case State.PROVING:
            return (*OUTCOMES, Event.AWAITED, *FROM_OUTSIDE)
        case State.CONFIRMING:
            return (Event.CONFIRMED, Event.FAILED, *FROM_OUTSIDE)
        case State.STUCK:
            return (Event.ABANDONED, *FROM_OUTSIDE)
        case _ if state in ENDS:
            return ()
        case _:
            return (*OUTCOMES, *FROM_OUTSIDE)


@given(st.data())
def test_no_sequence_of_events_leads_to_an_undeclared_pair(data: st.DataObject) -> None:
    """Whatever happens, in whichever order, the table has a row for it."""
    state = State.DRAFTED
    for _ in range(40):
        if state in ENDS:
            assert not is_in_progress(state)
            return
        state = step(state, data.draw(st.sampled_from(possible(state)))).state


@pytest.mark.parametrize("state", State)
def test_the_table_declares_what_is_possible_and_nothing_else(state: State) -> None:
    """A pair that nobody can raise would be a rule that nobody can test."""
    assert set(TABLE[state]) == set(possible(state))


@pytest.mark.parametrize("bad", [None, Event.FAILED, Event.MOVED])
@pytest.mark.parametrize("state", [state for state in State if state not in ENDS])
def test_every_state_comes_to_rest_by_itself(state: State, bad: Event | None) -> None:
    """Going well from some state on, or failing at once and then going well, ten steps are enough."""
    events = [bad] if bad and bad in TABLE[state] else []
    for _ in range(10):
        if state in RESTING and not events:
            return
        usual = next(
            (each for each in (Event.PERMITTED, Event.BEGUN, Event.DONE) if each in TABLE[state]), Event.RESUMED
        )
        state = step(state, events.pop() if events else usual).state
    pytest.fail(f"still {state}")


@pytest.mark.parametrize("state", [state for state in State if state not in ENDS])
def test_every_state_can_reach_an_end(state: State) -> None:
    """No state is a trap."""
    seen, waiting = set(), [state]
    while waiting:
        each = waiting.pop()
        seen.add(each)
        waiting += [following for following in TABLE[each].values() if following not in seen]
    assert seen & ENDS


def test_after_the_first_write_the_only_ways_out_are_kept_and_the_way_back() -> None:
    """Nothing that goes wrong once a file may be new ends without restoring."""
    for state in (State.WRITING, State.CHECKING, State.RELOADING, State.PROVING):
        for event in (Event.MOVED, Event.FAILED, Event.WITHDRAWN, Event.OVERDUE):
            assert TABLE[state][event] is State.RESTORING


def test_the_timer_is_set_before_the_first_write_and_taken_away_before_every_end() -> None:
    """A timer must not be missing while files are new, nor be left behind."""
    assert Act.ARM in ACTS[State.BACKING_UP]
    ends = {state for state, row in TABLE.items() if set(row.values()) & ENDS}
    assert {state for state in ends if Act.DISARM not in ACTS[state]} == {State.GUARDING}


def test_the_page_draws_the_table() -> None:
    """docs/changes.md holds the table as the code has it."""
    assert drawn() in PAGE.read_text()


def drawn() -> str:
    """The table as Markdown: a row for each state with its acts and where each event leads."""
    columns = [Event.DONE, Event.MOVED, Event.FAILED, Event.RESUMED, Event.WITHDRAWN, Event.OVERDUE]
    lines = ["| state | acts | " + " | ".join(columns) + " | others |", "|---" * (len(columns) + 3) + "|"]
    for state in State:
        row = TABLE[state]
        others = ", ".join(f"{event}: {following}" for event, following in row.items() if event not in columns)
        cells = [str(row.get(event, "")) for event in columns]
        lines.append(f"| `{state}` | {', '.join(ACTS.get(state, ()))} | {' | '.join(cells)} | {others} |")
    return "\n".join(line.replace("  ", " ") for line in lines)
