"""Frames over a pipe: whole ones come out as they went in, however the pipe cut them."""

import os
import threading
from collections.abc import Iterator
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.talk.cutting import CUTS, pieces
from tightlip.cluster.frames import FRAME_LIMIT, BrokenFrameError, FrameReader, FrameWriter

FRAMES = st.lists(st.binary(max_size=20), max_size=8)


@pytest.fixture
def pipe() -> Iterator[tuple[FrameReader, FrameWriter]]:
    """Both ends of a pipe."""
    readable, writable = os.pipe()
    reader, writer = FrameReader(readable), FrameWriter(writable)
    yield reader, writer
    reader.close()
    writer.close()


def encoded(frames: list[bytes]) -> bytes:
    """What a pipe carries for these frames."""
    return b"".join(pack("<I", len(frame)) + frame for frame in frames)


@given(frames=FRAMES, cuts=CUTS)
def test_frames_are_whole_at_any_chopping(frames: list[bytes], cuts: list[int]) -> None:
    """Every frame, empty ones too, comes out once, in order, as soon as its last byte is there."""
    readable, writable = os.pipe()
    reader, taken = FrameReader(readable), list[bytes]()
    for piece in pieces(encoded(frames), cuts):
        os.write(writable, piece)
        taken += reader.take()
    os.close(writable)
    assert (reader.take(), reader.ended) == ([], True)
    reader.close()
    assert taken == frames


@given(frames=FRAMES.filter(bool), missing=st.integers(1, 4))
def test_an_end_inside_a_frame_is_an_error(frames: list[bytes], missing: int) -> None:
    """Whole frames are given out first; half a frame at the end is told of."""
    readable, writable = os.pipe()
    reader = FrameReader(readable)
    os.write(writable, encoded(frames)[:-missing])
    os.close(writable)
    taken = reader.take()
    assert taken == frames[: len(taken)]
    if sum(len(frame) + 4 for frame in taken) < len(encoded(frames)) - missing:
        with pytest.raises(BrokenFrameError):
            reader.take()
    assert reader.ended or not reader.take()
    reader.close()


def test_a_written_frame_can_be_read(pipe: tuple[FrameReader, FrameWriter]) -> None:
    """What one end puts the other takes."""
    reader, writer = pipe
    for frame in (b"one", b"", b"three" * 100):
        writer.put(frame)
    assert reader.take() == [b"one", b"", b"three" * 100]
    assert writer.backlog == 0


def test_what_the_pipe_does_not_take_waits(pipe: tuple[FrameReader, FrameWriter]) -> None:
    """Writing never blocks: the backlog is counted to the byte, and goes out as the reader takes."""
    reader, writer = pipe
    frames = [bytes([number]) * 100_000 for number in range(8)]
    for frame in frames:
        writer.put(frame)
    assert 0 < writer.backlog < len(encoded(frames))
    taken: list[bytes] = []
    for _ in range(1_000):
        taken += reader.take()
        writer.send()
    assert taken == frames
    assert writer.backlog == 0


def test_nothing_there_is_no_frame_and_no_end(pipe: tuple[FrameReader, FrameWriter]) -> None:
    """Reading never blocks either."""
    reader, _ = pipe
    assert reader.take() == []
    assert not reader.ended


def test_an_impossible_frame_is_an_error(pipe: tuple[FrameReader, FrameWriter]) -> None:
    """A length beyond the limit is not waited for."""
    reader, writer = pipe
    os.write(writer.fileno(), pack("<I", FRAME_LIMIT + 1))
    with pytest.raises(BrokenFrameError):
        reader.take()


def test_a_reader_that_has_gone_is_told() -> None:
    """The writer learns that nobody reads any more."""
    readable, writable = os.pipe()
    writer = FrameWriter(writable)
    os.close(readable)
    with pytest.raises(BrokenPipeError):
        writer.put(b"anybody?")
    writer.close()


def test_draining_waits_for_the_reader() -> None:
    """Everything that waits goes out before drain() returns, however slowly it is read."""
    readable, writable = os.pipe()
    reader, writer = FrameReader(readable), FrameWriter(writable)
    taken: list[bytes] = []

    def read_all() -> None:
        while len(taken) < 8:
            taken.extend(reader.take())

    frames = [bytes([number]) * 100_000 for number in range(8)]
    for frame in frames:
        writer.put(frame)
    thread = threading.Thread(target=read_all)
    thread.start()
    writer.drain()
    thread.join(10)
    assert (taken, writer.backlog) == (frames, 0)
    reader.close()
    writer.close()
