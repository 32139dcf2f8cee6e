"""CSV: one row an endpoint, readable by any spreadsheet, never a formula."""

import csv
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.reports.examples import VERSION, entry, pop3, report_of
from tests.unit.reports.hostile import HOSTILE
from tests.unit.reports.hosts import ALL, EXCHANGE_LEAK, SAMBA_LEAK
from tests.unit.reports.rendering import rendered
from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.facts import Banner, Challenge, Door
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.reports._report import Report

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows(report: Report) -> list[dict[str, str]]:
    """The sheet by column name, as a spreadsheet reads it."""
    return list(csv.DictReader(StringIO(rendered("csv", report), newline=""), strict=True))


def test_one_row_for_each_endpoint() -> None:
    """With endpoint, verdict and severity in columns of their own."""
    found = [row for row in rows(report_of(ALL)) if row["record"] == "endpoint"]
    assert [(row["endpoint"], row["verdict"], row["severity"]) for row in found] == [
        ("pop3://mail.example.org:110", "discloses", "high"),
        ("pop3+starttls://files.example.org:110", "discloses", "medium"),
        ("pop3s://mail.example.org:995", "clean", ""),
        ("smtp://relay.example.org:25", "offers", ""),
        ("imap://relay.example.org:143", "unreachable", ""),
    ]


def test_what_was_given_away_is_in_columns() -> None:
    """Names, version, clock and the findings' states."""
    row = rows(report_of([EXCHANGE_LEAK]))[0]
    assert (row["dns_computer_name"], row["product_version"]) == ("ex01.corp.example.org", "10.0.17763")
    assert row["system_time"] == "2026-12-04T09:00:00Z"
    assert row["findings"].split()[:2] == ["ntlm-discloses-host=open", "ntlm-without-tls=regressed"]


def test_the_service_has_the_last_column() -> None:
    """What came later stands behind what scripts know by its place."""
    leak = entry(
        0,
        pop3("mx1.corp.example"),
        Assessment(Verdict.DISCLOSES, Reason.NAMES),
        [Challenge(Door.AUTH, b"", Disclosure(service_name="pop/mx1.corp.example"), Implementation.GSS_NTLMSSP, "")],
    )
    row = rows(report_of([leak]))[0]
    assert list(row)[-1] == "service_name"
    assert (row["service_name"], row["implementation"]) == ("pop/mx1.corp.example", "gss-ntlmssp")


def test_the_certificate_is_in_columns() -> None:
    """Names, expiry and whether the name matched."""
    row = rows(report_of([SAMBA_LEAK]))[0]
    assert row["certificate_names"] == "files.example.org *.files.example.org"
    assert (row["certificate_not_after"], row["certificate_name_matches"]) == ("2027-03-01T12:00:00Z", "true")


def test_the_run_is_told_in_rows_of_its_own() -> None:
    """What was not asked and why, then tool, source, times and authority, then why the run ended as it did."""
    told = [(row["record"], row["endpoint"], row["detail"]) for row in rows(report_of([]))]
    assert told[0] == ("not_asked", "198.51.100.7", "outside the authorised scope: no scope entry holds it")
    assert ("run", "", f"tool: tightlip {VERSION}") in told
    assert ("run", "", "from: 192.0.2.99") in told
    assert ("run", "", "authority: 192.0.2.0/24: Anna Admin, until 2027-01-03 (ticket 4711)") in told
    assert told[-1] == ("summary", "", "3 open findings (exit 1)")


def test_no_cell_of_a_hostile_peer_is_a_formula() -> None:
    """Each cell that would begin one is quoted; the peer's text stays readable behind the quote."""
    row = rows(report_of([HOSTILE]))[0]
    assert [cell for cell in row.values() if cell.startswith(FORMULA_STARTS)] == []
    assert row["banner"] == '\'=HYPERLINK("https://evil.example","x")'


@given(st.text(max_size=40))
def test_any_banner_is_one_harmless_cell(banner: str) -> None:
    """Whatever a greeting holds, it stays in its cell, begins no formula and has no control character."""
    heard = entry(0, pop3("h"), Assessment(Verdict.CLEAN, Reason.REFUSED), [Banner(banner)])
    row = rows(report_of([heard]))[0]
    assert not row["banner"].lstrip(" ").startswith(FORMULA_STARTS)
    assert [char for char in row["banner"] if ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0] == []
    assert row["run"] == "20261204-090000-3f2a"
