"""FILETIME, the clock of Windows, as an aware UTC datetime."""

from datetime import UTC, datetime, timedelta

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICKS_TO_UNIX = 116_444_736_000_000_000
_LAST = 2_650_467_744_000_000_000  # the first tick of the year 10000


def from_filetime(ticks: int) -> datetime | None:
    """The moment, to the microsecond; None for 0 (unset) and for years that no calendar of ours has.

    ``ticks`` counts units of 100 ns since 1601-01-01 UTC (MS-DTYP 2.3.3).
    """
    if not 0 < ticks < _LAST:
        return None
    return _UNIX_EPOCH + timedelta(microseconds=(ticks - _TICKS_TO_UNIX) // 10)
