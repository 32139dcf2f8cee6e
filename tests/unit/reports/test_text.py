"""Text: readable at 80 columns without colour, verdict first, nothing a peer said can steer the terminal."""

import re
from dataclasses import replace

import msgspec
import pytest

from tests.unit.reports.examples import RUN_ID, VERSION, clean, report_of
from tests.unit.reports.hostile import HOSTILE
from tests.unit.reports.hosts import ALL, CLEAN_TLS, EXCHANGE_LEAK, SILENT
from tests.unit.reports.rendering import rendered
from tightlip.model.verdict import Verdict
from tightlip.reports._report import Colour, Style
from tightlip.reports.text import ENDPOINTS_SHOWN

OF_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [60, 80, 132])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Long names and words fold."""
    text = rendered("text", report_of([*ALL, HOSTILE]), Style(width))
    assert [line for line in text.splitlines() if len(line) > width] == []


def test_without_colour_there_is_no_escape_at_all() -> None:
    """The text holds printable characters and line ends only, whatever a peer said."""
    text = rendered("text", report_of([*ALL, HOSTILE]))
    assert {char for char in text if not char.isprintable()} == {"\n"}


def test_with_colour_the_escapes_are_ours() -> None:
    """Colour and weight, nothing else; the words are those of the report without colour."""
    coloured = rendered("text", report_of([*ALL, HOSTILE]), Style(80, Colour.STANDARD))
    assert OF_COLOUR.search(coloured)
    bare = "\n".join(line.rstrip() for line in OF_COLOUR.sub("", coloured).split("\n"))
    assert bare == rendered("text", report_of([*ALL, HOSTILE]))


def test_a_peers_escape_is_shown_not_obeyed() -> None:
    """An escape character is written out, so that the reader sees what was tried."""
    assert r"\x1b]0;owned\x07" in rendered("text", report_of([HOSTILE]), Style(400))


def test_markup_of_a_peer_is_text() -> None:
    """Square brackets mean nothing: POP3's response codes stay as they are."""
    assert "It said: -ERR [AUTH] Unsupported" in rendered("text", report_of([CLEAN_TLS]))


def test_a_leak_reads_verdict_names_next_step() -> None:
    """The verdict comes first, then what was given away, then what to do."""
    words = ["DISCLOSES", "EX01, ex01.corp.example.org", "CORP, corp.example.org", "10.0.17763", "> Withdraw NTLM"]
    text = rendered("text", report_of([EXCHANGE_LEAK]))
    places = [text.index(word) for word in words]
    assert places == sorted(places)


def test_worst_hosts_come_first_and_states_of_a_host_stand_together() -> None:
    """Whatever the order they were asked in."""
    text = rendered("text", report_of([SILENT, CLEAN_TLS, EXCHANGE_LEAK]))
    shown = re.findall(r"^  ([A-Z]+)  .*//(\S+?):", text, re.MULTILINE)
    assert shown == [
        ("DISCLOSES", "mail.example.org"),
        ("CLEAN", "mail.example.org"),
        ("UNREACHABLE", "relay.example.org"),
    ]


def test_findings_show_their_ids() -> None:
    """What ``tightlip accept`` asks for is in the table, beside the state."""
    text = rendered("text", report_of([EXCHANGE_LEAK]))
    wanted = [(found.severity, found.rule, state, found.id) for found, state in EXCHANGE_LEAK.findings]
    table = re.findall(r"^  (\w+) +([a-z-]+) +(\w+) +([0-9a-f]{16})$", text, re.MULTILINE)
    assert sorted(table) == sorted(wanted)


def test_only_what_stands_gets_advice() -> None:
    """Remedies are told once for each rule whose findings stand, not for what is fixed or accepted."""
    text = rendered("text", report_of([EXCHANGE_LEAK]))
    advice = text[text.index("What mends them") : text.index("Severities are")]
    assert advice.count("- Stop offering NTLM") == 2


def test_the_end_says_who_asked_what_was_not_asked_and_why_it_ended_so() -> None:
    """Tool, run, source, authority, what was left out; the last line is the exit code's reason."""
    ending = rendered("text", report_of([])).partition("Summary\n")[2]
    assert f"tightlip {VERSION}" in ending
    assert RUN_ID in ending
    assert "192.0.2.0/24: Anna Admin, until 2027-01-03 (ticket 4711)" in ending
    assert "198.51.100.7: outside the authorised scope" in ending
    assert ending.splitlines()[-1] == "3 open findings (exit 1)"


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        ({"clean": 1}, "none open"),
        ({"clean": 1, "unreachable": 3}, "none open"),
        ({"absent": 1}, "none open"),
        ({"inconclusive": 2}, "none; 2 in doubt"),
        ({"clean": 1, "inconclusive": 1}, "none; 1 in doubt"),
        ({"unreachable": 1}, "none; nothing was heard"),
        ({}, "none; nothing was heard"),
    ],
)
def test_no_findings_are_no_all_clear_where_nothing_was_heard(verdicts: dict[str, int], told: str) -> None:
    """What is in doubt, and silence, are told beside them."""
    report = report_of([], verdicts=verdicts)
    quiet = replace(report, summary=lambda: msgspec.structs.replace(report.summary(), findings={}))
    assert f"\n  findings   {told}\n" in rendered("text", quiet)


@pytest.mark.parametrize("form", ["text", "csv", "html"])
def test_where_nothing_was_dialled_nothing_was_asked(form: str) -> None:
    """Out of scope, excluded, without an address: the targets are named, and no address they were asked from."""
    text = rendered(form, report_of([], verdicts={}))
    ending = text.partition("Summary\n")[2] if form == "text" else text
    assert re.findall(r"\b(targets|asked|from)\b[<>/dt: ]+(?=mail\.example\.org|192\.0\.2\.99)", ending) == ["targets"]


def test_what_is_left_out_is_said() -> None:
    """A run too large for a screen shows the telling endpoints and counts the others."""
    crowd = [clean(position, f"h{position}.example.org") for position in range(ENDPOINTS_SHOWN + 20)]
    text = rendered("text", report_of([*crowd, EXCHANGE_LEAK]))
    assert "pop3://mail.example.org:110" in text
    said = f"Only counted (at most {ENDPOINTS_SHOWN} endpoints are shown one by one, silent ports never)"
    assert f"{said}: 21 {Verdict.CLEAN}." in " ".join(text.split())
