"""Where a message ends: lines and counted pieces out of a stream that arrives in any segmentation."""

LIMIT = 65_536
PIECES_LIMIT = 10_000


class TooLongError(Exception):
    """The peer sent more without an end of line, or more lines, than a conversation may have."""


class Inbox:
    """Bytes that arrived and were not yet asked for; a line is searched only where it was not searched before."""

    __slots__ = ("_at", "_data", "_limit", "_searched", "_taken", "bare_lf")

    def __init__(self, limit: int = LIMIT) -> None:
        """Hold at most ``limit`` bytes without an end of line."""
        self._data = b""
        self._at = 0
        self._searched = 0
        self._taken = 0
        self._limit = limit
        self.bare_lf = False

    def put(self, data: bytes) -> None:
        """Append what arrived."""
        at = self._at
        if at < len(self._data):
            self._data = self._data[at:] + data
            self._searched -= at
        else:
            self._data = data
            self._searched = 0
        self._at = 0

    def take_line(self) -> bytes | None:
        """The next line without CRLF (or a bare LF), or None while it is not whole."""
        data, at = self._data, self._at
        end = data.find(b"\n", self._searched)
        if end < 0:
            if len(data) - at > self._limit:
                raise TooLongError
            self._searched = len(data)
            return None
        self._taken += 1
        if end - at > self._limit or self._taken > PIECES_LIMIT:
            raise TooLongError
        self._at = self._searched = end + 1
        if end > at and data[end - 1] == 13:
            return data[at : end - 1]
        self.bare_lf = True
        return data[at:end]

    def take(self, count: int) -> bytes | None:
        """The next ``count`` bytes, or None while they are not all here."""
        if count > self._limit:
            raise TooLongError
        at = self._at
        if len(self._data) - at < count:
            return None
        self._taken += 1
        if self._taken > PIECES_LIMIT:
            raise TooLongError
        self._at = self._searched = at + count
        return self._data[at : at + count]

    def drop(self) -> bytes:
        """Everything that waits, taken away (what was sent before TLS must not count after it)."""
        left = self._data[self._at :]
        self._data, self._at, self._searched = b"", 0, 0
        return left
