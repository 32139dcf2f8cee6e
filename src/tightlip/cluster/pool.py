"""The local pool: worker processes fed through pipes, results taken as they come, in one thread without blocking.

A worker that dies takes nothing with it but what it had in hand: the pool says which worker and goes on.
"""

import contextlib
import fcntl
import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterator

from tightlip.cluster.frames import BrokenFrameError, FrameReader, FrameWriter

_LOW_WATER = 1 << 15
_HIGH_WATER = 1 << 20
_TICK = 0.1
# Bytes: what an engine says in a tenth of a second. The pipe's usual 64 KiB are read long before its next round.
_WIDE = 1 << 20


class WorkerLost(Exception):
    """A worker ended without being told to; ``index`` says which."""

    def __init__(self, index: int, status: int | None) -> None:
        """Keep both."""
        super().__init__(f"engine process {index} ended with status {status}")
        self.index = index
        self.status = status


class _Worker:
    """One process and the two pipes to it."""

    def __init__(self, function: str) -> None:
        down_read, down_write = os.pipe()
        up_read, up_write = os.pipe()
        _widen(up_write)
        # -I: neither the current directory nor PYTHON* variables may lend the worker modules.
        command = [sys.executable, "-I", "-m", "tightlip.cluster.worker", function, str(down_read), str(up_write)]
        self.process = subprocess.Popen(command, pass_fds=(down_read, up_write), stdin=subprocess.DEVNULL)
        os.close(down_read)
        os.close(up_write)
        self.inbox = FrameReader(up_read)
        self.outbox: FrameWriter | None = FrameWriter(down_write)
        self.finished = False

    def finish(self) -> None:
        """Tell the worker that no more work will come."""
        if self.outbox is not None:
            self.outbox.close()
            self.outbox = None


class Pool:
    """``size`` workers, each running ``function`` with the same ``settings``."""

    def __init__(self, function: str, settings: bytes, size: int) -> None:
        """Start them; they are busy importing while the caller goes on."""
        self._workers = [_Worker(function) for _ in range(size)]
        self._selector = selectors.DefaultSelector()
        for index, worker in enumerate(self._workers):
            self._send(index, settings)
            self._selector.register(worker.inbox.fileno(), selectors.EVENT_READ, index)
        self._lost: list[WorkerLost] = []
        self._stopping = False

    def take_losses(self) -> list[WorkerLost]:
        """The workers that were lost since the last call."""
        lost, self._lost = self._lost, []
        return lost

    def exchange(self, feed: Callable[[], list[tuple[int, bytes]] | None]) -> Iterator[bytes | None]:
        """Feed and take until all workers are done; yields result frames, and None at least every tenth of a second.

        ``feed()`` gives the next (worker, frame) pairs, an empty list when nothing is ready yet, None at the end.
        """
        feeding = True
        while any(not worker.finished for worker in self._workers):
            pending = False
            while feeding and self._is_hungry():
                pairs = feed()
                if pairs is None:
                    feeding = False
                    break
                if not pairs:
                    pending = True
                    break
                for index, frame in pairs:
                    self._send(index, frame)
            if not feeding:
                self._finish_sent()
            yield from self._receive(0.02 if pending else _TICK)
            yield None

    def stop(self) -> None:
        """Tell every worker to drop what it has in hand, and to end once it has said what has ended."""
        self._stopping = True
        for worker in self._workers:
            if not worker.finished:
                worker.process.terminate()

    def close(self) -> None:
        """End the processes that are left, by pid, and wait for them: nobody reads any more what they have to say."""
        for worker in self._workers:
            worker.finish()
            if not worker.finished:
                worker.process.kill()
            worker.process.wait()
            worker.inbox.close()
        self._selector.close()

    def _is_hungry(self) -> bool:
        backlogs = [worker.outbox.backlog for worker in self._workers if worker.outbox and not worker.finished]
        return bool(backlogs) and min(backlogs) < _LOW_WATER and max(backlogs) < _HIGH_WATER

    def _send(self, index: int, frame: bytes) -> None:
        worker = self._workers[index]
        if worker.outbox is None or worker.finished:
            return
        with contextlib.suppress(BrokenPipeError):  # its end shows on the reading side
            worker.outbox.put(frame)

    def _finish_sent(self) -> None:
        for worker in self._workers:
            if worker.outbox is not None and not worker.outbox.backlog:
                worker.finish()

    def _receive(self, patience: float) -> Iterator[bytes]:
        for worker in self._workers:
            if worker.outbox is not None and worker.outbox.backlog:
                patience = min(patience, 0.005)
        for key, _ in self._selector.select(patience):
            yield from self._take(key.data)
        for worker in self._workers:
            if worker.outbox is not None and worker.outbox.backlog:
                with contextlib.suppress(BrokenPipeError):
                    worker.outbox.send()

    def _take(self, index: int) -> Iterator[bytes]:
        worker = self._workers[index]
        broken = False
        try:
            yield from worker.inbox.take()
        except BrokenFrameError:
            broken = True
        if worker.inbox.ended or broken:
            self._selector.unregister(worker.inbox.fileno())
            worker.finished = True
            if not worker.inbox.ended:
                worker.process.kill()  # what it writes makes no sense, and it may be waiting for us to read on
            status = worker.process.wait()
            worker.finish()
            if (status or broken) and not self._stopping:
                self._lost.append(WorkerLost(index, status))


def _widen(pipe: int) -> None:
    """Let a pipe hold more, where the system lets us (Linux, F_SETPIPE_SZ)."""
    if (enlarge := getattr(fcntl, "F_SETPIPE_SZ", None)) is not None:
        with contextlib.suppress(OSError):  # the user's pipes hold all they may: a narrow one does as well
            fcntl.fcntl(pipe, enlarge, _WIDE)
