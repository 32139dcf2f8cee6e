"""Ctrl-C and SIGTERM as a question that is asked between two steps, so that nothing is cut in the middle."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
