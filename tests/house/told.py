"""A pytest plugin that ./check loads: it tells at the end what tests counted or measured, and loudly what was not run.

A test tells a line with ``record_property("told", "…")``; what is printed is shown of failures alone. How a change on a
real server ended is told with ``record_property("ended", "…")`` when the test is over, and counted. Tests that were not
run fail the check when CI=true.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

# What ``record_property`` hands to a test.
Tell = Callable[[str, object], None]

# How a change on a real server may end.
ENDS_WELL = {"kept": "kept", "undone": "undone", "refused": "refused before any write"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was told, and one loud line when tests were skipped."""
    for line in _told(terminalreporter):
        terminalreporter.write_line(line)
    for line in _ends(terminalreporter):
        terminalreporter.write_line(line)
    if skipped := len(terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(f"NOT RUN: {skipped} tests, for the reasons above", red=True, bold=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a green run with skipped tests into a failed one where everything must run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _told(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for outcome in ("passed", "failed"):
        for report in reporter.stats.get(outcome, []):
            yield from (str(line) for name, line in report.user_properties if name == "told")


def _ends(reporter: pytest.TerminalReporter) -> Iterator[str]:
    """What was told when tests were over; a test's later reports hold what it told before, too."""
    reports = [each for outcome in ("", "error") for each in reporter.stats.get(outcome, []) if each.when == "teardown"]
    ends = Counter(str(end) for each in reports for name, end in each.user_properties if name == "ended")
    if not ends:
        return
    total = ends.total()
    counts = ", ".join(f"{ends.pop(end, 0)} {words}" for end, words in ENDS_WELL.items())
    others = ", ".join(f"{count} {end}" for end, count in ends.items()) or "none stuck, and every listener answered"
    yield f"changes on real servers: {total - ends.total()}/{total} ended well: {counts}; {others}"
