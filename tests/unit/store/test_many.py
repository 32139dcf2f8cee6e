"""A large scan: every endpoint that answered is in the store."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.unit.store.samples import batch, endpoint, flagged, kept, run, summary
from tightlip.store import open_store

MANY = 100_000
EACH = 512
# Seconds: five were seen, and at the default rate a scan of so many takes 200.
LONGEST = 60


def test_a_hundred_thousand_answering_endpoints_are_all_stored(tmp_path: Path) -> None:
    """A row each for observation, finding and sighting, no position left out, fast enough to keep up with an engine."""
    path = tmp_path / "store.db"
    began = time.monotonic()
    with open_store(str(path)) as store:
        store.begin_run(run(), b"spec")
        for start in range(0, MANY, EACH):
            points = [endpoint(f"h{position}.example") for position in range(start, min(start + EACH, MANY))]
            seen = tuple(kept(position, of) for position, of in enumerate(points, start))
            store.commit(batch(*(flagged(of=of) for of in points), observations=seen, watermark=start + len(points)))
        store.end_run(summary(run()))
        assert store.run("last").observations == MANY
    assert time.monotonic() - began < LONGEST
    with closing(sqlite3.connect(path)) as rows:
        told = "SELECT count(*), count(DISTINCT position), min(position), max(position) FROM observation"
        assert rows.execute(told).fetchall() == [(MANY, MANY, 0, MANY - 1)]
        for table in ("finding", "sighting"):
            assert rows.execute(f"SELECT count(*) FROM {table}").fetchone() == (MANY,), table
