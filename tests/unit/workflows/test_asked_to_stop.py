"""The signal handler: asked once it is a question, and nothing that is raised may be all there is of it."""

import signal

import pytest

from tightlip.workflows.interruption import interruptible


def test_an_interrupt_that_is_lost_is_still_a_question() -> None:
    """Where nobody looks it is raised; raised in a callback of the collector of garbage it comes to nothing."""
    with interruptible() as interruption:
        with pytest.raises(KeyboardInterrupt), interruption.unheeded():
            signal.raise_signal(signal.SIGINT)
        assert interruption.asked
        assert not interruption.is_over


def test_a_second_one_comes_the_usual_way_and_is_the_last() -> None:
    """Whoever tidies up is not cut off by a third."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        with interruptible() as interruption:
            signal.raise_signal(signal.SIGINT)
            assert interruption.asked
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            assert interruption.is_over
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
