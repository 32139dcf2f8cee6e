"""Deadlines: everybody is looked at when due, once, and nobody who has moved on is taken for late."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.network.test_pacing import visit_to
from tightlip.network.connection import Connection
from tightlip.network.deadlines import Deadlines

# For each connection: how long after the one before it was opened, and where its deadline was moved to, if it was.
OPENED = st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 40)), max_size=20)


def connection(number: int, deadline: float) -> Connection:
    """One that the engine has just opened."""
    made = Connection(visit_to("127.0.0.1"))
    made.number, made.fd, made.deadline = number, number, deadline
    return made


@given(opened=OPENED)
def test_everybody_is_due_at_his_own_deadline_and_once(opened: list[tuple[int, int | None]]) -> None:
    """Whether the first deadline counts or one that was queued after it."""
    deadlines, connections = Deadlines(), dict[int, Connection]()
    for number, (pause, _) in enumerate(opened):
        before = connections[number - 1].deadline if number else 0
        connections[number] = connection(number, before + pause)
        deadlines.begin(connections[number])
    for number, (_, moved) in enumerate(opened):
        if moved is not None and moved != connections[number].deadline:
            connections[number].deadline = moved
            deadlines.queue(connections[number])
    expected = {number: each.deadline for number, each in connections.items()}
    seen: dict[int, float] = {}
    for now in range(61):
        earliest = deadlines.earliest()
        assert earliest is None or earliest >= now
        for each in deadlines.due(now, connections):
            assert each.number not in seen
            seen[each.number] = now
    assert seen == expected
    assert deadlines.earliest() is None


def test_who_has_gone_or_handed_his_descriptor_on_is_not_due() -> None:
    """An entry means one connection: not the next one with its descriptor."""
    deadlines = Deadlines()
    gone, old = connection(1, 5.0), connection(2, 5.0)
    deadlines.begin(gone)
    deadlines.begin(old)
    heir = connection(3, 9.0)
    heir.fd = old.fd
    deadlines.begin(heir)
    assert list(deadlines.due(5.0, {heir.fd: heir})) == []
    assert list(deadlines.due(9.0, {heir.fd: heir})) == [heir]
