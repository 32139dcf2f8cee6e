"""Ctrl-C, SIGTERM and lost engine processes: what is known is told whole, and how to go on."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.crash.recorded import Recorded, changes_of
from tests.house.tree import ROOT
from tests.unit.workflows.responder import responding
from tests.unit.workflows.running import LIMIT, Told, environment, report, scan, start, start_scan, tightlip
from tightlip.remediate.lifecycle import State
from tightlip.workflows.change.driving import story_of

# Far more than a test waits for: what ends sooner was told to.
PATIENCE = ("--read-timeout", "60", "--conversation-timeout", "90")
# A person waits so long, in seconds, on a busy machine.
SOON = 10.0


def test_ctrl_c_keeps_what_is_known(tmp_path: Path) -> None:
    """Half the servers have answered, half are mute: the first half is told, with how to go on."""
    with responding() as responder:
        responder.mute_after = 64
        with start_scan(tmp_path, f"pop3+plain://127.71.0.0/25:{responder.port}", *PATIENCE) as scanning:
            responder.wait_for(128, ended=32)
            began = time.monotonic()
            scanning.signal_group(signal.SIGINT)
            told = scanning.told()
        took = time.monotonic() - began
        responder.mute_after = None
        again = report(tmp_path)
        resumed = scan(tmp_path, "--resume", "last")
    assert took < SOON
    assert (told.code, told.err.count("Traceback")) == (130, 0)
    assert told.summary["exit"] == 130
    assert f"tightlip scan --resume {told.summary['run']}" in told.summary["why"]
    assert ("the rest", "interrupted") in [(each["target"], each["why"]) for each in told.summary["not_asked"]]
    assert told.verdicts == again.verdicts
    assert told.summary == again.summary
    assert 0 < told.verdicts.total() <= 64
    assert told.summary["endpoints"] == told.verdicts.total()
    assert told.verdicts < resumed.verdicts
    assert resumed.verdicts.total() == 128
    assert resumed.summary["verdicts"] == {"discloses": 128}


@pytest.mark.drawn(2)
@pytest.mark.parametrize("form", ["json", "html", "text", "csv"])
def test_an_interrupted_report_is_whole(tmp_path: Path, form: str) -> None:
    """In every format; and stderr says how to go on."""
    target = tmp_path / "report"
    with responding() as responder:
        responder.mute_after = 8
        words = (f"pop3+plain://127.71.0.0/28:{responder.port}", *PATIENCE, "--format", form, "-o", str(target))
        with start(tmp_path, "scan", *words) as scanning:
            responder.wait_for(16)
            scanning.process.send_signal(signal.SIGTERM)
            told = scanning.told()
    assert (told.code, told.out) == (130, "")
    assert "tightlip scan --resume " in told.err
    written = target.read_bytes().decode()
    if form == "json":
        assert json.loads(written)["summary"]["exit"] == 130
    elif form == "html":
        assert written.rstrip().endswith("</html>")
    elif form == "text":
        assert "(exit 130)" in written.splitlines()[-1]
    else:
        assert written.endswith(",\r\n")


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    """However often it comes: exit code 130, and never a traceback."""
    with responding() as responder:
        responder.mute_after = 0
        with start_scan(tmp_path, f"pop3+plain://127.72.0.0/26:{responder.port}", *PATIENCE) as scanning:
            responder.wait_for(64)
            deadline = time.monotonic() + SOON
            while scanning.process.poll() is None and time.monotonic() < deadline:
                scanning.signal_group(signal.SIGINT)
                time.sleep(0.01)
            told = scanning.told()
    # Once Python itself is on its way out the signal ends it, which a shell calls 130 too.
    assert told.code in (130, -signal.SIGINT)
    assert "Traceback" not in told.err


def test_ctrl_c_ends_a_slow_scan_too(tmp_path: Path) -> None:
    """Work for an hour waits in the pipes to the engines."""
    with responding() as responder:
        network = f"pop3+plain://127.73.0.0/16:{responder.port}"
        with start_scan(tmp_path, network, "--rate", "20") as scanning:
            responder.wait_for(10)
            began = time.monotonic()
            scanning.signal_group(signal.SIGINT)
            told = scanning.told()
    assert time.monotonic() - began < SOON
    assert told.summary["exit"] == told.code == 130


def test_ctrl_c_while_targets_are_read(tmp_path: Path) -> None:
    """Standard input stays open and says nothing."""
    with start(tmp_path, "scan", "--file", "-", "--store", "none", stdin=None) as scanning:
        scanning.wait_until_reading()
        scanning.signal_group(signal.SIGINT)
        told = scanning.told()
    assert (told.code, told.out, told.err) == (130, "", "tightlip: interrupted\n")


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["findings", "scan"])
def test_a_second_signal_ends_what_hangs_in_a_library(tmp_path: Path, command: str, word: signal.Signals) -> None:
    """A store that another process has locked is waited for in SQLite, where Python hears no signal."""
    store = tmp_path / "store.db"
    words = {"findings": (), "scan": ("pop3+plain://127.0.0.1:9",)}[command]
    assert tightlip(tmp_path, "scan", "pop3+plain://127.0.0.1:9", "--store", str(store)).code == 4
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with start(tmp_path, command, *words, "--store", str(store)) as hanging:
            hanging.wait_until_open(store)
            began = time.monotonic()
            hanging.insist(word)
            took, told = time.monotonic() - began, hanging.told()
    assert took < SOON
    assert (told.code, told.out) in ((130, ""), (-word, ""))
    assert "Traceback" not in told.err


# A change on a recorded host that hangs on its way out, and on its way back; it tells where it is, and each signal.
STUBBORN = """
import sys, threading
from pathlib import Path
from msgspec.structs import replace
from tests.crash.recorded import order_for, raise_host, site_of
from tightlip.remediate._instructions import Check, Restore
from tightlip.workflows.change.steps import carry_out
from tightlip.workflows.changing import apply
from tightlip.workflows.interruption import Interruption
def perform(instruction, work, story):
    if isinstance(instruction, (Check, Restore)):
        print(type(instruction).__name__, flush=True)
        threading.Event().wait(60)
    return carry_out(instruction, work, story)
