"""Crashes, full disks and crowds: what was committed is there, whole, and nothing else."""

from pathlib import Path

import pytest

from tests.unit.store.processes import start_writer
from tests.unit.store.samples import batch, run
from tightlip.store import Store, open_store

ENOUGH = 100_000


def begin(path: Path) -> None:
    """Make a store with a run in it."""
    with open_store(str(path)) as store:
        store.begin_run(run(), b"spec")


def assert_whole(store: Store, at_least: int) -> None:
    """No committed batch is lost, none is there in part, and the file is sound."""
    point = store.resume_point("run-1")
    positions = [each.position for each in store.observations("run-1")]
    assert point.watermark >= at_least
    assert positions == list(range(point.watermark))
    assert len(list(store.findings(frozenset()))) == point.watermark
    assert store.complaints() == ()


@pytest.mark.parametrize("batches", [1, 7, 40])
def test_kill_9_loses_no_committed_batch(tmp_path: Path, batches: int) -> None:
    """The writer is cut off while it goes on committing; the store opens as after any other day."""
    path = tmp_path / "store.db"
    begin(path)
    with start_writer(str(path), 0, ENOUGH) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(batches)]
        writer.kill()
    with open_store(str(path)) as store:
        assert_whole(store, told[-1])
        store.commit(batch(watermark=told[-1]))


def test_a_full_disk_is_told_and_spares_what_was_committed(tmp_path: Path) -> None:
    """Files may not grow beyond a megabyte here; the writer ends with a StoreError, not a traceback."""
    path = tmp_path / "store.db"
    begin(path)
    with start_writer(str(path), 0, ENOUGH, 1 << 20) as writer:
        out, error = writer.communicate(timeout=60)
    assert writer.returncode == 1
    assert error.startswith(f"StoreError: the store {path} ")
    assert "Traceback" not in error
    with open_store(str(path)) as store:
        assert_whole(store, int(out.split()[-1]))


def test_two_processes_write_side_by_side(tmp_path: Path) -> None:
    """Each waits for the other; all batches of both are kept, each finding once."""
    path = tmp_path / "store.db"
    begin(path)
    with start_writer(str(path), 0, 30) as one, start_writer(str(path), 300, 30) as other:
        errors = [writer.communicate(timeout=60)[1] for writer in (one, other)]
    assert errors == ["", ""]
    with open_store(str(path)) as store:
        assert [each.position for each in store.observations("run-1")] == list(range(900))
        assert len(list(store.findings(frozenset()))) == 900


def test_several_processes_may_make_the_store(tmp_path: Path) -> None:
    """The tables are made once; each process then finds the run missing, which the first would have begun."""
    path = tmp_path / "deep" / "store.db"
    writers = [start_writer(str(path), 0, 1) for _ in range(4)]
    errors = [writer.communicate(timeout=60)[1] for writer in writers]
    told = f"StoreError: the store {path} has no run run-1 any more ()\n"
    assert errors == [told] * 4
    with open_store(str(path)) as store:
        assert store.complaints() == ()
