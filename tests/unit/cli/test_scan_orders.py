"""``tightlip scan``: orders that name nothing or too much, how rehearsals end, and what is not asked in numbers."""

import os
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.workflows.responder import responding

MANY = 8 * len(os.sched_getaffinity(0)) + 1


def test_more_workers_than_have_anything_to_do_are_refused() -> None:
    """Each is a process; 0 is no limit here, and the hint says what it is."""
    for number in (MANY, 100_000):
        heard = call("scan", "127.0.0.1:9", "--workers", str(number))
        assert (heard.code, heard.out) == (2, "")
        assert f"--workers cannot be {number}" in heard.err
        assert "0 is one per core" in heard.err
        assert "no limit" not in heard.err
    assert call("scan", "127.0.0.1:9", "--workers", str(MANY - 1), "--concurrency", "1").code == 4


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_files_without_a_target_are_nothing_to_scan(tmp_path: Path, words: tuple[str, ...]) -> None:
    """An empty list must not pass for a clean one; nor one whose targets are all excluded, which names what it was."""
    empty = tmp_path / "empty.txt"
    empty.write_text("# nobody\n\n")
    heard = call("scan", "--file", str(empty), "--file", "/dev/null", *words)
    assert (heard.code, heard.out, heard.err.count("\n")) == (2, "", 2)
    assert "nothing to scan" in heard.err
    assert str(empty) in heard.err
    assert "No runs yet" in call("runs").out
    empty.write_text("127.0.0.1:9\n")
    assert call("scan", "--file", str(empty), "--exclude", "127.0.0.1", *words).code == 4


def test_a_strict_rehearsal_stops_before_it_prints(tmp_path: Path) -> None:
    """As the scan does; and the old report stays."""
    listed, report = tmp_path / "targets.txt", tmp_path / "report.txt"
    listed.write_text("127.0.0.1:9\n10.0.0.0/40\n")
    report.write_text("yesterday")
    words = ("scan", "--file", str(listed), "--strict", "--dry-run")
    for heard in (call(*words), call(*words, "-o", str(report))):
        assert (heard.code, heard.out) == (2, "")
        assert f"{listed}:2: " in heard.err
    assert report.read_text() == "yesterday"
    assert call(*words[:3], "--dry-run").code == 2


def test_a_strict_scan_names_a_line_once(tmp_path: Path) -> None:
    """The first that cannot be read, and how many there are."""
    listed = tmp_path / "targets.txt"
    listed.write_text("127.0.0.1:9\n10.0.0.0/40\n10.0.0.0/50\n")
    heard = call("scan", "--file", str(listed), "--strict")
    assert (heard.code, heard.out, heard.err.count(f"{listed}:2: ")) == (2, "", 1)
    assert heard.err.splitlines()[1] == "  hint: 2 target lines could not be read, and --strict was given"


def test_a_name_without_an_address_ends_a_rehearsal_as_it_would_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 4, and the report says so once."""
    monkeypatch.setattr("tightlip.network.resolve._addresses", lambda _: ())
    rehearsed = call("scan", "gone.test:110", "--dry-run")
    scanned = call("scan", "gone.test:110")
    assert (rehearsed.code, scanned.code) == (4, 4)
    assert "1 name without an address; nothing was sent" in rehearsed.out
    assert "not asked  gone.test: the name has no address\n" in scanned.out
    assert "\n1 name without an address (exit 4)" in scanned.out


@pytest.mark.parametrize("form", ["text", "jsonl", "csv", "html"])
def test_refused_targets_beyond_what_is_listed_are_counted(form: str) -> None:
    """By reason, in every format, redacted or not; nothing is dropped without a word."""
    outside = "".join(f"198.51.{n // 250}.{n % 250}\n" for n in range(1_200))
    lines = outside + "".join(f"10.0.0.{n}/40\n" for n in range(1_100))
    for more in ((), ("--redact",)):
        heard = call("scan", "--file", "-", "--store", "none", "--format", form, *more, stdin=lines.encode())
        assert heard.code == 2
        if form == "jsonl":
            told = heard.records[-1]["not_asked"]
            assert len(told) == 1_002
            counts = {(each["target"], each["why"]): each["count"] for each in told[-2:]}
            assert counts == {("and more", "unreadable"): 100, ("and more", "out_of_scope"): 1_200}
            assert sum(each["count"] for each in told) == 2_300
        else:
            assert "and more (100 lines)" in heard.out
            assert "and more (1,200 addresses)" in heard.out


def test_a_resumed_run_wants_no_other_pace() -> None:
    """It keeps its own; what cannot be heeded is refused, by name."""
    heard = call("scan", "--resume", "last", "--rate", "1", "--per-host", "1", "--workers", "1")
    assert (heard.code, heard.out) == (2, "")
    assert "--resume goes with no --rate, --per-host\n" in heard.err
    assert "--resume goes with no --proxy-protocol\n" in call("scan", "--resume", "last", "--proxy-protocol").err
    assert "keeps its own pace" in heard.err


def test_a_lone_dash_is_told_how_to_read_standard_input() -> None:
    """It is an option of other programs, and no target here."""
    heard = call("scan", "-", stdin=b"127.0.0.1\n")
    assert heard.code == 2
    assert "--file -" in heard.err


def test_a_host_whose_findings_are_accepted_is_not_called_clean() -> None:
    """The exit code is 0, and the last line says what stands."""
    with responding() as responder:
        target = f"pop3+plain://127.0.0.9:{responder.port}"
        found = call("scan", target, "--format", "jsonl")
        ids = [each["id"] for each in found.records if each["record"] == "finding"]
        for each in ids:
            assert call("accept", each, "--reason", "known", "--until", "2999-01-01").code == 0
        told = call("scan", target)
    assert told.code == 0
    assert told.out.splitlines()[-1] == f"no open findings; {len(ids)} accepted (exit 0)"
