"""Progress on stderr: what of it is seen, on a terminal of 80 columns and where there is none."""

import json
import re
from collections.abc import Iterable
from contextlib import redirect_stderr
from io import StringIO

import pytest

from tightlip.cli._progress import StatusForm, watcher
from tightlip.workflows.scan import Progress

VERDICTS = {"discloses": 12_345, "offers": 2_345, "clean": 456_789, "absent": 34_567, "inconclusive": 123_456}
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def progress(
    targets: int = 500_000, total: int = 1_000_000, elapsed: float = 3.0, verdicts: dict[str, int] = VERDICTS
) -> Progress:
    """Half of a large scan, all of whose verdicts were met."""
    return Progress(
        run="r",
        targets=targets,
        total=total,
        endpoints=targets,
        verdicts=verdicts,
        in_hand=9,
        elapsed=elapsed,
        ended=targets == total,
    )


def shown(form: StatusForm, steps: Iterable[Progress]) -> str:
    """What is written to standard error, which is no terminal unless FORCE_COLOR says so."""
    with redirect_stderr(StringIO()) as err, watcher(form) as watch:
        for step in steps:
            watch(step)
    return err.getvalue()


def frame(monkeypatch: pytest.MonkeyPatch, width: int, step: Progress) -> str:
    """The bar's last line on a terminal of ``width`` columns."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    written = CONTROL.sub("", shown(StatusForm.BAR, [step])).replace("\r", "\n")
    return [line for line in written.splitlines() if "targets" in line][-1]


def test_a_large_scan_has_a_bar_and_whole_times_in_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counts of the verdicts come last and get what is left, with an ellipsis where they are longer."""
    line = frame(monkeypatch, 80, progress())
    assert re.fullmatch(r"500,000/1,000,000 targets [━╸╺]{20} \d:\d\d:\d\d [-\d]:[-\d]{2}:[-\d]{2} 12,345 .*…", line)
    assert len(line) == 80


def test_the_bar_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the targets fill half of it, and few verdicts are told whole."""
    line = frame(monkeypatch, 80, progress(32, 64, verdicts={"discloses": 30, "clean": 2})).rstrip()
    assert line.startswith("32/64 targets ━━━━━━━━━━")
    assert line.endswith(" 30 discloses, 2 clean")


def test_a_narrow_terminal_costs_the_bar_its_length_and_never_the_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 60 columns too both times are whole, and so is the count."""
    line = frame(monkeypatch, 60, progress())
    assert re.match(r"500,000/1,000,000 targets [━╸╺]{2,} \d:\d\d:\d\d [-\d]:[-\d]{2}:[-\d]{2} ", line), line


def test_off_a_terminal_a_line_a_minute_and_the_last() -> None:
    """A log shows that a long scan lives, and is not filled by it; a short one leaves one line, its end."""
    steps = [progress(elapsed=fifths / 5) for fifths in range(5 * 150)]
    lines = [json.loads(line) for line in shown(StatusForm.AUTO, [*steps, progress(1_000_000)]).splitlines()]
    assert [(round(each["elapsed"]), each["ended"]) for each in lines] == [(60, False), (120, False), (3, True)]
    assert {each["record"] for each in lines} == {"status"}


def test_json_lines_that_were_asked_for_are_all_written() -> None:
    """And none by --status none."""
    steps = [progress(elapsed=fifths / 5) for fifths in range(5)]
    assert len(shown(StatusForm.JSON, steps).splitlines()) == 5
    assert shown(StatusForm.NONE, steps) == ""
