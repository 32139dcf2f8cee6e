"""A store that is damaged in its middle: whoever would write into it is told, and not a byte of it changes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.store.damaged import broken
from tests.unit.store.samples import DAY, NOON, batch, endpoint, flagged, kept, run
from tightlip.model.errors import StoreError
from tightlip.store import Store, database, open_store

WRITES: dict[str, Callable[[Store], object]] = {
    "begin": lambda store: store.begin_run(run("run-2"), b""),
    "commit": lambda store: store.commit(batch(observations=(kept(300),))),
    "spool": lambda store: store.spool("run-1", ["a"]),
    "accept": lambda store: store.accept(flagged(of=endpoint("h0.example")).flagged[0].id, "x", NOON + DAY, "Anna"),
    "forget": lambda store: store.forget_host("h0.example"),
    "forget before": lambda store: store.forget_before(NOON + DAY),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_nothing_is_written_into_a_damaged_store(tmp_path: Path, write: Callable[[Store], object]) -> None:
    """It says so, and what to do; the file is as it was, and the only one."""
    path = tmp_path / "store.db"
    before = broken(path)
    with open_store(str(path), lambda: NOON) as store:
        assert store.run("last").run.id == "run-1"
        with pytest.raises(StoreError, match=r"store\.db is damaged") as told:
            write(store)
    assert "restore a copy" in told.value.hint
    assert (path.read_bytes(), [*tmp_path.iterdir()]) == (before, [path])


def test_a_large_store_is_not_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That would keep every scan waiting; its damage is found by the thorough check."""
    monkeypatch.setattr(database, "LOOKED_THROUGH", 1 << 16)
    broken(tmp_path / "store.db")
    with open_store(str(tmp_path / "store.db")) as store:
        store.begin_run(run("run-2"), b"")
        assert store.run("run-2").observations == 0
        assert store.complaints()


def test_a_complaint_is_one_line(tmp_path: Path) -> None:
    """SQLite puts several into one text, below a heading."""
    broken(tmp_path / "store.db")
    with open_store(str(tmp_path / "store.db")) as store:
        found = store.complaints()
    assert found
    assert [line for line in found if "\n" in line or "***" in line] == []