def ask(self, *signal):
    print("asked", flush=True)
    asking(self, *signal)
asking, Interruption.ask = Interruption.ask, ask
host = raise_host(Path(sys.argv[1]))
apply(order_for(host), replace(site_of(host), perform=perform))
"""


def test_a_change_that_goes_back_can_be_ended_as_well(tmp_path: Path) -> None:
    """The second signal leaves what waits and puts the files back; one more ends that, and recover has the rest."""
    command = [sys.executable, "-c", STUBBORN, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=pipe, stderr=pipe, env=environment(tmp_path), cwd=ROOT, text=True
    ) as changing:
        assert changing.stdout is not None
        told = [changing.stdout.readline().strip()]
        for lines in (1, 2):
            changing.terminate()
            told += [changing.stdout.readline().strip() for _ in range(lines)]
        changing.terminate()
        with suppress(subprocess.TimeoutExpired):
            changing.wait(SOON)
        has_ended = changing.poll() is not None
        changing.kill()
    [change] = changes_of(Recorded(tmp_path))
    assert (told, has_ended) == (["Check", "asked", "asked", "Restore"], True)
    assert story_of(change).state is State.RESTORING


def lost(told: Told) -> list[dict[str, object]]:
    """The observations that are our fault."""
    return [each for each in told.records if each["record"] == "observation" and each["reason"] == "internal_error"]


def test_a_lost_engine_takes_only_what_it_had_in_hand(tmp_path: Path) -> None:
    """The other goes on, with the rest of the targets too; the exit code says that it was our fault."""
    with responding() as responder:
        responder.delay = 0.05
        network = f"pop3+plain://127.74.0.0/22:{responder.port}"
        with start_scan(tmp_path, network, "--workers", "2", "--concurrency", "40") as scanning:
            responder.wait_for(100)
            scanning.engines()[0].kill()
            told = scanning.told()
    assert told.code == told.summary["exit"] == 5
    assert told.verdicts.total() == told.summary["endpoints"] == 1024
    assert max(told.verdicts.values()) == 1
    assert 0 < len(lost(told)) == told.summary["faults"] < 1024
    assert all("status -9" in str(each["error"]) for each in lost(told))
    assert told.summary["verdicts"]["discloses"] + len(lost(told)) == 1024


def test_without_engines_a_scan_ends_and_can_be_resumed(tmp_path: Path) -> None:
    """Nothing is left that could ask: the exit code is 5, and the rest is asked by --resume."""
    with responding() as responder:
        responder.mute_after = 40
        network = f"pop3+plain://127.75.0.0/20:{responder.port}"
        with start_scan(tmp_path, network, "--workers", "1", "--concurrency", "50", *PATIENCE) as scanning:
            responder.wait_for(80)
            scanning.engines()[0].kill()
            told = scanning.told()
        responder.mute_after = None
        resumed = scan(tmp_path, "--resume", "last")
    assert told.code == told.summary["exit"] == 5
    assert ("the rest", "interrupted") in [(each["target"], each["why"]) for each in told.summary["not_asked"]]
    assert resumed.code == 5
    assert told.verdicts < resumed.verdicts
    assert resumed.verdicts.total() == resumed.summary["endpoints"] == 4096


def test_a_silent_name_server_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """Its look-up takes longer than a person waits; Ctrl-C ends the scan and the process all the same."""
    code = f"""
import os, signal, sys, threading
from tightlip.cli._app import run
from tightlip.network import resolve
def silent(name):
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait({LIMIT})
resolve._addresses = silent
sys.exit(run(["scan", "slow.test", "--store", "none", "--status", "none"]))
"""
    began = time.monotonic()
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=environment(tmp_path), capture_output=True, timeout=LIMIT, check=False)
    assert (ended.returncode, ended.stderr) == (130, b"")
    assert time.monotonic() - began < SOON
