"""Resuming: what a run that was cut off finds again."""

from collections.abc import Iterator

import pytest

from tests.unit.store.samples import DAY, NOON, batch, endpoint, kept, run, summary
from tightlip.model.errors import Exit, UsageError
from tightlip.store import ResumePoint, Store


def test_a_new_run_resumes_at_its_beginning(store: Store) -> None:
    """Nothing is done yet."""
    assert store.resume_point("run-1") == ResumePoint(run(), b"spec", 0, b"", frozenset())


def test_the_point_holds_what_was_committed(store: Store) -> None:
    """Watermark and tally of the last batch; done is what was stored at or above the watermark."""
    store.commit(batch(observations=(kept(0), kept(1)), watermark=1))
    store.commit(batch(observations=(kept(2, address=None), kept(4, endpoint(port=143))), watermark=2))
    point = store.resume_point("run-1")
    assert (point.watermark, point.tally) == (2, b"tally")
    assert point.done == {
        (2, "pop3://mail.example.org:110", None),
        (4, "pop3://mail.example.org:143", "192.0.2.7"),
    }


def test_the_youngest_unfinished_run_is_offered(store: Store) -> None:
    """An interrupted run can be resumed; one that came to its end cannot."""
    for id_, started in (("run-0", NOON - DAY), ("run-2", NOON + DAY)):
        store.begin_run(run(id_, started), b"spec")
    store.end_run(summary(run("run-2", NOON + DAY), Exit.OK))
    store.end_run(summary(run(), Exit.INTERRUPTED))
    last = store.last_unfinished_run()
    assert last is not None
    assert last.id == "run-1"
    with pytest.raises(UsageError, match="come to its end"):
        store.resume_point("run-2")


def test_a_resumed_run_ends_like_any_other(store: Store) -> None:
    """And then lets go of what would resume it."""
    store.end_run(summary(run(), Exit.INTERRUPTED))
    store.commit(batch(observations=(kept(9),)))
    store.end_run(summary(run(), Exit.OK))
    assert store.last_unfinished_run() is None
    assert store.run("run-1").summary == summary(run(), Exit.OK)


def test_spooled_lines_come_back_in_order(store: Store) -> None:
    """More than fit in a page; NUL and half surrogates are made harmless."""
    lines = [f"h{number}.example" for number in range(12_345)]
    assert store.spool("run-1", iter([*lines, "a\0b\ud800"])) == 12_346
    assert list(store.spooled("run-1")) == [*lines, "a\N{REPLACEMENT CHARACTER}b?"]


def test_a_spool_that_was_cut_off_is_not_mistaken_for_a_whole_one(store: Store) -> None:
    """The crash while reading targets is told; nothing is scanned silently short."""

    def broken() -> Iterator[str]:
        yield from (str(number) for number in range(6_000))
        raise OSError("the pipe broke")

    with pytest.raises(OSError, match="pipe"):
        store.spool("run-1", broken())
    with pytest.raises(UsageError, match="while it read its targets"):
        list(store.spooled("run-1"))


def test_reading_the_spool_holds_no_transaction_open(store: Store) -> None:
    """Batches are committed while targets are still being taken from it."""
    store.spool("run-1", (str(number) for number in range(11_000)))
    taken = 0
    for taken, _ in enumerate(store.spooled("run-1"), 1):
        if taken % 4_000 == 0:
            store.commit(batch(observations=(kept(taken),)))
    assert (taken, store.run("run-1").observations) == (11_000, 2)
