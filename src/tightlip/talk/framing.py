"""Where a message ends: lines and counted pieces out of a stream that arrives in any segmentation."""

LIMIT = 65_536
PIECES_LIMIT = 10_000


class TooLongError(Exception):
    """The peer sent more without an end of line, or more lines, than a conversation may have."""


class Inbox:
    """Bytes that arrived and were not yet asked for: ``data``, to which more is added, and what of a list has come."""

    __slots__ = ("_limit", "_list", "_taken", "bare_lf", "data")

    def __init__(self, limit: int = LIMIT) -> None:
        """Hold at most ``limit`` bytes without an end of line."""
        self.data = b""
        self._list = bytearray()  # what has come of a list that is not whole yet, its lines each with a CRLF
        self._taken = 0
        self._limit = limit
        self.bare_lf = False

    def take_line(self) -> bytes | None:
        """The next line without CRLF (or a bare LF), or None while it is not whole."""
        line, end, rest = self.data.partition(b"\r\n")
        if not end or b"\n" in line:
            return self._take_odd_line()
        self._taken += 1
        if len(line) >= self._limit or self._taken > PIECES_LIMIT:
            raise TooLongError  # what is too long stays here, as where its end has not come yet
        self.data = rest
        return line

    def take_list(self) -> bytes | None:
        """All lines up to a lone dot, each with a CRLF and without the dot, or None while it has not come."""
        if not self._list and (whole := self._take_usual_list()) is not None:
            return whole
        while (line := self.take_line()) is not None:
            if line == b".":
                lines, self._list = bytes(self._list), bytearray()
                return lines
            self._list += line + b"\r\n"
        return None

    def take(self, count: int) -> bytes | None:
        """The next ``count`` bytes, or None while they are not all here."""
        if count > self._limit:
            raise TooLongError
        data = self.data
        if len(data) < count:
            return None
        self._taken += 1
        if self._taken > PIECES_LIMIT:
            raise TooLongError
        self.data = data[count:]
        return data[:count]

    @property
    def is_in_list(self) -> bool:
        """Whether what waits begins with lines of a list that is not whole yet."""
        return bool(self._list)

    def drop(self) -> bytes:
        """Everything that waits, taken away (what was sent before TLS must not count after it)."""
        left = bytes(self._list) + self.data
        self._list, self.data = bytearray(), b""
        return left

    def _take_usual_list(self) -> bytes | None:
        """One that is here as a whole and has nothing odd about it, at once."""
        lines, dot, rest = self.data.partition(b"\r\n.\r\n")
        ends = lines.count(b"\n")
        if not dot or lines.startswith(b".") or ends != lines.count(b"\r\n"):
            return None
        taken = self._taken + ends + 2
        if len(lines) >= self._limit or taken > PIECES_LIMIT:
            return None
        self.data, self._taken = rest, taken
        return lines + b"\r\n"

    def _take_odd_line(self) -> bytes | None:
        """A line that a bare LF ends, or None while there is none."""
        line, end, rest = self.data.partition(b"\n")
        if len(line) > self._limit:
            raise TooLongError
        if not end:
            return None
        self.data = rest
        self._taken += 1
        if self._taken > PIECES_LIMIT:
            raise TooLongError
        self.bare_lf = True
        return line
