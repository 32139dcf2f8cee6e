"""Maintenance windows: ``Sat 02:00-04:00 Europe/Berlin``, ``Mon-Fri 22:00-01:00 UTC``, or on a date."""

import re
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from tightlip.model.errors import UsageError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(
    r"""(?xi) (?: (?P<date>\d{4}-\d\d-\d\d) | (?P<days>[a-z]{3}(?:[-,][a-z]{3})*) ) \s+
    (?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d) \s+ (?P<zone>[A-Za-z0-9_+/-]+)"""
)
_HINT = 'write "Sat 02:00-04:00 Europe/Berlin", "Mon-Fri 22:00-01:00 UTC" or "2026-11-28 02:00-04:00 UTC"'


class Window(Struct, frozen=True, kw_only=True):
    """Days (0 is Monday) or one date, from ``start`` up to ``end`` by the clock of ``zone``.

    A window whose end is not behind its start ends on the day after.
    """

    days: frozenset[int]
    date: date | None
    start: time
    end: time
    zone: str


def read_window(text: str) -> Window:
    """The window that a text describes; UsageError where it is none. The zone is not looked up."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!a} is no window", _HINT)
    try:
        return Window(
            days=_days(found["days"] or ""),
            date=date.fromisoformat(found["date"]) if found["date"] else None,
            start=time.fromisoformat(found["start"]),
            end=time.fromisoformat(found["end"]),
            zone=found["zone"],
        )
    except ValueError:
        raise UsageError(f"{text!a} is no window: there is no such day or time", _HINT) from None


def covers(window: Window, local: datetime) -> bool:
    """Whether a moment, in the window's own zone, lies inside."""
    at = local.timetz().replace(tzinfo=None)
    if window.start < window.end:
        return _opens_on(window, local.date()) and window.start <= at < window.end
    yesterday = local.date() - timedelta(days=1)
    return (_opens_on(window, local.date()) and at >= window.start) or (
        _opens_on(window, yesterday) and at < window.end
    )


def _opens_on(window: Window, day: date) -> bool:
    return day == window.date if window.date is not None else day.weekday() in window.days


def _days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in filter(None, text.lower().split(",")):
        first, _, last = part.partition("-")
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        days |= {each % 7 for each in range(start, end + 1 if start <= end else end + 8)}
    return frozenset(days)
