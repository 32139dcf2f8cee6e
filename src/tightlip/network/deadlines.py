"""Deadlines: which connections have to be looked at when, with one entry a connection."""

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush

from tightlip.network.connection import Connection

# When, and whom: the connection's number beside its descriptor, which may belong to another one by then.
_Entry = tuple[float, int, int]


class Deadlines:
    """An entry that comes up is a reason to look, no more: whoever has moved on since it was made is queued anew.

    All connections have the same time to be made, so their first entries come in order by themselves: most never
    get another one, and are spared the heap.
    """

    def __init__(self) -> None:
        """Nobody is waited for."""
        self._first: deque[_Entry] = deque()
        self._later: list[_Entry] = []

    def begin(self, connection: Connection) -> None:
        """A connection has been opened; its deadline is later than those of all before it, or the same."""
        connection.queued = connection.deadline
        self._first.append((connection.deadline, connection.number, connection.fd))

    def queue(self, connection: Connection) -> None:
        """Its deadline is another one now."""
        connection.queued = connection.deadline
        heappush(self._later, (connection.deadline, connection.number, connection.fd))

    def earliest(self) -> float | None:
        """When the next entry comes up."""
        if self._first and self._later:
            return min(self._first[0][0], self._later[0][0])
        return self._first[0][0] if self._first else self._later[0][0] if self._later else None

    def due(self, now: float, connections: dict[int, Connection]) -> Iterator[Connection]:
        """Those of the open ``connections`` (by descriptor) whose entry has come up, each taken off."""
        first, later = self._first, self._later
        entries = []
        while first and first[0][0] <= now:
            entries.append(first.popleft())
        while later and later[0][0] <= now:
            entries.append(heappop(later))
        for queued, number, fd in entries:
            connection = connections.get(fd)
            if connection is not None and connection.number == number and connection.queued == queued:
                yield connection
