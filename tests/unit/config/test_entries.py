"""Scope entries as people write them: what is taken, what it means, and what is refused with which hint."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tightlip.config.entries import authority
from tightlip.model.errors import UsageError
from tightlip.model.run import Authority

END = datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-06-30", END),
        (date(2027, 6, 30), END),
        ("2027-06-30T12:00:00Z", datetime(2027, 6, 30, 12, tzinfo=UTC)),
        ("2027-06-30T12:00:00+02:00", datetime(2027, 6, 30, 10, tzinfo=UTC)),
        ("2027-06-30 12:00", datetime(2027, 6, 30, 12, tzinfo=UTC)),
        (datetime(2027, 6, 30, 12), datetime(2027, 6, 30, 12, tzinfo=UTC)),
        (datetime(2027, 6, 30, 12, tzinfo=timezone(timedelta(hours=2))), datetime(2027, 6, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_day_ends_with_its_last_second_utc(written: object, meant: datetime) -> None:
    """A time without a zone is UTC."""
    until = authority("10.0.0.0/8", "A", written).until
    assert until is not None
    assert (until, until.tzinfo) == (meant, UTC)


@pytest.mark.parametrize("odd", ["", "soon", "30.06.2027", "2027-02-30", "2027-06-30T25:00", 2027, None, "9" * 99])
def test_anything_else_is_no_date(odd: object) -> None:
    """The hint shows one."""
    with pytest.raises(UsageError, match="until is no date") as told:
        authority("10.0.0.0/8", "A", odd)
    assert "2027-06-30" in told.value.hint


@pytest.mark.parametrize(
    ("written", "kept"),
    [("10.0.0.0/8", "10.0.0.0/8"), (" 192.0.2.7 ", "192.0.2.7/32"), ("2001:DB8::/32", "2001:db8::/32")],
)
def test_networks_and_addresses_are_kept_in_one_form(written: str, kept: str) -> None:
    """An address is the network of itself."""
    expected = Authority(network=kept, by="A. Admin", until=END, note="mail")
    assert authority(written, " A. Admin ", "2027-06-30", "mail") == expected


@pytest.mark.parametrize(
    ("odd", "complaint", "hint"),
    [
        ("10.0.0.1/8", "is no network", "did you mean 10.0.0.0/8?"),
        ("[2001:db8::1]", "is no network", "did you mean 2001:db8::1?"),
        ("10.0.0.0/33", "is no network", "write 10.0.0.0/8"),
        ("mail.example.org", "is no network", "names are checked by their addresses"),
        ("\x1b[2J", r"'\\x1b\[2J' is no network", "write"),
        ("0.0.0.0/0", "the whole Internet", "one by one"),
        ("::/0", "the whole Internet", "one by one"),
        ("::ffff:10.0.0.0/104", "in disguise", "10.0.0.0"),
        (10, "is no text", "10.0.0.0/8"),
    ],
)
def test_a_bad_network_is_told_with_what_was_meant(odd: object, complaint: str, hint: str) -> None:
    """Nothing a terminal would obey is repeated."""
    with pytest.raises(UsageError, match=complaint) as told:
        authority(odd, "A. Admin", "2027-06-30")
    assert hint in told.value.hint


@pytest.mark.parametrize("by", ["", "  ", "a\nb", "\x1b]0;x\x07", "x" * 501, 7])
def test_who_authorised_it_is_one_printable_line(by: object) -> None:
    """And is required."""
    with pytest.raises(UsageError, match=r"^by "):
        authority("10.0.0.0/8", by, "2027-06-30")
