"""A client that asks a listener again and again while something is done to its server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# Not an address that anybody else asks from: what the server holds against that one must not reach this client.
SOURCE = "127.0.0.7"
# A client that came without a pause would fill the server's queue, and measure itself: a SYN that is dropped is sent
# again after a second (RFC 6298 section 2).
_PAUSE = 0.005


@dataclass
class Watcher:
    """``gap`` is the longest time, in seconds, from one answer to the next; ``answers`` are how many there were."""

    gap: float = 0.0
    answers: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self, ask: Callable[[], object]) -> Iterator[None]:
        """Ask as long as this lasts; no answer is an OSError."""
        thread = threading.Thread(target=self._watch, args=(ask,))
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _watch(self, ask: Callable[[], object]) -> None:
        last = time.monotonic()
        while not self._ended.wait(_PAUSE):
            try:
                ask()
            except OSError:
                continue
            now = time.monotonic()
            self.gap = max(self.gap, now - last)
            last = now
            self.answers += 1
        self.gap = max(self.gap, time.monotonic() - last)
