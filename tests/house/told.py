"""A pytest plugin that ./check loads: it tells at the end what tests counted or measured, and loudly what was not run.

A test tells a line with ``record_property("told", "…")``; what is printed is shown of failures alone. Tests that were
not run fail the check when CI=true.
"""

import os
from collections.abc import Callable, Iterator

import pytest

# What ``record_property`` hands to a test.
Tell = Callable[[str, object], None]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was told, and one loud line when tests were skipped."""
    for line in _told(terminalreporter):
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
