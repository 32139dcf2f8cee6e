"""The last gate: an engine asks the scope again at every connect, whatever it was handed."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.unit.lab.engine_run import Items, Outcomes
from tests.unit.workflows.responder import responding
from tightlip.assess.scope import Span
from tightlip.model.endpoint import Security
from tightlip.model.observation import Intent
from tightlip.model.verdict import Reason, Verdict
from tightlip.network.engine import Engine
from tightlip.network.messages import EngineSettings, WorkItem

LOOPBACK = (bytes((127, 0, 0, 0)), bytes((127, 255, 255, 255)))


@pytest.mark.parametrize(
    "allowed",
    [(), (Span(*LOOPBACK, 1.0),), (Span(bytes(16), b"\xff" * 16, None),), (Span(LOOPBACK[0], LOOPBACK[0], None),)],
    ids=["no entry", "an entry that has ended", "one of the other family", "one of another address"],
)
def test_nothing_is_dialled_outside(allowed: tuple[Span, ...]) -> None:
    """Not one connection comes, and each endpoint says why."""
    heard, dialled = _asked(allowed)
    assert dialled == 0
    assert heard == {(Verdict.INCONCLUSIVE, Reason.SCOPE_ENDED)}


def test_what_is_inside_is_dialled() -> None:
    """With the same work, and an entry that ends a minute from now."""
    heard, dialled = _asked((Span(*LOOPBACK, time.time() + 60),))
    assert dialled == 20
    assert heard == {(Verdict.DISCLOSES, Reason.NAMES)}


def _asked(allowed: tuple[Span, ...]) -> tuple[set[tuple[Verdict, Reason]], int]:
    """Verdicts and reasons of twenty addresses, and how many connections came."""
    with responding() as responder, _ready_pipe() as (readable, writable):
        hosts = [f"127.0.95.{number}" for number in range(20)]
        items = [
            WorkItem(ticket, host, host, responder.port, "pop3", Security.PLAIN, Intent.SWEPT)
            for ticket, host in enumerate(hosts)
        ]
        outlet = Outcomes(writable)
        Engine(EngineSettings(allowed=allowed, rate=0), Items(readable, items), outlet).run()
        assessments = [each.assessment for each in outlet.outcomes.values()]
        assert len(assessments) == len(items)
        return {(each.verdict, each.reason) for each in assessments}, responder.dialled.total()


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
