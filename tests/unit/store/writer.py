"""A process that commits batch after batch and tells each one: for tests that cut it off or crowd it."""

import resource
import signal
import sys
from datetime import UTC, datetime

from tests.unit.store.samples import batch, endpoint, flagged, kept
from tightlip.model.errors import StoreError
from tightlip.store import open_store

_EACH = 20


def write(url: str, first: int, batches: int) -> None:
    """Commit ``batches`` of twenty observations with one finding each, from position ``first`` on."""
    with open_store(url, lambda: datetime(2026, 3, 1, tzinfo=UTC)) as store:
        for start in range(first, first + batches * _EACH, _EACH):
            positions = range(start, start + _EACH)
            points = [endpoint(f"h{position}.example") for position in positions]
            seen = tuple(kept(position, of) for position, of in zip(positions, points, strict=True))
            judged = [flagged(of=of) for of in points]
            store.commit(batch(*judged, observations=seen, watermark=start + _EACH))
            print(start + _EACH, flush=True)


def main() -> None:
    """``URL FIRST BATCHES [LARGEST FILE IN BYTES]``; a StoreError is told on stderr, with status 2."""
    url, first, batches, *limit = sys.argv[1:]
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[0]), resource.RLIM_INFINITY))
    try:
        write(url, int(first), int(batches))
    except StoreError as error:
        sys.exit(f"StoreError: {error.message} ({error.hint})")


if __name__ == "__main__":
    main()
