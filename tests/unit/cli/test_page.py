"""docs/commands.md says of every command at which stage it stands and which options it takes."""

import re
import shlex

import pytest
from cyclopts import App

from tests.house.tree import ROOT
from tests.unit.cli.calling import call
from tightlip import registry
from tightlip.cli._app import build
from tightlip.cli._command import Command

PAGE = (ROOT / "docs" / "commands.md").read_text()
COMMANDS = registry.gather("cli", Command)


def section(name: str) -> str:
    """What the page says below a command's heading."""
    found = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def options(app: App) -> set[str]:
    """The long and short names of a command's options, its verbs' included; help and negations left out."""
    names: set[str] = set()
    for each in [app, *(app[name] for name in app if not name.startswith("-"))]:
        if each.default_command:
            names.update(name for arg in each.assemble_argument_collection(parse_docstring=False) for name in arg.names)
    return {name for name in names if name.startswith("-") and "*" not in name}


def test_commands_stand_below_their_stage_in_the_order_of_the_help() -> None:
    """The page's headings are those of ``tightlip --help``."""
    headings = re.findall(r"^(##|###) (\w[\w-]*)$", PAGE, re.MULTILINE)
    listed = [(stage, name) for stage, name in _staged(headings)]
    expected = sorted((command.stage.value, name.replace("_", "-")) for name, command in COMMANDS.items())
    assert sorted(listed) == expected
    assert [name for _, name in listed] == [name for stage in dict(listed) for at, name in expected if at == stage]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_spoken_of(name: str) -> None:
    """Each option of a command stands in its section."""
    verb = name.replace("_", "-")
    told = section(verb)
    assert [option for option in sorted(options(build(name)[verb])) if not _mentions(told, option)] == []


def test_the_example_of_decode_is_what_it_prints() -> None:
    """Line for line; … stands for lines left out."""
    example = re.search(r"^\$ tightlip (decode .*)\n((?:.*\n)*?)```", section("decode"), re.MULTILINE)
    assert example
    printed = call(*shlex.split(example[1])).out
    pieces = [piece.strip("\n") for piece in re.split(r"^ +…\n", example[2], flags=re.MULTILINE)]
    assert len(pieces) > 2
    places = [printed.find(piece) for piece in pieces]
    assert -1 not in places
    assert places == sorted(places)


def _staged(headings: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(stage, command) for every command's heading."""
    stage, found = "", []
    for level, text in headings:
        if level == "##":
            stage = text
        else:
            found.append((stage, text))
    return found


def _mentions(text: str, option: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text))
