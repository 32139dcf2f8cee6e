"""What the engine's tests share: those of events and endings run on both kinds of poller."""

from collections.abc import Callable

import pytest

from tightlip.network import engine
from tightlip.network.poller import EpollPoller, Poller, SelectorPoller


@pytest.fixture(params=[EpollPoller, SelectorPoller])
def poller(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine use this kind of poller."""
    kind: Callable[[], Poller] = request.param
    monkeypatch.setattr(engine, "open_poller", kind)
