"""The command line as a process among others: terminals, pipes that close, faults of our own."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.workflows.responder import Responder, responding
from tests.unit.workflows.running import LIMIT, environment, gone, start_scan

COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")


@pytest.fixture(scope="module")
def responder() -> Iterator[Responder]:
    """One for all tests."""
    with responding() as answering:
        yield answering


def on_a_terminal(home: Path, streams: tuple[str, ...], *words: str, **variables: str) -> tuple[str, str]:
    """What a command writes to a terminal of 80 columns that stands for ``streams``, and what to the rest."""
    master, slave = pty.openpty()
    names = environment(home) | {"TERM": "xterm-256color", "COLUMNS": "80"} | variables
    kept = {
        name: value for name, value in names.items() if name not in ("FORCE_COLOR", "NO_COLOR") or name in variables
    }
    told = {name: slave if name in streams else subprocess.PIPE for name in ("stdout", "stderr")}
    command = [sys.executable, "-m", "tightlip", *words]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, env=kept, **told) as process:  # type: ignore[call-overload]  # by name
        os.close(slave)
        heard = _read_all(master, *(pipe.fileno() for pipe in (process.stdout, process.stderr) if pipe is not None))
    os.close(master)
    return heard.pop(master).decode(), b"".join(heard.values()).decode()


def _read_all(*descriptors: int) -> dict[int, bytes]:
    """Until nobody holds the other sides any more, which Linux tells by an error where it is a terminal."""
    heard = dict.fromkeys(descriptors, b"")
    left = set(descriptors)
    deadline = time.monotonic() + LIMIT
    while left and time.monotonic() < deadline:
        for descriptor in select.select(list(left), [], [], 0.5)[0]:
            try:
                data = os.read(descriptor, 65_536)
            except OSError:
                data = b""
            heard[descriptor] += data
            if not data:
                left.discard(descriptor)
    assert not left
    return heard


def test_the_bar_and_the_results_do_not_mix(tmp_path: Path, responder: Responder) -> None:
    """The bar is for the terminal on stderr, standard output is a pipe that holds records alone."""
    words = ("scan", f"pop3+plain://127.0.91.0/26:{responder.port}", "--rate", "100", "--format", "jsonl")
    shown, records = on_a_terminal(tmp_path, ("stderr",), *words)
    kinds = [json.loads(line)["record"] for line in records.splitlines()]
    assert (kinds.count("observation"), kinds[-1]) == (64, "summary")
    assert "/64 targets" in shown
    assert '"record"' not in shown


def test_a_terminal_gets_colour_unless_asked_not_to(tmp_path: Path, responder: Responder) -> None:
    """NO_COLOR is heeded; and where all is one terminal, text comes after the bar has gone."""
    words = ("scan", f"pop3+plain://127.0.92.1:{responder.port}", "--store", "none")
    both = ("stdout", "stderr")
    shown, _ = on_a_terminal(tmp_path, both, *words)
    assert COLOUR.search(shown)
    assert "DISCLOSES" in shown
    plain, _ = on_a_terminal(
        tmp_path,
        both,
        *words,
        NO_COLOR="1",
    )
    results = plain.rpartition("tightlip ")[0]
    assert not COLOUR.search(plain[plain.index("DISCLOSES") :])
    assert results
    lines, _ = on_a_terminal(tmp_path, both, *words, "--format", "jsonl")
    told = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    assert [each["record"] for each in told][-1] == "summary"


def test_a_log_of_messages_has_the_progress_whatever_the_results_are_shown_on(
    tmp_path: Path, responder: Responder
) -> None:
    """Lines on the terminal keep the bar off the same terminal, and nothing else."""
    words = ("scan", f"pop3+plain://127.0.92.2:{responder.port}", "--store", "none", "--format", "jsonl")
    both, nothing = on_a_terminal(tmp_path, ("stdout", "stderr"), *words)
    _, log = on_a_terminal(tmp_path, ("stdout",), *words)
    assert ("/1 targets" in both, '"status"' in both, nothing) == (False, False, "")
    status, last = log.splitlines()
    assert (json.loads(status)["ended"], last) == (True, "tightlip: 2 open findings")


def test_a_reader_that_leaves_early_is_no_fault(tmp_path: Path, responder: Responder) -> None:
    """As with head(1): no word, no process left behind, the code of a broken pipe, and the run can be resumed."""
    with start_scan(tmp_path, f"pop3+plain://127.0.93.0/24:{responder.port}", "--rate", "300") as scanning:
        out = scanning.process.stdout
        assert out is not None
        assert json.loads(out.readline())["record"] == "observation"
        engines = scanning.engines()
        out.close()
        scanning.process.stdout = None
        told = scanning.told()
        assert gone(engines)
    assert (told.code, told.err) == (128 + signal.SIGPIPE, "")


def test_a_signal_before_anything_has_begun(tmp_path: Path) -> None:
    """At whatever moment of the start it comes, the exit code is what a shell calls 130, and nothing is thrown."""
    for moment in (0.05, 0.1, 0.15, 0.2):
        with start_scan(tmp_path, "127.0.0.0/16", "--connect-timeout", "60") as scanning:
            time.sleep(moment)  # no state to wait for: any moment will do
            scanning.signal_group(signal.SIGTERM)
            told = scanning.told()
        # Python ends itself by SIGINT where the exception went through an exec() on its way, as in many an import.
        assert told.code in (130, -signal.SIGINT, -signal.SIGTERM)
        assert "Traceback" not in told.err


def test_a_fault_of_ours_is_not_an_open_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes with its traceback and exit code 5."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("for the test")

    monkeypatch.setattr("tightlip.cli.runs.open_for", fail)
    heard = call("runs")
    assert (heard.code, heard.out) == (5, "")
    assert "ZeroDivisionError: for the test" in heard.err
    assert "fault of tightlip's own" in heard.err.splitlines()[-2]


def test_an_unknown_command_is_wrong_usage() -> None:
    """One line that names it."""
    heard = call("scna", "127.0.0.1")
    assert (heard.code, heard.out) == (2, "")
    assert "scna" in heard.err
