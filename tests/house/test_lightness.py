"""What a process does not load: engine processes stay small, and `--version` starts fast."""

import subprocess
import sys

import pytest

HEAVY = {"sqlalchemy", "alembic", "rich", "cyclopts", "jinja2", "tightlip.cli", "tightlip.store", "tightlip.workflows"}
# What an engine process runs is a workflow; what it must not load is what the other workflows stand on.
ENGINE = HEAVY - {"tightlip.workflows"} | {"psutil", "tightlip.reports", "tightlip.rules", "tightlip.config"}
VERSION = "import sys; sys.argv = ['tightlip', '--version']; from tightlip.__main__ import main; main()"

# (what is run, what it must not load)
CASES = [
    ("import tightlip.cluster.worker", HEAVY),
    ("import tightlip.network.engine", HEAVY),
    ("import tightlip.cluster.worker, tightlip.workflows.probe", ENGINE),
    (VERSION, {"sqlalchemy", "alembic", "jinja2", "cryptography", "psutil", "asyncio", "tightlip.workflows"}),
]

# Says on stderr what was loaded, however the program before it ended.
ENDING = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"


@pytest.mark.parametrize(("program", "heavy"), CASES)
def test_what_is_heavy_is_not_loaded(program: str, heavy: set[str]) -> None:
    """A fresh process that does only this has loaded none of it."""
    loaded = modules_after(program)
    assert "tightlip" in loaded
    assert heavy & loaded == set()


def test_a_heavy_import_is_noticed() -> None:
    """The list of loaded modules holds what a program imports."""
    assert {"sqlite3", "tightlip"} <= modules_after("import tightlip, sqlite3")


def modules_after(program: str) -> set[str]:
    """Run a program in a process of its own and return the names of all modules it loaded."""
    command = [sys.executable, "-I", "-c", ENDING + program]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return set(ran.stderr.split())
