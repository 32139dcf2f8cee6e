"""Fixtures: an empty store in a file, its clock, and one with a run begun in it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.store import samples
from tightlip.store import Store, open_store


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        """At noon."""
        self.now = samples.NOON

    def __call__(self) -> datetime:
        """What it shows."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Noon."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A new store with run-1 begun."""
    with open_store(str(tmp_path / "store.db"), clock) as opened:
        opened.begin_run(samples.run(), b"spec")
        yield opened
