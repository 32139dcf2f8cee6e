"""./check: its stages, its summary, and what it does about tests that were not run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.unit.conftest import SLOW_FILES, SLOW_FOLDERS

# Plays ruff and python in .venv/bin: does what the stage asks for, unless that stage is to fail.
STAND_IN = """#!/bin/sh
echo "${0##*/} $*"
case "$*" in *"$FAILS"*) exit 1 ;; esac
"""

# One test that passes and one that fails; the line that the second tells does not stand in its source as it is told.
COUNTING = """
def test_a(record_property):
    record_property("told", "kill -9: 7/7")
    record_property("other", "1/7")

def test_b(record_property):
    record_property("told", f"kill -9: {6}/7")
    raise AssertionError
"""

# Three changes that are looked at when their tests are over, of which a test may tell one itself.
ENDING = """
import pytest

@pytest.fixture
def circle(record_property):
    yield
    for end in {ends}:
        record_property("ended", end)
    assert "stuck" not in {ends}

def test_a(circle, record_property):
    record_property("ended", "refused")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of ./check alone, with an environment of stand-ins."""
    for folder in (".venv/bin", "requirements", "src", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "check", tmp_path / "check")
    for program in ("requirements/install", ".venv/bin/ruff", ".venv/bin/python"):
        (tmp_path / program).write_text(STAND_IN)
        (tmp_path / program).chmod(0o755)
    return tmp_path


def run(checkout: Path, *argv: str, fails: str = "nothing") -> tuple[int, list[str]]:
    """Run ./check from elsewhere; return its exit code and lines."""
    ran = subprocess.run(
        [str(checkout / "check"), *argv],
        env={"PATH": os.environ["PATH"], "FAILS": fails},
        cwd="/",
        stdout=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    return ran.returncode, ran.stdout.splitlines()


def outcomes(lines: list[str]) -> list[str]:
    """Return the summary's lines without their times."""
    summary = lines[lines.index("== summary") + 1 : -1]
    return [line.partition(",")[0].strip() for line in summary]


@pytest.mark.parametrize(
    ("argv", "stages"),
    [
        ([], ["format", "lint", "types", "house", "unit", "wheel", "real"]),
        (["quick"], ["format", "lint", "types", "house", "unit"]),
        (["real"], ["real"]),
        (["crash"], ["crash"]),
        (["long"], ["whole", "model", "fuzz", "points", "crash"]),
    ],
)
def test_every_stage_is_run_and_summed_up(checkout: Path, argv: list[str], stages: list[str]) -> None:
    """A green check names each stage as ok and exits 0."""
    code, lines = run(checkout, *argv)
    assert (code, outcomes(lines)) == (0, [f"{stage}: ok" for stage in stages])


def test_the_first_failure_ends_the_check_and_the_rest_is_named(checkout: Path) -> None:
    """What was not run is said, and the exit code is 1."""
    code, lines = run(checkout, fails="mypy")
    rest = [f"{stage}: not run" for stage in ("house", "unit", "wheel", "real")]
    assert (code, outcomes(lines)) == (1, ["format: ok", "lint: ok", "types: FAILED", *rest])


def test_no_stage_is_asked_in_vain(checkout: Path) -> None:
    """Each kind of test is run by exactly one stage, on the environment with the tools."""
    _, lines = run(checkout)
    assert "install dev" in lines
    asked = [line.partition("told tests")[2] for line in lines if "-m pytest" in line]
    assert asked == [
        "/house --ignore=tests/house/test_wheel.py -n 2 -p tests.house.drawn",
        " --ignore=tests/house --ignore=tests/real -n 2 -p tests.house.drawn",
        "/house/test_wheel.py",
        "/real -m not matrix -n 6 -p tests.house.drawn",
    ]


def test_quick_leaves_out_what_is_slow(checkout: Path) -> None:
    """It alone does, and it stops at the first failure."""
    _, lines = run(checkout, "quick")
    asked = [line.partition("told tests")[2] for line in lines if "-m pytest" in line]
    assert asked == [
        "/house --ignore=tests/house/test_wheel.py -n 2 -p tests.house.drawn -x -m not slow",
        " --ignore=tests/house --ignore=tests/real -n 2 -p tests.house.drawn -x -m not slow",
    ]


def test_what_is_called_slow_is_there() -> None:
    """A test file that moves takes its place in the list with it."""
    unit = ROOT / "tests" / "unit"
    assert [name for name in sorted(SLOW_FILES | SLOW_FOLDERS) if not (unit / name).exists()] == []


def test_an_unknown_word_is_a_usage_error(checkout: Path) -> None:
    """Nothing is run for it."""
    assert run(checkout, "everything") == (2, [])


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("false", 0)])
def test_a_skipped_test_is_loud_and_fails_the_build_machine(tmp_path: Path, ci: str, code: int) -> None:
    """Elsewhere a skip is only said; with CI=true it fails the run."""
    ran = run_tests(
        tmp_path, "import pytest\ndef test_a(): pass\n@pytest.mark.skip(reason='no package')\ndef test_b(): pass\n", ci
    )
    assert (ran.returncode, "NOT RUN: 1 tests" in ran.stdout) == (code, True)


def test_what_tests_counted_is_told_at_the_end(tmp_path: Path) -> None:
    """Of tests that passed and of those that failed, a line each, once; other properties are not shown."""
    ran = run_tests(tmp_path, COUNTING)
    lines = ran.stdout.splitlines()
    assert [line for line in lines if line.endswith("/7")] == ["kill -9: 7/7", "kill -9: 6/7"]


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (["kept", "undone"], "3/3 ended well: 1 kept, 1 undone, 1 refused before any write; none stuck, and every"),
        (["kept", "stuck"], "2/3 ended well: 1 kept, 0 undone, 1 refused before any write; 1 stuck"),
    ],
)
def test_how_changes_ended_is_counted(tmp_path: Path, ends: list[str], told: str) -> None:
    """Each once, and what no change may end in by its name."""
    lines = run_tests(tmp_path, ENDING.format(ends=ends)).stdout.splitlines()
    assert [line for line in lines if told in line] == [line for line in lines if "on real servers" in line] != []


def run_tests(folder: Path, text: str, ci: str = "false") -> subprocess.CompletedProcess[str]:
    """Run one file of tests as ./check runs them."""
    (folder / "test_x.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.house.told", "--rootdir", str(folder)]
        + ["-c", str(folder / "pytest.ini"), "-p", "no:cacheprovider", str(folder)],
        env={**os.environ, "CI": ci},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
