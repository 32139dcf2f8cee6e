"""``tightlip report`` and ``tightlip runs``: a run told again is the run that was, in every format."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tightlip.lab.servers import open_lab
from tightlip.lab.shelf import chosen_talks

TALKS = ("pop3/exchange2010-leaks-before-and-after-stls", "pop3/names-that-drive-a-terminal")


@pytest.fixture
def scanned() -> str:
    """A run's report as JSON Lines, as it was told when it ran."""
    with open_lab(chosen_talks(TALKS)) as lab:
        targets = [str(each.endpoint) for each in lab.served]
        return call("scan", *targets, "127.20.0.9:9", "198.51.100.1", "--format", "jsonl").out


def test_a_run_is_told_again_as_it_was(scanned: str) -> None:
    """The same records; observations in the order of the run's targets."""
    again = call("report", "--format", "jsonl")
    assert again.code == 0
    assert sorted(again.out.splitlines()) == sorted(scanned.splitlines())
    assert again.records[-1]["exit"] == 3


def test_every_format_tells_it(tmp_path: Path, scanned: str) -> None:
    """To standard output and, the same, into a file whose ending says which; nothing drives a terminal."""
    run = json.loads(scanned.splitlines()[0])["run"]
    for form, ending in (("text", "txt"), ("jsonl", "jsonl"), ("json", "json"), ("csv", "csv"), ("html", "html")):
        shown = call("report", "--run", run[:13], "--format", form)
        file = tmp_path / f"report.{ending}"
        assert call("report", "-o", str(file)).code == shown.code == 0
        assert file.read_bytes().decode() == shown.out
        assert "EXCH10" in shown.out
        assert "\x1b" not in shown.out


def test_what_cannot_be_told_is_wrong_usage(scanned: str) -> None:
    """One line and a hint."""
    assert scanned
    for words in (("--run", "2020"), ("--run", ""), ("--format", "xml"), ("--store", "none")):
        heard = call("report", *words)
        assert (heard.code, heard.out, len(heard.err.splitlines())) == (2, "", 2), words


def test_without_a_run_there_is_nothing_to_tell() -> None:
    """The hint says what makes one."""
    heard = call("report")
    assert (heard.code, heard.out) == (2, "")
    assert "tightlip scan" in heard.err


def test_runs_are_listed_youngest_first(scanned: str) -> None:
    """With how they ended; as many as asked for, 0 for all."""
    run = json.loads(scanned.splitlines()[0])["run"]
    younger = json.loads(call("scan", "pop3://127.0.0.1:9", "--format", "jsonl").out.splitlines()[0])["run"]
    lines = call("runs").out.splitlines()
    assert [line.split()[0] for line in lines] == ["run", younger, run]
    assert "exit 4" in lines[1]
    assert "exit 3" in lines[2]
    assert [line.split()[0] for line in call("runs", "--limit", "1").out.splitlines()] == ["run", younger]
    assert call("runs", "--limit", "0").out.splitlines() == lines
    assert call("runs", "--limit", "-1").code == 2


def test_a_run_tells_what_was_targeted(tmp_path: Path) -> None:
    """As it was given, shortened to lines of 80 columns, and with what could steer a terminal written out."""
    many = [f"pop3+plain://127.0.0.{last}:9" for last in range(1, 60)]
    for targets in (["imap://127.0.0.1:9"], many):
        call("scan", *targets)
    (tmp_path / "to\x1b[31mask").write_text("127.0.0.1:9\n")
    call("scan", "--file", str(tmp_path / "to\x1b[31mask"), "127.0.0.2:9")
    head, of_file, of_many, of_one = call("runs").out.splitlines()
    assert max(map(len, (head, of_file, of_many, of_one))) <= 80
    assert of_one.endswith(" imap://127.0.0.1:9")
    assert of_many.endswith("…")
    assert " pop3+plain://127.0.0.1:9" in of_many
    assert "127.0.0.2:9, --file " in of_file
    assert "\x1b" not in of_file


def test_an_audit_that_asked_nobody_is_not_told_as_a_scan(tmp_path: Path) -> None:
    """Of a configuration nothing is kept but its findings; a page that counts endpoints would say that it is clean."""
    folder = tmp_path / "root/etc/dovecot"
    folder.mkdir(parents=True)
    (folder / "dovecot.conf").write_text("protocols = imap\nssl = no\nauth_mechanisms = plain ntlm\n")
    assert call("audit", "--root", str(tmp_path / "root")).code == 1
    heard = call("report")
    assert (heard.code, heard.out) == (2, "")
    assert "was an audit, of which the findings alone are kept" in heard.err
    assert "tightlip findings" in heard.err
