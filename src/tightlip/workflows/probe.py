"""What an engine process runs: settings and work items in from its parent, outcomes out."""

import select

import msgspec

from tightlip.cluster.channel import Channel
from tightlip.cluster.frames import FrameReader, FrameWriter
from tightlip.network.descriptors import raise_limit
from tightlip.network.engine import Engine
from tightlip.network.messages import Delivery, EngineSettings, Outcome, WorkItem

_BATCH = 64
_LONGEST_WAIT = 0.1
_FULL = 1 << 20


def probe(channel: Channel) -> None:
    """Drive an engine until its work has ended; the first frame is its settings."""
    frames = _first_frames(channel.reader)
    settings = msgspec.msgpack.decode(frames[0], type=EngineSettings)
    settings = msgspec.structs.replace(settings, concurrency=raise_limit(settings.concurrency))
    Engine(settings, WorkIntake(channel.reader, frames[1:]), OutcomeOutlet(channel.writer)).run()


class WorkIntake:
    """Work items out of frames."""

    def __init__(self, reader: FrameReader, early: list[bytes]) -> None:
        """``early`` are frames that came together with the settings."""
        self._reader = reader
        self._early = early
        self._decoder = msgspec.msgpack.Decoder(list[WorkItem])

    @property
    def stopped(self) -> bool:
        """Whether the parent wants everything dropped."""
        return self._reader.stopped

    @property
    def ended(self) -> bool:
        """Whether no more items will come."""
        return self._reader.ended and not self._early

    def fileno(self) -> int:
        """The pipe from the parent."""
        return self._reader.fileno()

    def take(self) -> list[WorkItem]:
        """The items that have arrived."""
        frames, self._early = self._early + self._reader.take(), []
        return [item for frame in frames for item in self._decoder.decode(frame)]


class OutcomeOutlet:
    """Outcomes into frames, gathered so that a frame carries many."""

    def __init__(self, writer: FrameWriter) -> None:
        """Frames go to ``writer``."""
        self._writer = writer
        self._encoder = msgspec.msgpack.Encoder()
        self._outcomes: list[Outcome] = []
        self._done: list[int] = []
        self._due = 0.0

    @property
    def is_full(self) -> bool:
        """Whether the parent has fallen behind by a megabyte."""
        return self._writer.backlog > _FULL

    @property
    def is_waiting(self) -> bool:
        """Whether the pipe would not take all."""
        return self._writer.backlog > 0

    def fileno(self) -> int:
        """The pipe to the parent."""
        return self._writer.fileno()

    def put(self, outcome: Outcome) -> None:
        """Gather one outcome."""
        self._outcomes.append(outcome)

    def done(self, ticket: int) -> None:
        """Gather one finished ticket; a frame leaves as soon as it is full, however many end at once."""
        self._done.append(ticket)
        if len(self._done) >= _BATCH:
            self._pass_on()

    def send(self, now: float) -> None:
        """Send what has gathered when it has waited; and what the pipe did not take before."""
        if self._writer.backlog:
            self._writer.send()
        if self._done and now >= self._due:
            self._due = now + _LONGEST_WAIT
            self._pass_on()

    def drain(self) -> None:
        """Send everything, waiting for the parent."""
        self._pass_on()
        self._writer.drain()

    def _pass_on(self) -> None:
        while len(self._outcomes) > _BATCH:
            self._writer.put(self._encoder.encode(Delivery(self._outcomes[:_BATCH], [])))
            del self._outcomes[:_BATCH]
        if self._outcomes or self._done:
            self._writer.put(self._encoder.encode(Delivery(self._outcomes, self._done)))
            self._outcomes, self._done = [], []


def _first_frames(reader: FrameReader) -> list[bytes]:
    """Wait for the parent's first frame."""
    while not reader.ended:
        select.select([reader.fileno()], [], [])
        if frames := reader.take():
            return frames
    raise SystemExit(0)
