"""The local pool: work goes out, results come in, a worker that dies takes nothing with it but what it had in hand."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from msgspec.structs import replace

from tests.unit.network.asking import QUICK, item_for
from tests.unit.network.scripts import mute, ntlm
from tests.unit.network.servers import serving
from tightlip.cluster.pool import Pool, WorkerLost
from tightlip.model.verdict import Verdict
from tightlip.network.messages import Delivery

ROOT = Path(__file__).parents[3]
DEADLINE = 15.0

Feed = Callable[[], list[tuple[int, bytes]] | None]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a pipe hold more")
def test_engines_may_run_a_megabyte_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the usual pipe the reader waits for the engine's next round, every 64 KiB; a refusal is borne."""
    held = []
    for size in (1 << 20, -1):
        monkeypatch.setattr("tightlip.cluster.pool._WIDE", size)
        pool = Pool("tests.unit.cluster.work:echo", b"", 1)
        held += [fcntl.fcntl(key.fd, fcntl.F_GETPIPE_SZ) for key in pool._selector.get_map().values()]
        pool.close()
    assert held == [1 << 20, 1 << 16]


@pytest.fixture
def these_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers can import this folder, which the isolated mode they run in keeps from them."""
    paths = [str(ROOT), str(ROOT / "src")]

    def started(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        code = f"import sys; sys.path[:0] = {paths}; from tightlip.cluster.worker import main; main({command[4:]})"
        return popen([sys.executable, "-c", code], **options)

    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", started)


class Crew:
    """A pool at work, what it has sent so far, and the pids it told of."""

    def __init__(self, work: str, size: int, settings: bytes = b"settings ") -> None:
        """Start the workers."""
        self.pool = Pool(f"tests.unit.cluster.work:{work}", settings, size)
        self.frames: list[bytes] = []
        self.pids: list[int] = []
        self._is_closed = False

    def close(self) -> None:
        """End the workers that are left; doing it twice is nothing."""
        if not self._is_closed:
            self._is_closed = True
            self.pool.close()

    def exchange(self, feed: Feed) -> Iterator[None]:
        """Take what comes, and stop at every pause, for no longer than the deadline."""
        deadline = time.monotonic() + DEADLINE
        for frame in self.pool.exchange(feed):
            assert time.monotonic() < deadline
            if frame is None:
                yield
            elif frame.startswith(b"pid "):
                self.pids.append(int(frame[4:]))
            else:
                self.frames.append(frame)


@pytest.fixture
def crews(these_tests: None) -> Iterator[Callable[[str, int], Crew]]:
    """Makes crews; at the end of the test none of their processes is left."""
    del these_tests
    made: list[Crew] = []

    def make(work: str, size: int) -> Crew:
        made.append(Crew(work, size))
        return made[-1]

    yield make
    for crew in made:
        crew.close()
        assert not [pid for pid in crew.pids if psutil.pid_exists(pid)]
    assert not [child for child in psutil.Process().children() if "cluster.worker" in " ".join(child.cmdline())]


def once(*pairs: tuple[int, bytes]) -> Feed:
    """A feed that gives these pairs and ends."""
    turns: list[list[tuple[int, bytes]] | None] = [list(pairs), None]
    return lambda: turns.pop(0)


def test_every_frame_goes_to_its_worker_and_comes_back(crews: Callable[[str, int], Crew]) -> None:
    """Each worker has the settings first, then its frames in order; an empty result list means: ask again."""
    crew = crews("echo", 2)
    turns: list[list[tuple[int, bytes]] | None] = [[(0, b"a"), (1, b"b")], [], [(0, b"c")], None]
    list(crew.exchange(lambda: turns.pop(0)))
    assert sorted(crew.frames) == [b"settings a", b"settings b", b"settings c"]
    assert crew.frames.index(b"settings a") < crew.frames.index(b"settings c")
    assert len(crew.pids) == 2
    assert crew.pool.take_losses() == []


def test_more_than_the_pipes_hold_is_passed_on(crews: Callable[[str, int], Crew]) -> None:
    """Megabytes go down and come up without either side blocking the other."""
    crew = crews("echo", 2)
    sent = [(number % 2, b"%d " % number + bytes(50_000)) for number in range(100)]
    waiting = list(sent)
    list(crew.exchange(lambda: [waiting.pop()] if waiting else None))
    assert sorted(crew.frames) == sorted(b"settings " + frame for _, frame in sent)


def test_a_worker_that_is_killed_is_told_of_and_the_rest_goes_on(crews: Callable[[str, int], Crew]) -> None:
    """kill -9 costs what that worker had in hand; the pool says which one it was and serves the other."""
    crew = crews("echo", 2)
    losses: list[WorkerLost] = []

    def feed() -> Iterator[list[tuple[int, bytes]] | None]:
        while len(crew.pids) < 2:
            yield []
        os.kill(crew.pids[0], signal.SIGKILL)
        while not losses:
            yield []
        yield [(0, b"for 0"), (1, b"for 1")]
        yield None

    turns = feed()
    for _ in crew.exchange(lambda: next(turns)):
        losses += crew.pool.take_losses()
    (lost,) = losses
    assert lost.status == -signal.SIGKILL
    assert str(lost) == f"engine process {lost.index} ended with status -9"
    assert crew.frames == [b"settings for %d" % (1 - lost.index)]


@pytest.mark.parametrize(("work", "status"), [("half_a_frame", 0), ("nonsense", -signal.SIGKILL), ("failing", 7)])
def test_a_worker_that_makes_no_sense_is_told_of(crews: Callable[[str, int], Crew], work: str, status: int) -> None:
    """Half a frame, an impossible one, or an exit without a word: the worker is lost, and ended if it was not."""
    crew = crews(work, 1)
    list(crew.exchange(once((0, b"x"))))
    assert [(loss.index, loss.status) for loss in crew.pool.take_losses()] == [(0, status)]


def test_losses_are_told_once(crews: Callable[[str, int], Crew]) -> None:
    """Whoever has taken them does not get them again."""
    crew = crews("failing", 3)
    list(crew.exchange(once()))
    assert sorted(loss.index for loss in crew.pool.take_losses()) == [0, 1, 2]
    assert crew.pool.take_losses() == []


def test_stop_is_heard_behind_any_backlog(crews: Callable[[str, int], Crew]) -> None:
    """Told to stop, workers that read nothing say what they still have to say and end; none of them is lost."""
    crew = crews("until_stopped", 2)
    stopped = False
    for _ in crew.exchange(lambda: [(turn, bytes(10_000)) for turn in (0, 1)]):
        if len(crew.pids) == 2 and not stopped:
            stopped = True
            crew.pool.stop()
    assert crew.frames == [b"stopped", b"stopped"]
    assert crew.pool.take_losses() == []


def test_close_ends_whoever_does_not_listen(crews: Callable[[str, int], Crew]) -> None:
    """A worker that hears nothing is ended, soon; nothing is left running."""
    crew = crews("deaf", 2)
    for _ in crew.exchange(list):
        if len(crew.pids) == 2:
            break
    began = time.monotonic()
    crew.close()
    assert time.monotonic() - began < 5.0
    assert not [pid for pid in crew.pids if psutil.pid_exists(pid)]


def test_an_engine_process_does_its_work() -> None:
    """The real worker: settings and an item down, the delivery with its verdict up."""
    with serving(ntlm()) as server:
        pool = Pool("tightlip.workflows.probe:probe", msgspec.msgpack.encode(QUICK), 1)
        frames = [frame for frame in pool.exchange(once((0, msgspec.msgpack.encode([item_for(server)])))) if frame]
        pool.close()
    deliveries = [msgspec.msgpack.decode(frame, type=Delivery) for frame in frames]
    verdicts = [outcome.assessed.assessment.verdict for each in deliveries for outcome in each.outcomes]
    assert verdicts == [Verdict.DISCLOSES]
    assert [ticket for each in deliveries for ticket in each.done] == [0]
    assert pool.take_losses() == []


def test_an_engine_process_stops_at_once() -> None:
    """However much work waits for it, and however long its servers keep silent."""
    tickets = count()

    def feed() -> list[tuple[int, bytes]]:
        items = [item_for(server, ticket=next(tickets)) for _ in range(100)]
        return [(0, msgspec.msgpack.encode(items))]

    with serving(mute) as server:
        pool = Pool("tightlip.workflows.probe:probe", msgspec.msgpack.encode(replace(QUICK, concurrency=10)), 1)
        stopped = 0.0
        for _ in pool.exchange(feed):
            if server.times and not stopped:
                stopped = time.monotonic()
                pool.stop()
        assert time.monotonic() - stopped < 1.9
        pool.close()
