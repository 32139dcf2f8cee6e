"""Which tests ./check draws, in what order, and which go together."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.drawn import ALONE, LONGEST, SERVERS, group_of
from tests.house.tree import ROOT

CASES = """
import pytest

@pytest.mark.drawn(4)
@pytest.mark.parametrize("case", range(10))
def test_many(case): pass

@pytest.mark.drawn(2, "plays")
def test_a(): pass

@pytest.mark.drawn(2, "plays")
def test_b(): pass

def test_always(): pass
"""

GROUPS = """
import os, pytest
from pathlib import Path

@pytest.mark.parametrize("case", range(20))
def test_one(case): Path(f"{__file__}.{os.environ['PYTEST_XDIST_WORKER']}").touch()
"""


def run(folder: Path, *options: str, seed: str | None = None) -> list[str]:
    """The lines of a run of the tests in a folder."""
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    drawn(n, word)\n")
    environment = {name: text for name, text in os.environ.items() if name != "TIGHTLIP_DRAW_SEED"}
    if seed is not None:
        environment["TIGHTLIP_DRAW_SEED"] = seed
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "--rootdir", str(folder), "-c", str(folder / "pytest.ini")]
        + ["-p", "no:cacheprovider", *options, str(folder)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.splitlines()


def names(lines: list[str]) -> list[str]:
    """The tests that were run."""
    return sorted(found[1] for line in lines if "PASSED" in line and (found := re.search(r"::(test_[\w\[\]]+)", line)))


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """A folder with tests of which some are drawn."""
    (tmp_path / "test_cases.py").write_text(CASES)
    return tmp_path


def test_one_in_so_many_is_run_and_the_seed_told(cases: Path) -> None:
    """Three of ten, one of two, and all else; the seed that is told draws the same, in each of the workers as well."""
    lines = run(cases, "-p", "tests.house.drawn")
    first = names(lines)
    assert len([name for name in first if name.startswith("test_many")]) == 3
    assert len({"test_a", "test_b"} & set(first)) == 1
    assert "test_always" in first
    (seed,) = [line.partition("TIGHTLIP_DRAW_SEED=")[2] for line in lines if "TIGHTLIP_DRAW_SEED=" in line]
    assert names(run(cases, "-p", "tests.house.drawn", "-n", "2", seed=seed)) == first


def test_another_seed_draws_others(cases: Path) -> None:
    """In time every case is drawn."""
    one, other = (names(run(cases, "-p", "tests.house.drawn", seed=seed)) for seed in ("1", "2"))
    assert one != other


def test_all_are_run_by_who_does_not_ask_for_it(cases: Path) -> None:
    """Such as `./check long`, and a person."""
    assert len(names(run(cases))) == 13


def test_a_file_stays_together(tmp_path: Path) -> None:
    """One worker runs all of it."""
    (tmp_path / "test_x.py").write_text(GROUPS)
    run(tmp_path, "-p", "tests.house.drawn", "-n", "2")
    assert len(list(tmp_path.glob("test_x.py.gw*"))) == 1


@pytest.mark.parametrize(
    ("test", "group"),
    [
        ("tests/unit/a/test_b.py::test_c[dovecot:leaky]", "tests/unit/a/test_b.py"),
        ("tests/real/test_circle.py::test_the_circle[exim]", "tests/real/test_circle.py::test_the_circle[exim]"),
        ("tests/real/test_truth_table.py::TestTruth::test_tls[dovecot-2.4:fixed]", "visits to dovecot-2.4"),
        ("tests/real/test_servers_answer.py::test_d[dovecot-2.4:leaky]", "visits to dovecot-2.4"),
        ("tests/real/test_servers_answer.py::test_the_helper", "tests/real/test_servers_answer.py"),
    ],
)
def test_what_is_shared_is_one_worker_s(test: str, group: str) -> None:
    """A file, a server's visits, and else nothing."""
    assert group_of(test) == group


def test_what_takes_longest_is_there() -> None:
    """A file that moves takes its place in the list with it."""
    assert [name for name in (*LONGEST, *ALONE, *SERVERS) if not (ROOT / name.partition("::")[0]).is_file()] == []
