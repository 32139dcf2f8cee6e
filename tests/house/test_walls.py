"""The floors, the quiet and the circles: our tree keeps the rules, and each rule notices its breach."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import walls
from tests.house.tree import Tree, our_tree, read_tree

Rule = Callable[[Tree], list[str]]

RULES: list[Rule] = [
    walls.unknown_rooms,
    walls.relative_imports,
    walls.upward_imports,
    walls.imports_of_own_front_door,
    walls.sibling_plugs,
    walls.borrowed_parts,
    walls.import_circles,
    walls.loud_imports,
    walls.loud_calls,
    walls.library_strangers,
    walls.undeclared_libraries,
]

# (rule, file below src/tightlip, its text, what the complaint ends with)
BREACHES: list[tuple[Rule, str, str, str]] = [
    (walls.unknown_rooms, "attic/old.py", "", "no room attic"),
    (walls.unknown_rooms, "misc.py", "", "no room misc"),
    (walls.relative_imports, "talk/a.py", "from . import b", "."),
    (walls.upward_imports, "model/a.py", "import tightlip.ntlm.b", "model may not know ntlm"),
    (walls.upward_imports, "model/a.py", "from tightlip import cli", "model may not know cli"),
    (walls.upward_imports, "model/a.py", "def f():\n    from tightlip.store import x", "may not know store"),
    (
        walls.upward_imports,
        "talk/a.py",
        "if TYPE_CHECKING:\n    from tightlip.network.b import B",
        "talk may not know network",
    ),
    (walls.upward_imports, "store/a.py", "from tightlip.network import b", "store may not know network"),
    (walls.upward_imports, "rules/a.py", "import tightlip.reports", "rules may not know reports"),
    (walls.upward_imports, "registry.py", "import tightlip.ntlm", "registry may not know ntlm"),
    (walls.upward_imports, "__init__.py", "import tightlip.model", " may not know model"),
    (walls.imports_of_own_front_door, "ntlm/a.py", "from tightlip.ntlm import parse", "tightlip.ntlm"),
    (walls.sibling_plugs, "protocols/lmtp.py", "from tightlip.protocols import pop3", "protocols.pop3"),
    (walls.sibling_plugs, "protocols/_x.py", "import tightlip.protocols.pop3", "protocols.pop3"),
    (walls.borrowed_parts, "products/exim.py", "from tightlip.products._cyrus import edits", "products._cyrus.edits"),
    (walls.borrowed_parts, "products/_x.py", "import tightlip.products._cyrus.edits", "products._cyrus.edits"),
    (walls.import_circles, "talk/a.py", "import tightlip.talk.a", "tightlip.talk.a"),
    (walls.loud_imports, "talk/a.py", "import socket", "socket"),
    (walls.loud_imports, "talk/a.py", "import os.path", "os.path"),
    (walls.loud_imports, "talk/a.py", "from urllib.request import urlopen", "urllib.request"),
    (walls.loud_imports, "assess/a.py", "def f():\n    import random", "random"),
    (walls.loud_imports, "model/a.py", "import importlib", "importlib"),
    (walls.loud_imports, "talk/a.py", "import resource", "resource"),
    (walls.loud_imports, "registry.py", "import time", "time"),
    (walls.loud_calls, "reports/a.py", "open('x')", "open"),
    (walls.loud_calls, "reports/a.py", "datetime.now(UTC)", ".now"),
    (walls.loud_calls, "targets/a.py", "Path('x').read_text()", ".read_text"),
    (walls.loud_calls, "targets/a.py", "Path('x').open()", ".open"),
    (walls.loud_calls, "assess/a.py", "Path('x').exists()", ".exists"),
    (walls.loud_calls, "rules/a.py", "Path('x').stat()", ".stat"),
    (walls.loud_calls, "talk/a.py", "Path('x').glob('*')", ".glob"),
    (walls.library_strangers, "workflows/a.py", "import sqlalchemy.engine", "sqlalchemy.engine"),
    (walls.library_strangers, "config/a.py", "import sqlite3", "sqlite3"),
    (walls.undeclared_libraries, "network/a.py", "from scapy.all import IP", "scapy.all"),
]

# (rule, file, text): allowed, though close to a breach
ALLOWED: list[tuple[Rule, str, str]] = [
    (
        walls.upward_imports,
        "talk/a.py",
        "import tightlip\nfrom tightlip.ntlm import b\nimport tightlip.model",
    ),
    (walls.upward_imports, "talk/a.py", "import tightlip.talk.b"),
    (walls.imports_of_own_front_door, "ntlm/__init__.py", "from tightlip.ntlm.b import parse"),
    (walls.imports_of_own_front_door, "ntlm/a.py", "from tightlip.ntlm.b import parse"),
    (walls.sibling_plugs, "protocols/lmtp.py", "import tightlip.protocols._smtp"),
    (walls.borrowed_parts, "remediate/a.py", "from tightlip.products._cyrus import edits"),
    (walls.borrowed_parts, "products/cyrus.py", "from tightlip.products._cyrus import edits"),
    (walls.borrowed_parts, "products/_cyrus/posture.py", "from tightlip.products._cyrus import edits"),
    (walls.borrowed_parts, "products/_cyrus/posture.py", "from tightlip.products import _splicing"),
    (walls.loud_imports, "registry.py", "import importlib, pkgutil"),
    (walls.loud_imports, "network/a.py", "import socket"),
    (walls.loud_imports, "targets/a.py", "from urllib.parse import urlsplit"),
    (walls.loud_calls, "network/a.py", "open('x')"),
    (walls.library_strangers, "store/a.py", "import sqlalchemy"),
    (walls.undeclared_libraries, "network/a.py", "import ssl, msgspec, tightlip.model"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_tree_keeps_the_rule(rule: Rule) -> None:
    """The rule has nothing to complain of in this checkout."""
    assert rule(our_tree()) == []


@pytest.mark.parametrize(("rule", "path", "text", "complaint"), BREACHES)
def test_a_breach_is_noticed(tmp_path: Path, rule: Rule, path: str, text: str, complaint: str) -> None:
    """A tree with exactly one breach gets exactly one complaint, which names it."""
    complaints = rule(plant(tmp_path, {path: text}))
    assert [line.endswith(complaint) for line in complaints] == [True]


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED)
def test_what_is_allowed_passes(tmp_path: Path, rule: Rule, path: str, text: str) -> None:
    """A tree that only comes close to a breach gets no complaint."""
    assert rule(plant(tmp_path, {path: text})) == []


def test_a_circle_through_an_annotation_is_noticed(tmp_path: Path) -> None:
    """Two modules that know each other are both named, even when one does so only for a type."""
    circle = {
        "talk/a.py": "import tightlip.talk.b",
        "talk/b.py": "if TYPE_CHECKING:\n    from tightlip.talk.a import A",
        "talk/c.py": "import tightlip.talk.a",
    }
    assert walls.import_circles(plant(tmp_path, circle)) == ["tightlip.talk.a", "tightlip.talk.b"]


def plant(root: Path, files: dict[str, str]) -> Tree:
    """Write a small checkout around the given files of the package and read it."""
    ground = {
        "__init__.py": "",
        "ntlm/__init__.py": "",
        "ntlm/b.py": "",
        "protocols/pop3.py": "",
        "cli/x.py": "",
        "products/_cyrus/__init__.py": "",
        "products/_cyrus/edits.py": "",
        "products/_splicing.py": "",
    }
    for path, text in (ground | files).items():
        file = root / "src" / "tightlip" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (root / "pyproject.toml").write_text('[project]\ndependencies = ["msgspec>=0.19"]\n')
    return read_tree(root)
