"""``-o FILE`` of the commands that list and show: the file gets what standard output would."""

import stat
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tightlip.model.errors import Exit

COMMANDS = [
    ("findings",),
    ("findings", "--format", "jsonl"),
    ("runs",),
    ("decode", "TlRMTVNTUAACAAAAAAAAAAAoAAABggAAASNFZ4mrze8AAAAAAAAAAAAAAAAAAAAA"),
    ("rules",),
    ("explain", "tls-obsolete"),
    ("scope", "list"),
    ("changes",),
    ("doctor",),
    ("doctor", "--format", "json"),
    ("completion", "fish"),
    ("collect", "exchange"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_file_gets_what_standard_output_would(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Nothing of what it held before, readable by nobody else; standard output stays empty."""
    call("runs")  # the store is made
    file = tmp_path / "results"
    file.write_text("an older, longer list\n" * 9_999)
    file.chmod(0o644)
    expected = call(*words)
    heard = call(*words, "-o", str(file))
    assert (heard.code, heard.out, heard.err) == (expected.code, "", expected.err)
    assert file.read_text() == expected.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert call(*words, "--output", "-").out == expected.out


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_file_that_cannot_be_written_is_wrong_usage(words: tuple[str, ...]) -> None:
    """One line and a hint."""
    heard = call(*words, "-o", "/nonexistent/results")
    assert (heard.code, heard.out, len(heard.err.splitlines())) == (Exit.USAGE, "", 2)
