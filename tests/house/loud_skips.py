"""A pytest plugin that ./check loads: what was not run is said loudly, and fails when CI=true."""

import os

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one loud line when tests were skipped."""
    if skipped := len(terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(f"NOT RUN: {skipped} tests, for the reasons above", red=True, bold=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a green run with skipped tests into a failed one where everything must run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
