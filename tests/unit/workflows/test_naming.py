"""Runs are told apart, also those that begin in one second."""

import re
from pathlib import Path

import pytest

from tests.unit.cli.calling import call


@pytest.mark.parametrize(
    "words", [("scan", "pop3+plain://127.0.0.1:9"), ("audit", "--root", ".")], ids=lambda each: each[0]
)
def test_an_id_leaves_little_to_chance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    """The second, and 32 bits; with 16 one of 65,536 pairs that began in one second had one id."""
    monkeypatch.chdir(tmp_path)
    summary = call(*words, "--store", "none", "--format", "jsonl").records[-1]
    assert re.fullmatch("[0-9]{8}-[0-9]{6}-[0-9a-f]{8}", summary["run"])
