"""Moves SQLite's write-ahead log into the database beside the work, so that no commit waits for the disk."""

from concurrent.futures import Future, ThreadPoolExecutor

from tightlip.model.errors import StoreError
from tightlip.store.database import Database

# Observations between two moves: a page of the findings' index is then moved once for several batches.
_ENOUGH = 8_000


class Checkpointer:
    """One thread that is asked after each commit; it never has more than one move to make."""

    def __init__(self, database: Database) -> None:
        """The thread starts with its first work."""
        self._database = database
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._moving: Future[None] | None = None
        self._waiting = 0

    def notice(self, observations: int) -> None:
        """So many were committed: have them moved when they are many; returns at once."""
        self._waiting += observations
        if self._waiting >= _ENOUGH and (self._moving is None or self._moving.done()):
            self._waiting = 0
            self._moving = self._thread.submit(self._move)

    def close(self) -> None:
        """Wait for the thread."""
        self._thread.shutdown()

    def _move(self) -> None:
        try:
            with self._database.alone() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except StoreError:
            # Whatever it is, the next commit meets it too and says so; nothing is lost in the log.
            return
