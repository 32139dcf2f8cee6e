"""Ctrl-C and SIGTERM as a question that is asked between two steps, so that nothing is cut in the middle.

Theory of operation. Asked once, whoever is at work looks at the question between two steps, and ends tidily. Asked
for a second time, a KeyboardInterrupt goes up through the main thread, and what is on its way tidies up. Python calls
a handler in the main thread alone, between two of its own instructions: a library that waits for a lock, say, would
swallow both. So the kernel's own note of each signal goes to a pipe as well (set_wakeup_fd), which a thread of its own
reads; from the second one on the process has two seconds to end, and is ended then.
"""

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from types import FrameType

from tightlip.model.errors import Exit

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# How long whoever was asked twice may tidy up, in seconds.
_TIDYING = 2.0
# What is written to a watch's pipe besides the numbers of signals.
_OVER, _ANEW = 254, 255
_STDERR = 2


class Interruption:
    """Whether somebody asked to stop; the second time the usual way."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.asked = False
        self.is_over = False
        self._is_heeded = True

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        if not self.asked and not self._is_heeded:
            # Raised where the garbage is collected, say, it is lost: then whoever looks next finds that it was asked.
            self.asked = True
            raise KeyboardInterrupt
        if self.asked:
            # We are on our way out: a third time would only cut what tidies up, in a place that cannot be caught.
            self.is_over = True
            for each in _SIGNALS:
                signal.signal(each, signal.SIG_IGN)
            raise KeyboardInterrupt
        self.asked = True

    def go_another_way(self) -> None:
        """Not out, but through more work, which was told the second time: the next one counts as a second again."""
        self.is_over = False
        for each in _SIGNALS:
            signal.signal(each, self.ask)
        for watch in _watches:
            watch.tell(_ANEW)

    @contextmanager
    def unheeded(self) -> Iterator[None]:
        """While this block runs nobody looks at the question: the first time, too, comes the usual way."""
        self._is_heeded = False
        try:
            yield
        finally:
            self._is_heeded = True


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Catch SIGINT and SIGTERM for a while."""
    interruption = Interruption()
    before = {each: signal.signal(each, interruption.ask) for each in _SIGNALS}
    try:
        yield interruption
    finally:
        for each, handler in before.items() if not interruption.is_over else ():
            signal.signal(each, handler)


# Usually one; none where only a part of the program runs, as in tests.
_watches: "list[_Watch]" = []


@contextmanager
def watched() -> Iterator[None]:
    """While this block runs, a second SIGINT or SIGTERM that has a handler ends the process, wherever it hangs."""
    watch = _Watch()
    _watches.append(watch)
    descriptor = signal.set_wakeup_fd(watch.writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(descriptor)
        _watches.remove(watch)
        watch.end()


class _Watch:
    """The thread, and the pipe that it reads."""

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe()
        os.set_blocking(self.writing, False)
        self._thread = Thread(target=self._run, name="interruption", daemon=True)
        self._thread.start()

    def tell(self, word: int) -> None:
        with suppress(BlockingIOError):  # so many signals that one more word changes nothing
            os.write(self.writing, bytes([word]))

    def end(self) -> None:
        self.tell(_OVER)
        self._thread.join()
        os.close(self._reading)
        os.close(self.writing)

    def _run(self) -> None:
        asked = 0
        until: float | None = None
        while True:
            patience = None if until is None else max(0.0, until - time.monotonic())
            if not select.select([self._reading], [], [], patience)[0]:
                _end()
            for word in os.read(self._reading, 64):
                if word == _OVER:
                    return
                asked = 1 if word == _ANEW else asked + (word in _SIGNALS)
            if asked < 2:
                until = None
            elif until is None:
                until = time.monotonic() + _TIDYING


def _end() -> None:
    """Say it as usual, where somebody reads, and leave without another look at the main thread."""
    with suppress(OSError, ValueError):
        if select.select([], [_STDERR], [], 0)[1]:
            os.write(_STDERR, b"tightlip: interrupted\n")
    os._exit(Exit.INTERRUPTED)
