"""Streams that refuse what is written to them: the exit code says whose matter it is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.workflows.running import environment
from tightlip.cli._output import results
from tightlip.model.errors import UsageError

FULL = Path("/dev/full")
NO_READER = 128 + signal.SIGPIPE


@contextmanager
def no_reader() -> Iterator[int]:
    """The writing end of a pipe that nobody will read."""
    readable, writable = os.pipe()
    os.close(readable)
    yield writable
    os.close(writable)


def ended(home: Path, *words: str, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE) -> tuple[int, str]:
    """The exit code and standard error of ``tightlip WORDS``."""
    command = [sys.executable, "-m", "tightlip", *words]
    ran = subprocess.run(
        command, stdout=stdout, stderr=stderr, env=environment(home), text=True, timeout=60, check=False
    )
    return ran.returncode, ran.stderr or ""


@pytest.mark.parametrize("words", [("--help",), ("rules",), ("completion", "bash"), ("runs",), ("decode", "--help")])
def test_no_reader_is_neither_success_nor_finding(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Quietly, with the exit code that a shell gives for a broken pipe; short output fails only at its flush."""
    with no_reader() as pipe:
        assert ended(tmp_path, *words, stdout=pipe) == (NO_READER, "")


@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_results_go_into_a_regular_file_alone(tmp_path: Path, kind: str) -> None:
    """A pipe keeps nobody waiting, and a link leads nowhere: what it points to is left as it is."""
    there, target = tmp_path / "there", tmp_path / "target"
    target.write_text("kept")
    match kind:
        case "pipe":
            os.mkfifo(there)
        case "link":
            there.symlink_to(target)
        case _:
            there.mkdir()
    with pytest.raises(UsageError) as caught, results(str(there)):
        pass
    assert caught.value.hint
    assert target.read_text() == "kept"


@pytest.mark.parametrize("words", [("--help",), ("rules",), ("runs",)])
def test_a_full_disk_under_standard_output_is_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    """One line, a hint, exit code 6."""
    with FULL.open("w") as full:
        code, told = ended(tmp_path, *words, stdout=full.fileno())
    assert (code, told.splitlines()[0]) == (6, "tightlip: cannot write the results: No space left on device")
    assert "full" in told.splitlines()[1]
    assert len(told.splitlines()) == 2


def test_a_full_disk_under_a_file_is_said(tmp_path: Path) -> None:
    """Also where only the last flush finds out."""
    code, told = ended(tmp_path, "scan", "pop3+plain://127.0.0.1:9", "--store", "none", "-o", str(FULL))
    assert code == 6
    assert "cannot write the results: No space left on device" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("words", [("scna",), ("report", "--store", "none")])
def test_messages_that_nobody_reads_change_no_exit_code(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Neither without a reader nor on a full disk."""
    with no_reader() as pipe, FULL.open("w") as full:
        assert ended(tmp_path, *words, stderr=pipe) == (2, "")
        assert ended(tmp_path, *words, stderr=full.fileno()) == (2, "")


def test_a_progress_that_nobody_reads_stops_no_scan(tmp_path: Path) -> None:
    """The scan's exit code is as ever: the port that was named is in doubt."""
    words = ("scan", "pop3+plain://127.0.0.1:9", "--store", "none")
    for form in ("bar", "json"):
        with no_reader() as pipe:
            assert ended(tmp_path, *words, "--status", form, stderr=pipe) == (4, ""), form


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), PermissionError(13, "Permission denied")])
def test_what_fails_elsewhere_is_no_matter_of_the_results(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    """An error of the system that nobody named is our fault, with its traceback, and no word of a disk."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("tightlip.cli.runs.open_for", fail)
    heard = call("runs")
    assert (heard.code, heard.out) == (5, "")
    assert f"{type(error).__name__}: " in heard.err
    assert "cannot write" not in heard.err
