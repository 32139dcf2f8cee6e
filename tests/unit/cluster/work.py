"""What the workers of these tests do: honest work, and every way of failing at it."""

import os
import select
import time
from struct import pack

from tightlip.cluster.channel import Channel
from tightlip.cluster.frames import FRAME_LIMIT

# No worker outlives the test that forgot it.
DEADLINE = 20.0


def echo(channel: Channel) -> None:
    """Tell our pid, then send every frame back behind the settings."""
    settings = b""
    channel.writer.put(b"pid %d" % os.getpid())
    while not channel.reader.ended and _wait(channel):
        for frame in channel.reader.take():
            if settings:
                channel.writer.put(settings + frame)
            settings = settings or frame
    channel.writer.drain()


def until_stopped(channel: Channel) -> None:
    """Read nothing, as a busy engine does, until told to stop."""
    channel.writer.put(b"pid %d" % os.getpid())
    until = time.monotonic() + DEADLINE
    while not channel.reader.stopped and time.monotonic() < until:
        select.select([], [], [], 0.02)
    channel.writer.put(b"stopped")
    channel.writer.drain()


def deaf(channel: Channel) -> None:
    """Hear nothing, not even the end."""
    channel.writer.put(b"pid %d" % os.getpid())
    time.sleep(DEADLINE)


def half_a_frame(channel: Channel) -> None:
    """Die in the middle of a sentence."""
    os.write(channel.writer.fileno(), pack("<I", 100) + b"half")


def nonsense(channel: Channel) -> None:
    """Announce an impossible frame, and go on writing where nobody reads."""
    os.set_blocking(channel.writer.fileno(), True)
    os.write(channel.writer.fileno(), pack("<I", FRAME_LIMIT + 1))
    while True:
        os.write(channel.writer.fileno(), bytes(1 << 16))


def failing(_channel: Channel) -> None:
    """A fault of ours."""
    os._exit(7)


def _wait(channel: Channel) -> bool:
    return bool(select.select([channel.reader.fileno()], [], [], DEADLINE)[0])
