"""Runs the real engine in this process: work items in, observations out, and what it did with its outlet."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.unit.network.servers import Server
from tightlip.assess.scope import make_scope, spans
from tightlip.model.endpoint import Security
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth, Intent
from tightlip.model.verdict import Reason, Verdict
from tightlip.network.engine import Engine
from tightlip.network.messages import EngineSettings, Outcome, WorkItem

LOOPBACK = spans(make_scope((), ()))
QUICK = EngineSettings(
    allowed=LOOPBACK,
    rate=0,
    per_host=0,
    per_net=0,
    connect_timeout=2.0,
    read_timeout=2.0,
    conversation_timeout=5.0,
    retry_delay=0.05,
    redial_delay=0.05,
)
"""Nothing is waited for that a test does not ask for."""

PLAIN, STARTTLS, IMPLICIT = Security.PLAIN, Security.STARTTLS, Security.IMPLICIT


class Items:
    """Hands all items over at the first asking."""

    def __init__(self, fd: int, items: Sequence[WorkItem]) -> None:
        """``fd`` is always readable."""
        self._fd = fd
        self._items = list(items)
        self.ended = False
        self.stopped = False

    def fileno(self) -> int:
        """Something to poll."""
        return self._fd

    def take(self) -> list[WorkItem]:
        """Everything, once."""
        self.ended = True
        return self._items


class Outcomes:
    """Keeps what is handed in, in the order it came, and counts what is done."""

    is_full = False
    is_waiting = False

    def __init__(self, fd: int) -> None:
        """``fd`` is always writable."""
        self._fd = fd
        self.outcomes: list[Outcome] = []
        self.finished: Counter[int] = Counter()

    def fileno(self) -> int:
        """Something to poll."""
        return self._fd

    def put(self, outcome: Outcome) -> None:
        """Keep it; nothing comes for a ticket that is done."""
        assert not self.finished[outcome.ticket]
        self.outcomes.append(outcome)

    def done(self, ticket: int) -> None:
        """The ticket is done with."""
        self.finished[ticket] += 1

    def send(self, now: float) -> None:
        """Nothing has to be passed on."""

    def drain(self) -> None:
        """Nothing waits."""


def item_for(
    server: Server | int,
    security: Security = PLAIN,
    protocol: str = "pop3",
    ticket: int = 0,
    depth: Depth = Depth.POLITE,
) -> WorkItem:
    """The item that asks a server, or a port of 127.0.0.1."""
    address, port = ("127.0.0.1", server) if isinstance(server, int) else (server.address, server.port)
    return WorkItem(ticket, address, address, port, protocol, security, Intent.NAMED, depth)


def ask(items: Sequence[WorkItem], settings: EngineSettings = QUICK) -> list[Assessed]:
    """What the engine says of the items, in the order in which it said so; every ticket is done exactly once."""
    with ready_pipe() as (readable, writable):
        outlet = Outcomes(writable)
        Engine(settings, Items(readable, items), outlet).run()
    assert outlet.finished == Counter({item.ticket for item in items})
    return [outcome.assessed for outcome in outlet.outcomes]


def ask_one(
    server: Server | int,
    security: Security = PLAIN,
    settings: EngineSettings = QUICK,
    protocol: str = "pop3",
    depth: Depth = Depth.POLITE,
) -> Assessed:
    """The one observation of one endpoint."""
    (assessed,) = ask([item_for(server, security, protocol, depth=depth)], settings)
    return assessed


def said(assessed: Assessed) -> tuple[Verdict, Reason]:
    """Verdict and reason."""
    return assessed.assessment.verdict, assessed.assessment.reason


@contextmanager
def ready_pipe() -> Iterator[tuple[int, int]]:
    """A pipe with a byte in it: both ends are always ready."""
    readable, writable = os.pipe()
    os.write(writable, b".")
    try:
        yield readable, writable
    finally:
        os.close(readable)
        os.close(writable)
