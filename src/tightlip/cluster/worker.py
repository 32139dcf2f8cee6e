"""A worker process: runs one function, named as ``package.module:function``, over a channel on two descriptors.

Started as ``python -m tightlip.cluster.worker FUNCTION READ_FD WRITE_FD``; it imports nothing but that function's
module, so that its memory stays small.
"""

import gc
import signal
import sys
from contextlib import suppress
from importlib import import_module

from tightlip.cluster.channel import Channel

# Work comes as millions of short-lived values, and hardly ever as a cycle: looking for cycles is worth doing seldom.
_SELDOM = (50_000, 10, 10)


def main(arguments: list[str]) -> None:
    """Run the named function over the channel on the two descriptors; Ctrl-C is the parent's, SIGTERM means stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    function, read_fd, write_fd = arguments
    channel = Channel(int(read_fd), int(write_fd))
    signal.signal(signal.SIGTERM, lambda _signal, _frame: channel.stop())
    module, _, name = function.partition(":")
    work = getattr(import_module(module), name)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SELDOM)
    with suppress(BrokenPipeError):  # the parent has gone: nobody is left to tell
        work(channel)


if __name__ == "__main__":
    main(sys.argv[1:])
