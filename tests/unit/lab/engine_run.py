"""Runs the real engine in this process: work items in, observations out, over loopback only."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tightlip.assess.scope import make_scope, spans
from tightlip.model.endpoint import Endpoint
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Intent
from tightlip.network.engine import Engine
from tightlip.network.messages import EngineSettings, Outcome, WorkItem

# Silent servers cost one time-out each, all at the same time.
TIMEOUT = 0.7


def ask_all(endpoints: Sequence[Endpoint]) -> list[Assessed]:
    """What the engine says of each endpoint, in the order given."""
    items = [
        WorkItem(ticket, each.host, each.host, each.port, each.protocol, each.security, Intent.NAMED)
        for ticket, each in enumerate(endpoints)
    ]
    settings = EngineSettings(
        allowed=spans(make_scope((), ())),
        rate=0,
        per_net=0,
        connect_timeout=TIMEOUT,
        read_timeout=TIMEOUT,
        retry_delay=0.01,
    )
    with _ready_pipe() as (readable, writable):
        outlet = Outcomes(writable)
        Engine(settings, Items(readable, items), outlet).run()
    return [outlet.outcomes[ticket] for ticket in range(len(items))]


class Items:
    """Hands all items over at the first asking."""

    stopped = False

    def __init__(self, fd: int, items: list[WorkItem]) -> None:
        """``fd`` is always readable."""
        self._fd = fd
        self._items = items
        self.ended = False

    def fileno(self) -> int:
        """Something to poll."""
        return self._fd

    def take(self) -> list[WorkItem]:
        """Everything, once."""
        self.ended = True
        return self._items


class Outcomes:
    """Keeps what is handed in."""

    is_full = False
    is_waiting = False

    def __init__(self, fd: int) -> None:
        """``fd`` is always writable."""
        self._fd = fd
        self.outcomes: dict[int, Assessed] = {}

    def fileno(self) -> int:
        """Something to poll."""
        return self._fd

    def put(self, outcome: Outcome) -> None:
        """Keep it under its ticket; there is one a ticket."""
        assert outcome.ticket not in self.outcomes
        self.outcomes[outcome.ticket] = outcome.assessed

    def done(self, ticket: int) -> None:
        """The ticket has its outcome by now."""
        assert ticket in self.outcomes

    def send(self, now: float) -> None:
        """Nothing has to be passed on."""

    def drain(self) -> None:
        """Nothing waits."""


@contextmanager
def _ready_pipe() -> Iterator[tuple[int, int]]:
    """A pipe with a byte in it: both ends are always ready."""
    readable, writable = os.pipe()
    os.write(writable, b".")
    try:
        yield readable, writable
    finally:
        os.close(readable)
        os.close(writable)
