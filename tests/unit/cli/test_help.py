"""The help of these commands reads well in 80 columns."""

import re

import pytest

from tests.unit.cli.calling import call
from tightlip.model.errors import Exit

COMMANDS = ["decode", "explain", "rules", "listen", "doctor", "completion"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_and_names_no_internals(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins with the usage; empty defaults and negated flags are not shown."""
    monkeypatch.setenv("COLUMNS", "80")
    heard = call(command, "--help")
    assert heard.code == Exit.OK
    assert heard.out.startswith(f"Usage: tightlip {command}")
    assert max(map(len, heard.out.splitlines())) <= 80
    assert not re.search(r"default: (\(\)|False|None)|--no-|Look|Outcome", heard.out)


def test_the_whole_help_names_every_command_in_its_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stages come in the order of the life cycle, each command below its own."""
    monkeypatch.setenv("COLUMNS", "80")
    out = call("--help").out
    stages = re.findall(r"─ (Find|Prove|Mend|Keep|Present) ─", out)
    assert stages == [stage for stage in ("Find", "Prove", "Mend", "Keep", "Present") if stage in stages]
    for command, stage in [("listen", "Find"), ("decode", "Prove"), ("explain", "Prove"), ("doctor", "Keep")]:
        assert out.index(f"─ {stage} ─") < out.index(f"│ {command} ")


@pytest.mark.parametrize("command", ["scan", "verify"])
def test_every_exit_code_of_asking_is_told(command: str) -> None:
    """A store that cannot be used among them."""
    told = " ".join(re.sub(r"[│\s]+", " ", call(command, "--help").out).split())
    assert [code for code in (0, 1, 2, 3, 4, 5, 6, 130) if not re.search(rf"[ ,]{code} [a-z]", told)] == []
    assert "6 the store cannot be used" in told
