"""The commands as their own processes, through ``./tightlip``: streams, exit codes, a reader that leaves."""

import json
import signal
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.unit.ntlm.wire import WINDOWS
from tightlip.model.errors import Exit

Ran = subprocess.CompletedProcess[str]


def launch(*words: str, stdin: str = "", cwd: Path = ROOT) -> Ran:
    """Run ``./tightlip`` to its end."""
    command = [str(ROOT / "tightlip"), *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False, cwd=cwd)


def test_decode_reads_a_pipe(tmp_path: Path) -> None:
    """From any directory, base64 in, JSON out, nothing on stderr."""
    ran = launch("decode", "--format", "json", stdin=f"+ {b64encode(WINDOWS).decode()}\n", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (Exit.OK, "")
    assert json.loads(ran.stdout)["messages"][0]["fields"]["dns_tree_name"] == "lab.test"


def test_decode_of_an_empty_pipe_is_wrong_usage() -> None:
    """One line, a hint, exit code 2."""
    ran = launch("decode")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (Exit.USAGE, "", 2)


def test_a_reader_that_leaves_early_is_no_fault(tmp_path: Path) -> None:
    """As with head(1): no traceback, and the exit code of a broken pipe, which is neither success nor a finding."""
    (tmp_path / "many").write_text(f"+ {b64encode(WINDOWS).decode()}\n" * 200)
    command = [str(ROOT / "tightlip"), "decode", str(tmp_path / "many")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("NTLM challenge message")
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 128 + signal.SIGPIPE


@pytest.mark.parametrize("most", [30, 64])
@pytest.mark.parametrize("words", [("scan", "pop3+plain://127.0.0.1:9", "--store", "none"), ("lab", "pop3")])
def test_too_few_descriptors_are_said(most: int, words: tuple[str, ...]) -> None:
    """Of a limit that leaves no room for a connection: one line, a hint, exit code 6, and nothing hangs."""
    limited = ["sh", "-c", f'ulimit -n {most} && exec "$0" "$@"', str(ROOT / "tightlip"), *words]
    ran = subprocess.run(limited, capture_output=True, text=True, timeout=60, check=False)
    first, hint = ran.stderr.splitlines()
    assert (ran.returncode, ran.stdout) == (Exit.REFUSED, "")
    assert first == f"tightlip: only {most} descriptors may be open at once, and 65 are needed at least"
    assert "ulimit" in hint
