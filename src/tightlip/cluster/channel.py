"""The worker's end of the pipes to its parent."""

from tightlip.cluster.frames import FrameReader, FrameWriter


class Channel:
    """Frames in and out; the first frame in is the settings."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        """Speak over these two descriptors."""
        self.reader = FrameReader(read_fd)
        self.writer = FrameWriter(write_fd)

    def stop(self) -> None:
        """What is in hand is not wanted any more; frames may wait in the pipe, so this does not come by it."""
        self.reader.stopped = True
