"""The commands ``lab`` and ``tour``, as a user calls them."""

import re
from pathlib import Path

import pytest

from tightlip.cli._app import run
from tightlip.lab.shelf import chosen_talks
from tightlip.model.errors import Exit
from tightlip.workflows.practice import STATIONS


def test_lab_prints_its_endpoints_and_stops(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a state on stdout: verdict, endpoint, claim; then it ends by itself, and well."""
    assert run(["lab", "pop3/too-many-connections", "pop3/old-server-knows-no-auth", "--minutes", "0.001"]) == Exit.OK
    heard = capsys.readouterr()
    lines = [line.split() for line in heard.out.splitlines()]
    assert [(verdict, claim) for verdict, _, claim in lines] == [
        ("inconclusive", "too-many-connections"),
        ("clean", "old-server-knows-no-auth"),
        ("absent", "old-server-knows-no-auth"),
    ]
    assert all(re.fullmatch(r"pop3(\+starttls)?://127\.\d+\.\d+\.\d+:\d+", endpoint) for _, endpoint, _ in lines)
    header, opened, closed = heard.err.splitlines()
    assert header.split() == ["verdict", "endpoint", "what", "is", "played"]
    assert "Open for 0 seconds, or until" in opened
    assert "closed" in closed


def test_the_lab_suggests_a_server_that_names_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever it stands in the list, and in that very state; a part of a minute is told in seconds."""
    words = ["pop3/old-server-knows-no-auth", "pop3/exchange2003-says-plus-ok"]
    assert run(["lab", *words, "--minutes", "0.02"]) == Exit.OK
    heard = capsys.readouterr()
    telling = next(line.split()[1] for line in heard.out.splitlines() if line.startswith("discloses"))
    assert f"tightlip scan {telling.replace('pop3://', 'pop3+plain://')}" in heard.err
    assert "Open for 1 second, or until" in heard.err


@pytest.mark.parametrize("words", [["no-such-server"], ["pop3", "--first-port", "70000"], ["pop3", "--minutes", "0"]])
def test_lab_called_wrongly_says_so(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown server or a port that cannot be is one line and a hint."""
    assert run(["lab", *words]) == Exit.USAGE
    heard = capsys.readouterr()
    assert (heard.out, heard.err.count("\n")) == ("", 2)


def test_the_tour_finds_what_its_servers_say(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """It ends well, every endpoint has its verdict, and the whole report is written where it was asked for.

    Without a terminal nothing is wider than 80 columns or in colour.
    """
    page = tmp_path / "tour.html"
    assert run(["tour", "--output", str(page)]) == Exit.OK
    told = capsys.readouterr().out
    verdicts = re.findall(r"^  (discloses|clean|inconclusive) +\S+://127\.", told, re.MULTILINE)
    expected = [each.verdict for talk in chosen_talks(STATIONS) for each in talk.states.values()]
    assert sorted(verdicts) == sorted(expected)
    assert "EXCH10" in page.read_text()
    assert re.findall(r"^ +([-+]auth_mechanisms .*)$", told, re.MULTILINE) == [
        "-auth_mechanisms = plain login ntlm",
        "+auth_mechanisms = plain login",
    ]
    heard = re.findall(r"^ +(before|after) +(discloses|clean) ", told, re.MULTILINE)
    assert heard == [("before", "discloses"), ("after", "clean")] * 2
    assert told.count("is kept: what was to be proved is proved") == 1
    assert told.count("is done, and proved") == 1
    states = "permitted, guarding, backing up, writing, checking, reloading, proving, settling, kept"
    assert " ".join(told.split()).count(states) == 2
    assert "byte for byte, and the server names itself again" in told
    assert max(map(len, told.splitlines())) <= 80
    assert "\x1b" not in told
