"""Plug files: each names its constant, has its cases and its page, and imports; each rule notices its breach."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import plugs
from tests.house.floors import PLUGS
from tests.house.tree import Module, Tree, our_tree, read_tree
from tightlip import registry
from tightlip.cli._command import Command
from tightlip.hosts._host import HostKind
from tightlip.products._product import Product
from tightlip.reports._report import ReportFormat
from tightlip.rules._rule import Rule as JudgingRule
from tightlip.talk.protocol import Protocol

Rule = Callable[[Tree], list[str]]

# What a plug of each room is.
KINDS: dict[str, type] = {
    "protocols": Protocol,
    "products": Product,
    "rules": JudgingRule,
    "reports": ReportFormat,
    "hosts": HostKind,
    "cli": Command,
}

RULES: list[Rule] = [
    plugs.missing_constants,
    plugs.missing_talks,
    plugs.missing_pages,
    plugs.missing_parts,
]

SRC = "src/tightlip"
PARTS = '"""One.\n\nFlags: a\n\nWhy it matters: b\n\nMends it: c\n\nReferences: d\n"""\n'

# (rule, files, breaches)
CASES: list[tuple[Rule, dict[str, str], int]] = [
    (plugs.missing_constants, {f"{SRC}/cli/scan.py": "x = 1"}, 1),
    (plugs.missing_constants, {f"{SRC}/cli/scan.py": "def f():\n    COMMAND = 1"}, 1),
    (plugs.missing_constants, {f"{SRC}/cli/scan.py": "COMMAND: int"}, 1),
    (plugs.missing_constants, {f"{SRC}/cli/scan.py": "COMMAND = 1\nCOMMAND = 2"}, 1),
    (plugs.missing_constants, {f"{SRC}/rules/x.py": "COMMAND = 1"}, 1),
    (plugs.missing_constants, {f"{SRC}/cli/scan.py": "COMMAND = 1"}, 0),
    (plugs.missing_constants, {f"{SRC}/rules/x.py": "RULE: int = 1"}, 0),
    (plugs.missing_constants, {f"{SRC}/cli/_scan.py": "", f"{SRC}/cli/__init__.py": ""}, 0),
    (plugs.missing_constants, {f"{SRC}/model/x.py": ""}, 0),
    (plugs.missing_talks, {f"{SRC}/protocols/pop3.py": ""}, 1),
    (plugs.missing_talks, {f"{SRC}/protocols/pop3.py": "", f"{SRC}/lab/talks/pop3/a.txt": ""}, 1),
    (plugs.missing_talks, {f"{SRC}/protocols/pop3.py": "", f"{SRC}/lab/talks/pop3/a.talk": ""}, 0),
    (plugs.missing_pages, {f"{SRC}/reports/csv.py": ""}, 1),
    (plugs.missing_pages, {f"{SRC}/reports/csv.py": "", "docs/reports.md": "csvs, csv-like"}, 1),
    (plugs.missing_pages, {f"{SRC}/reports/csv.py": "", "docs/reports.md": "`csv`"}, 0),
    (plugs.missing_pages, {f"{SRC}/cli/scan.py": "", "docs/cli.md": "scan"}, 1),
    (plugs.missing_pages, {f"{SRC}/cli/scan.py": "", "docs/commands.md": "## scan"}, 0),
    (plugs.missing_parts, {f"{SRC}/rules/x.py": '"""One."""'}, 1),
    (plugs.missing_parts, {f"{SRC}/rules/x.py": PARTS.replace("References", "See also")}, 1),
    (plugs.missing_parts, {f"{SRC}/rules/x.py": PARTS}, 0),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_tree_keeps_the_rule(rule: Rule) -> None:
    """The rule has nothing to complain of in this checkout."""
    assert rule(our_tree()) == []


@pytest.mark.parametrize(("rule", "files", "breaches"), CASES)
def test_breaches_are_counted(tmp_path: Path, rule: Rule, files: dict[str, str], breaches: int) -> None:
    """A small tree gets exactly as many complaints as it has breaches."""
    for path, text in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert len(rule(read_tree(tmp_path))) == breaches


@pytest.mark.parametrize("module", list(plugs.plugs(our_tree())), ids=lambda module: module.name)
def test_every_plug_imports(module: Module) -> None:
    """The registry finds it by its name, and it is what its room is made of."""
    kind = KINDS[module.room]
    assert isinstance(registry.pick(module.room, module.name.rpartition(".")[2], kind), kind)


def test_the_registry_knows_every_room() -> None:
    """Its table of rooms and constants is the one that the rules above read."""
    assert registry.CONSTANTS == PLUGS
