"""Which of these tests are slow (they dial, start processes, or try much), for `./check quick` leaves them out."""

from pathlib import Path

import pytest
from hypothesis import settings

from tightlip.workflows import verifying

# Random cases have no time limit each: on a busy machine that says nothing of the code.
settings.register_profile("tightlip", deadline=None)
settings.load_profile("tightlip")

# Sockets, processes and clocks in nearly every test.
SLOW_FOLDERS = frozenset({"cluster", "network", "store", "workflows"})
# Memory and time limits at full size, a browser, many random texts, whole commands that scan or run as a process.
SLOW_FILES = frozenset(
    {
        "cli/test_app.py",
        "cli/test_audit_probe.py",
        "cli/test_launched.py",
        "cli/test_plan_large.py",
        "cli/test_scan.py",
        "cli/test_scan_orders.py",
        "cli/test_streams.py",
        "cli/test_verify.py",
        "lab/test_commands.py",
        "lab/test_lab_and_engine.py",
        "products/test_bounds.py",
        "protocols/test_any_bytes.py",
        "remediate/test_shell_greetings.py",
        "remediate/test_shell_listeners.py",
        "reports/test_large.py",
        "syntax/test_hostile.py",
        "syntax/test_laws.py",
    }
)

_HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _no_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server of these tests is being restarted: nobody waits for one that refuses connections."""
    monkeypatch.setattr(verifying, "_REDIAL_DELAY", 0.05)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them."""
    for item in items:
        if item.path.is_relative_to(_HERE) and _is_slow(item.path.relative_to(_HERE)):
            item.add_marker(pytest.mark.slow)


def _is_slow(file: Path) -> bool:
    return file.parts[0] in SLOW_FOLDERS or file.as_posix() in SLOW_FILES
