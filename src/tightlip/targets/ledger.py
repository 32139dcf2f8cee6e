"""The ledger of a walk: which positions are in hand, and the watermark below which all are done."""


class Ledger:
    """Positions are opened in order and closed in any; memory holds only what lies above the watermark.

    ``closed`` counts the positions that are done, those below the watermark where it began included.
    """

    def __init__(self, watermark: int = 0) -> None:
        """Begin at ``watermark``."""
        self.watermark = watermark
        self.closed = watermark
        self._next = watermark
        self._open: dict[int, int] = {}

    def open(self, position: int, items: int) -> None:
        """A position was walked to and stands for so many work items (0: nothing is to be asked there)."""
        if items:
            self._open[position] = items
        else:
            self.closed += 1
        self._next = position + 1
        self._advance()

    def add(self, position: int, items: int) -> None:
        """An open position turned out to stand for more."""
        self._open[position] += items

    def close(self, position: int) -> bool:
        """One of a position's items is done; whether it was the last."""
        left = self._open[position] - 1
        if left:
            self._open[position] = left
            return False
        del self._open[position]
        self.closed += 1
        if position == self.watermark:
            self._advance()
        return True

    def _advance(self) -> None:
        while self.watermark < self._next and self.watermark not in self._open:
            self.watermark += 1
