"""``tightlip completion``: what a shell offers after its script was read."""

import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tightlip import registry
from tightlip.model.errors import Exit

ASK = """
source "$1"
COMP_WORDS=("${@:2}"); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_tightlip
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(script: Path, *words: str) -> set[str]:
    """What bash offers for the last of ``words``."""
    command = ["bash", "--norc", "-c", ASK, "bash", str(script), *words]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert ran.stderr == ""
    return {word.strip() for word in ran.stdout.splitlines() if word.strip()}


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script for bash."""
    path = tmp_path_factory.mktemp("completion") / "tightlip.bash"
    path.write_text(call("completion", "bash").out)
    return path


def test_bash_offers_every_command(script: Path) -> None:
    """After the program's name, with or without a path, come the commands."""
    commands = {name.replace("_", "-") for name in registry.names("cli")}
    assert commands <= offered(script, "tightlip", "")
    assert offered(script, "./tightlip", "dec") == {"decode"}


def test_bash_offers_options_and_choices(script: Path) -> None:
    """A command's own options, and the words that an option takes."""
    assert offered(script, "tightlip", "listen", "--p") == {"--port", "--probe"}
    assert offered(script, "tightlip", "listen", "--format", "") == {"text", "json", "jsonl"}


def test_bash_completes_file_names_itself_where_nothing_is_offered(script: Path) -> None:
    """With a slash after folders and with quotes: for values of options, for files, for targets."""
    told = subprocess.run(
        ["bash", "--norc", "-c", 'source "$1"; complete -p tightlip', "bash", str(script)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert told.stdout == "complete -o default -F _tightlip tightlip\n"
    for words in (("scan", "--file", ""), ("scan", "/"), ("apply", "/"), ("audit", "-o", "/"), ("decode", "/")):
        assert offered(script, "tightlip", *words) == set(), words


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_of_their_own(shell: str) -> None:
    """It speaks of every command and its options."""
    heard = call("completion", shell)
    assert heard.code == Exit.OK
    assert all(name.replace("_", "-") in heard.out for name in registry.names("cli"))
    assert "probe" in heard.out


def test_an_unknown_shell_is_wrong_usage() -> None:
    """One line names the shells that can be served."""
    heard = call("completion", "csh")
    assert (heard.code, heard.out) == (Exit.USAGE, "")
    assert "fish" in heard.err
