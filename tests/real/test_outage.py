"""A change that kills a real server: apply puts all back, and a client counts how long it was without the service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.told import Tell
from tests.real.administration import Administrator, digests
from tests.real.deaths import DEATHS, LONGEST, client_of, deadly_plan
from tests.real.watcher import Watcher

_FAILED = 1


@pytest.mark.drawn(4)
@pytest.mark.parametrize("name", DEATHS)
def test_apply_puts_a_dead_server_back(
    circle: Callable[[str], Administrator], tmp_path: Path, record_property: Tell, name: str
) -> None:
    """Its check passes, its reload succeeds, and it is dead; the change ends undone, and clients are served again.

    On a host where the plan could not be tried before.
    """
    admin = circle(DEATHS[name].server).without_trials(tmp_path)
    before, plan = digests(admin.server.folder), deadly_plan(admin, DEATHS[name])
    watcher = Watcher()
    with watcher.watching(client_of(admin, DEATHS[name])):
        assert "is undone" in admin.run("apply", str(plan), expected=_FAILED)
    assert digests(admin.server.folder) == before
    record_property("told", f"{name} killed by a change, {watcher.gap:.0f} s without service until apply has undone it")
    assert watcher.gap < LONGEST
