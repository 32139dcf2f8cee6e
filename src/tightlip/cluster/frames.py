"""Frames over a pipe: a length of four bytes (little endian), then that many bytes; reading and writing never block."""

import os
from collections import deque
from struct import Struct

_LENGTH = Struct("<I")
_CHUNK = 1 << 18
FRAME_LIMIT = 1 << 28


class BrokenFrameError(Exception):
    """The other side closed in the middle of a frame, or announced an impossible one."""


class FrameReader:
    """Whole frames out of a non-blocking descriptor; ``stopped`` where its owner was told to drop everything."""

    def __init__(self, fd: int) -> None:
        """Read from ``fd``, which is made non-blocking."""
        os.set_blocking(fd, False)
        self._fd = fd
        self._data = bytearray()
        self.ended = False
        self.stopped = False

    def fileno(self) -> int:
        """The descriptor."""
        return self._fd

    def take(self) -> list[bytes]:
        """The frames that have arrived whole; sets ``ended`` when the other side has closed."""
        try:
            chunk = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return []
        if not chunk:
            self.ended = True
            if self._data:
                raise BrokenFrameError("the pipe closed inside a frame")
        self._data += chunk
        return self._split()

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._fd)

    def _split(self) -> list[bytes]:
        frames, at, data = [], 0, self._data
        while len(data) - at >= 4:
            (length,) = _LENGTH.unpack_from(data, at)
            if length > FRAME_LIMIT:
                raise BrokenFrameError(f"a frame of {length} bytes")
            if len(data) - at - 4 < length:
                break
            frames.append(bytes(data[at + 4 : at + 4 + length]))
            at += 4 + length
        if at:
            del data[:at]
        return frames


class FrameWriter:
    """Frames into a non-blocking descriptor; what it does not take yet waits here."""

    def __init__(self, fd: int) -> None:
        """Write to ``fd``, which is made non-blocking."""
        os.set_blocking(fd, False)
        self._fd = fd
        self._waiting: deque[bytes] = deque()
        self.backlog = 0

    def fileno(self) -> int:
        """The descriptor."""
        return self._fd

    def put(self, frame: bytes) -> None:
        """Queue one frame and send what can be sent."""
        self._waiting.append(_LENGTH.pack(len(frame)) + frame)
        self.backlog += len(frame) + 4
        self.send()

    def send(self) -> None:
        """Send as much as the descriptor takes; a reader that has gone raises BrokenPipeError."""
        while self._waiting:
            piece = self._waiting[0]
            try:
                sent = os.write(self._fd, piece)
            except BlockingIOError:
                return
            self.backlog -= sent
            if sent < len(piece):
                self._waiting[0] = piece[sent:]
                return
            self._waiting.popleft()

    def drain(self) -> None:
        """Send everything, waiting for the reader."""
        os.set_blocking(self._fd, True)
        while self._waiting:
            self.send()

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._fd)
