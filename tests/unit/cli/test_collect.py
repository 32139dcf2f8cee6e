"""`tightlip collect`: the scripts come out whole, on standard output or into a private file."""

from pathlib import Path

import pytest

from tightlip.cli._app import run
from tightlip.workflows.scripts import exchange_certificates, exchange_collector


def test_the_script_comes_out_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing before or after it; it says how its outcome is used."""
    assert run(["collect", "exchange"]) == 0
    said = capsys.readouterr().out
    assert said == exchange_collector()
    assert "tightlip audit" in said


def test_it_goes_into_a_file(tmp_path: Path) -> None:
    """With -o; the file is its owner's alone."""
    path = tmp_path / "certificates.ps1"
    assert run(["collect", "exchange-certificates", "-o", str(path)]) == 0
    assert path.read_text() == exchange_certificates()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_collected_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With the choices."""
    assert run(["collect", "groupwise"]) == 2
    assert "exchange-certificates" in capsys.readouterr().err
