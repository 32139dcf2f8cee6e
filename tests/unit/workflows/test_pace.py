"""Pace: limits really limit, and no host is lost when there are none."""

from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.workflows.responder import responding
from tests.unit.workflows.running import Told, scan

HOSTS = 2_000
TIMEOUT = 0.2
TIMEOUTS = ("--connect-timeout", str(TIMEOUT), "--read-timeout", str(TIMEOUT))


@pytest.mark.parametrize("at_once", ["100", "1000"])
def test_no_host_is_lost(tmp_path: Path, at_once: str) -> None:
    """Every answering host of two thousand is told once, and dialled once."""
    with responding() as responder:
        targets = f"pop3+plain://127.83.0.0-127.83.7.207:{responder.port}"
        told = scan(tmp_path, targets, "--concurrency", at_once, "--store", "none")
        dialled = dict(responder.dialled)
    assert told.summary["verdicts"] == {"discloses": HOSTS}
    assert (told.verdicts.total(), len(told.verdicts)) == (HOSTS, HOSTS)
    assert set(dialled.values()) == {1}
    assert len(dialled) == HOSTS


def started(told: Told) -> list[float]:
    """When each connection was begun, by the engine's own clock."""
    times = (each["time"] for each in told.records if each["record"] == "observation")
    return sorted(datetime.fromisoformat(time).timestamp() for time in times)


def test_rate_limits_new_connections(tmp_path: Path) -> None:
    """Four hundred a second, over both engines together; a twentieth of a second's worth may come at once."""
    with responding() as responder:
        network = f"pop3+plain://127.84.0.0-127.84.1.199:{responder.port}"
        told = scan(tmp_path, network, "--rate", "400", "--workers", "2", "--store", "none")
    times = started(told)
    assert len(times) == 456
    within_half_a_second = 200 + 2 * (400 // 2 // 20 + 1)
    later = times[within_half_a_second:]
    assert all(end - begin > 0.5 for begin, end in zip(times, later, strict=False))


@pytest.mark.parametrize(("limit", "width"), [(("--per-net", "4"), 4), (("--concurrency", "3", "--workers", "1"), 3)])
def test_no_more_than_so_many_at_once(tmp_path: Path, limit: tuple[str, ...], width: int) -> None:
    """The servers are mute: who waits behind a limit comes when those before have timed out, not before."""
    with responding() as responder:
        responder.mute_after = 0
        told = scan(tmp_path, f"pop3+plain://127.85.0.0/29:{responder.port}", *limit, *TIMEOUTS, "--store", "none")
    assert_in_waves(told, 8, width)


def test_no_more_than_so_many_at_one_host(tmp_path: Path) -> None:
    """Six endpoints at one address, two by two."""
    with responding() as first, responding() as second, responding() as third:
        for server in (first, second, third):
            server.mute_after = 0
        targets = [f"pop3://127.85.0.1:{server.port}" for server in (first, second, third)]
        told = scan(tmp_path, *targets, "--per-host", "2", *TIMEOUTS, "--store", "none")
    assert_in_waves(told, 6, 2)


def assert_in_waves(told: Told, endpoints: int, width: int) -> None:
    """Each connection began a time-out after the one that lies ``width`` before it."""
    times = started(told)
    assert told.code == 4
    assert told.summary["verdicts"] == {"inconclusive": endpoints}
    assert len(times) == endpoints
    # A wall clock against a steady one: a little less may be seen.
    assert all(later - earlier > 0.9 * TIMEOUT for earlier, later in zip(times, times[width:], strict=False))
