"""Makes a store that is damaged in its middle."""

from pathlib import Path

from tests.unit.store.samples import batch, endpoint, flagged, kept, run
from tightlip.store import open_store


def broken(path: Path) -> bytes:
    """What a store of 300 endpoints holds after its middle was overwritten; its list of runs can still be read."""
    points = [endpoint(f"h{number}.example") for number in range(300)]
    with open_store(str(path)) as store:
        store.begin_run(run(), b"spec")
        seen = tuple(kept(number, of) for number, of in enumerate(points))
        store.commit(batch(*(flagged(of=of) for of in points), observations=seen, watermark=300))
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xaa" * 30_000)
    return path.read_bytes()
