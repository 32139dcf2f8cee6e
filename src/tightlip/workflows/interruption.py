"""Ctrl-C and SIGTERM as a question that is asked between two steps, so that nothing is cut in the middle."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """Whether somebody asked to stop; the second time the usual way."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.asked = False
        self._is_heeded = True

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        if self.asked or not self._is_heeded:
            raise KeyboardInterrupt
        self.asked = True

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
    before = {each: signal.signal(each, interruption.ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interruption
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
