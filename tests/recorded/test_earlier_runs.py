"""Runs of 0.1.0 are told under its name, and not resumed."""

from pathlib import Path

import pytest

from tests.recorded.relived import store_left
from tests.unit.cli.calling import call
from tightlip import __version__
from tightlip.model.errors import Exit
from tightlip.store import open_store


@pytest.fixture
def place(tmp_path: Path) -> str:
    """The store's file."""
    return str(store_left(tmp_path))


def test_runs_are_labelled_with_who_judged_them(place: str) -> None:
    """Those of 0.1.0 with its name."""
    with open_store(place) as store:
        assert {each.judged_by for each in store.runs(100)} == {"0.1.0"}


@pytest.mark.parametrize("name", ["last", "20261128-060033", "20261128-060043"])
def test_a_run_of_an_earlier_version_is_not_resumed(place: str, name: str) -> None:
    """One clear line says by which version it was begun, and how to see what it found."""
    call("runs", "--store", place)
    told = call("scan", "--resume", name, "--store", place)
    assert told.code == Exit.USAGE
    line, hint = told.err.splitlines()
    assert "was begun by another version of tightlip (0.1.0) and cannot be resumed" in line
    assert "tightlip report --run 20261128-0600" in hint


@pytest.mark.parametrize("form", ["text", "csv", "html"])
def test_a_report_says_which_version_judged(place: str, form: str) -> None:
    """Verdicts of 0.1.0 are told as they were, under its name; the machine-readable forms carry its version."""
    told = " ".join(call("report", "--format", form, "--store", place).out.split())
    assert f"0.1.0; this is {__version__}" in told
    assert call("report", "--format", "json", "--store", place).document["summary"]["version"] == "0.1.0"


@pytest.mark.parametrize("name", ["20261128-060033", "20261128-060043"])
def test_a_report_of_a_cut_off_run_does_not_send_to_resume_it(place: str, name: str) -> None:
    """What cannot be resumed any more is told as cut off."""
    told = call("report", "--run", name, "--format", "json", "--store", place).document["summary"]
    assert told["exit"] == Exit.INTERRUPTED
    assert "cut off under 0.1.0" in told["why"]
    assert told["why"].endswith("cut off under 0.1.0")


def test_a_new_run_is_judged_by_this_version(place: str) -> None:
    """Its report says nothing of another."""
    call("scan", "pop3+plain://127.0.0.1:9", "--status", "none", "--store", place)
    with open_store(place) as store:
        assert store.run("last").judged_by == __version__
    assert "judged by" not in call("report", "--store", place).out
