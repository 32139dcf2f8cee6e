"""What pages claim about files, commands, options, sources and lists of names holds."""

import doctest
import re
import shlex
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from cyclopts import CycloptsError

from tests.unit.docs.pages import PAGES, ROOT, anchors, blocks, links, name, prose
from tightlip import registry
from tightlip.assess.judge import rules
from tightlip.cli._app import build
from tightlip.model.verdict import Reason, Verdict
from tightlip.network.messages import EngineSettings

DOCS = ROOT / "docs"
# A command in a block of shell, up to a comment, a pipe or a redirection.
COMMAND = re.compile(r"^(?:\$ )?(?:\./)?tightlip (?!\.\.\.)(.+?)(?: +#.*| \||>.*)?$", re.MULTILINE)
# One in running text: `tightlip scan …`; what follows the verb may be a stand-in there.
MENTION = re.compile(r"`(?:\./)?tightlip ([a-z]+)\b([^`]*)`")
OPTION = re.compile(r"--[a-z][a-z-]+")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    """The file is there, and so is the heading behind a #."""
    assert [link for link in links(page) if not leads_somewhere(page, link)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_in_blocks_parse(page: Path) -> None:
    """Commands that can be copied are accepted by the command line, options and all; none is carried out."""
    assert [f"{command}: {fault}" for command in shell_commands(page) if (fault := fault_of(command))] == []


@pytest.mark.parametrize("command", ["scan --no-such-option host", "no-such-command", "scope allow 10.0.0.0/8"])
def test_a_wrong_command_is_noticed(command: str) -> None:
    """The check above has something against a command that would not run."""
    assert fault_of(command)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_in_prose_exist(page: Path) -> None:
    """The verb is a command, and the options beside it are in its help."""
    known = registry.names("cli")
    mentions = MENTION.findall(prose(page))
    assert [verb for verb, _ in mentions if verb not in known] == []
    odd = [(verb, option) for verb, rest in mentions for option in OPTION.findall(rest) if not takes(verb, option)]
    assert odd == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name in ("protocols.md", "rules.md")], ids=name)
def test_python_excerpts_are_the_source(page: Path) -> None:
    """Each block of Python stands in a plug of that room, letter for letter."""
    room = ROOT / "src/tightlip" / page.stem
    sources = [file.read_text() for file in room.glob("*.py")]
    excerpts = [block.text for block in blocks(page) if block.language == "python"]
    assert excerpts
    assert [text for text in excerpts if not any(text in source for source in sources)] == []


def test_the_library_page_runs() -> None:
    """The examples of library.md give what they show."""
    results = doctest.testfile(str(DOCS / "library.md"), module_relative=False)
    assert results.attempted > 0
    assert results.failed == 0


def test_every_verdict_and_reason_is_explained() -> None:
    """verdicts.md has a word for each of them."""
    page = (DOCS / "verdicts.md").read_text()
    assert [each for each in (*Verdict, *Reason) if f"`{each}`" not in page] == []


def test_every_rule_stands_with_its_severity() -> None:
    """The table of rules.md is the room."""
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (\w+) \|", (DOCS / "rules.md").read_text(), re.MULTILINE)
    assert dict(rows) == {rule.name: rule.severity.value for rule in rules().values()}


def test_the_pace_that_is_promised_is_the_default() -> None:
    """The defaults in scanning.md are those of the engine."""
    rows = re.findall(r"^\| `--([a-z-]+)` \| (\d+)(?: s)? \|", (DOCS / "scanning.md").read_text(), re.MULTILINE)
    defaults = {field: float(getattr(EngineSettings(()), field.replace("-", "_"))) for field, _ in rows}
    assert len(rows) == 8
    assert {field: float(value) for field, value in rows} == defaults


def test_every_dependency_has_its_reason() -> None:
    """dependencies.md speaks of each package that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {re.split(r"[\[<>=~! ]", each)[0].lower() for each in asked}
    page = (DOCS / "dependencies.md").read_text().lower()
    assert [each for each in sorted(names) if not re.search(rf"(?<![\w-]){re.escape(each)}(?![\w-])", page)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether a relative link's file exists, and has the heading."""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def shell_commands(page: Path) -> Iterator[str]:
    """The tightlip commands in a page's blocks of shell, and after the prompt in blocks of output."""
    for block in blocks(page):
        if block.language == "sh":
            yield from COMMAND.findall(block.text)
        elif block.language == "":
            yield from COMMAND.findall("\n".join(line for line in block.text.splitlines() if line.startswith("$ ")))


def fault_of(command: str) -> str | None:
    """What the command line has against a command, None where nothing."""
    try:
        build(None).parse_args(shlex.split(command, comments=True), print_error=False, exit_on_error=False)
    except CycloptsError as error:
        return str(error)
    return None


def takes(verb: str, option: str) -> bool:
    """Whether a command, or a verb of it, knows an option."""
    app = build(verb)[verb]
    apps = [app, *(app[each] for each in app if not each.startswith("-"))]
    known = {
        name
        for each in apps
        if each.default_command
        for arg in each.assemble_argument_collection()
        for name in arg.names
    }
    return option in known | {"--help"}
