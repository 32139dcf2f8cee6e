"""Maintenance windows: read as people write them, over midnight, on a date, by the clock of their zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tightlip.model.errors import UsageError
from tightlip.remediate.window import covers, read_window


def inside(text: str, moment: str) -> bool:
    """Whether a moment (UTC, ISO 8601) lies in a window."""
    window = read_window(text)
    return covers(window, datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(ZoneInfo(window.zone)))


# 2026-11-28 is a Saturday.
@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        ("Sat 02:00-04:00 UTC", "2026-11-28T02:00", True),
        ("Sat 02:00-04:00 UTC", "2026-11-28T01:59:59.999999", False),
        ("Sat 02:00-04:00 UTC", "2026-11-28T03:59:59.999999", True),
        ("Sat 02:00-04:00 UTC", "2026-11-28T04:00", False),
        ("Sat 02:00-04:00 UTC", "2026-11-27T03:00", False),
        ("sat,SUN 02:00-04:00 UTC", "2026-11-29T03:00", True),
        ("Mon-Fri 22:00-01:00 UTC", "2026-11-27T23:00", True),
        ("Mon-Fri 22:00-01:00 UTC", "2026-11-28T00:59", True),
        ("Mon-Fri 22:00-01:00 UTC", "2026-11-28T01:00", False),
        ("Mon-Fri 22:00-01:00 UTC", "2026-11-28T23:00", False),
        ("Mon-Fri 22:00-01:00 UTC", "2026-11-30T00:30", False),
        ("Sat-Mon 02:00-04:00 UTC", "2026-11-30T03:00", True),
        ("Sat-Mon 02:00-04:00 UTC", "2026-12-01T03:00", False),
        ("Sat 00:00-00:00 UTC", "2026-11-28T23:59", True),
        ("Sat 00:00-00:00 UTC", "2026-11-29T00:00", False),
        ("Sat 12:00-12:00 UTC", "2026-11-29T11:59", True),
        ("2026-11-28 22:00-02:00 UTC", "2026-11-29T01:59", True),
        ("2026-11-28 22:00-02:00 UTC", "2026-11-28T01:00", False),
        ("2026-11-28 22:00-02:00 UTC", "2027-11-28T23:00", False),
    ],
)
def test_a_moment_is_inside_or_not(text: str, moment: str, expected: bool) -> None:
    """The end belongs to what comes after; a window over midnight belongs to the day on which it begins."""
    assert inside(text, moment) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # The day before the clocks go forward, and the day itself: 02:00 to 03:00 is not there.
        ("2026-03-28T01:30", True),
        ("2026-03-29T00:59", False),
        ("2026-03-29T01:00", True),
        ("2026-03-29T01:59", True),
        ("2026-03-29T02:00", False),
        # They go back: the hour from 02:00 comes twice, and is inside both times.
        ("2026-10-24T23:59", False),
        ("2026-10-25T00:00", True),
        ("2026-10-25T01:30", True),
        ("2026-10-25T02:59", True),
        ("2026-10-25T03:00", False),
    ],
)
def test_the_clock_of_the_zone_counts_when_it_is_changed(moment: str, expected: bool) -> None:
    """What stands on the wall in Berlin, whatever UTC says."""
    assert inside("Sat-Sun 02:00-04:00 Europe/Berlin", moment) is expected


def test_the_day_is_the_zones_own() -> None:
    """Saturday morning in Auckland is Friday in Greenwich."""
    assert inside("Sat 02:00-04:00 Pacific/Auckland", "2026-11-27T13:30")
    assert not inside("Fri 02:00-04:00 Pacific/Auckland", "2026-11-27T13:30")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sat",
        "Sat 2:00-4:00 UTC",
        "Sat 02:00-04:00",
        "Xyz 02:00-04:00 UTC",
        "Mon-Tue-Wed 02:00-04:00 UTC",
        "Sat 24:00-25:00 UTC",
        "Sat 02:61-04:00 UTC",
        "2026-02-30 02:00-04:00 UTC",
        "Sat 02:00-04:00 ../../etc/localtime",
        "Sat 02:00-04:00 UTC; rm",
        "Sat 02:00-04:00 UTC\x1b[2J",
    ],
)
def test_what_is_no_window_is_refused_with_an_example(text: str) -> None:
    """And is shown in the message without anything a terminal would obey."""
    with pytest.raises(UsageError, match="is no window") as refused:
        read_window(text)
    assert "Europe/Berlin" in refused.value.hint
    assert "\x1b" not in refused.value.message
