"""Sizes, names, first sentences, parameters and reasons: our tree keeps the rules, and each notices its breach."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import shape
from tests.house.tree import Tree, our_tree, read_tree

Rule = Callable[[Tree], list[str]]

RULES: list[Rule] = [
    shape.long_files,
    shape.long_functions,
    shape.too_few_short_functions,
    shape.empty_names,
    shape.names_like_options,
    shape.missing_sentences,
    shape.boolean_parameters,
    shape.unexplained_ignores,
]

SENTENCE = '"""Holds one thing."""\n'
PLAIN = SENTENCE + "def f(a: int) -> int:\n    return a\n"
IGNORE, NOQA = "x = 1  # type: " + "ignore", "x = 1  # no" + "qa"


def function(lines: int, head: str = "def f() -> None:") -> str:
    """Return a module with one function of that many lines."""
    return SENTENCE + head + "\n" + "    f()\n" * (lines - 1)


# (rule, path below the root, text)
BREACHES: list[tuple[Rule, str, str]] = [
    (shape.long_files, "tests/test_x.py", "\n" * 301),
    (shape.long_functions, "bench/x.py", function(61)),
    (shape.long_functions, "src/tightlip/x.py", function(61, "async def f() -> None:")),
    (shape.too_few_short_functions, "src/tightlip/x.py", function(30)),
    (shape.empty_names, "src/tightlip/talk/_utils.py", PLAIN),
    (shape.empty_names, "src/tightlip/talk/sasl_helpers.py", PLAIN),
    (shape.empty_names, "src/tightlip/common/x.py", PLAIN),
    (shape.names_like_options, "--format", ""),
    (shape.names_like_options, "docs/-x.md", ""),
    (shape.missing_sentences, "tests/x.py", "x = 1"),
    (shape.missing_sentences, "src/tightlip/x.py", ""),
    (shape.missing_sentences, "src/tightlip/x.py", '"""Holds one thing"""'),
    (shape.boolean_parameters, "src/tightlip/x.py", "def f(a: bool) -> None: ..."),
    (shape.boolean_parameters, "src/tightlip/x.py", "def f(*, a: bool | None) -> None: ..."),
    (shape.boolean_parameters, "src/tightlip/x.py", "def f(b, a=True): ..."),
    (shape.boolean_parameters, "src/tightlip/x.py", "async def f(*, b, a=False): ..."),
    (shape.boolean_parameters, "src/tightlip/x.py", "class C:\n    def __init__(self, a: 'bool'): ..."),
    (shape.unexplained_ignores, "tests/x.py", IGNORE),
    (shape.unexplained_ignores, "tests/x.py", IGNORE + "  # because it is so"),
    (shape.unexplained_ignores, "tests/x.py", IGNORE + "[arg-type]"),
    (shape.unexplained_ignores, "tests/x.py", NOQA),
    (shape.unexplained_ignores, "tests/x.py", NOQA + ": F401"),
    (shape.unexplained_ignores, "tests/x.py", NOQA + ": F401, E501"),
]

ALLOWED: list[tuple[Rule, str, str]] = [
    (shape.long_files, "src/tightlip/x.py", "\n" * 300),
    (shape.long_functions, "src/tightlip/x.py", function(60)),
    (shape.too_few_short_functions, "src/tightlip/x.py", function(29)),
    (shape.empty_names, "src/tightlip/talk/baseline.py", PLAIN),
    (shape.empty_names, "tests/real/ntlm_helper.py", PLAIN),
    (shape.names_like_options, "docs/for-your-users.md", ""),
    (shape.missing_sentences, "src/tightlip/x.py", '"""Holds one thing\nand another."""'),
    (shape.boolean_parameters, "src/tightlip/x.py", "def f(a: Callable[[int], bool]) -> bool: ..."),
    (shape.boolean_parameters, "src/tightlip/x.py", "def _f(a: bool) -> None: ..."),
    (shape.boolean_parameters, "tests/x.py", "def f(a: bool) -> None: ..."),
    (shape.unexplained_ignores, "tests/x.py", IGNORE + "[arg-type]  # the stub is wrong"),
    (shape.unexplained_ignores, "tests/x.py", NOQA + ": F401 imported for its effect"),
    (shape.unexplained_ignores, "tests/x.py", f"x = '{IGNORE}'"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_tree_keeps_the_rule(rule: Rule) -> None:
    """The rule has nothing to complain of in this checkout."""
    assert rule(our_tree()) == []


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_a_breach_is_noticed(tmp_path: Path, rule: Rule, path: str, text: str) -> None:
    """A tree with exactly one breach gets exactly one complaint."""
    assert len(rule(plant(tmp_path, path, text))) == 1


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED)
def test_what_is_allowed_passes(tmp_path: Path, rule: Rule, path: str, text: str) -> None:
    """A tree that only comes close to a breach gets no complaint."""
    assert rule(plant(tmp_path, path, text)) == []


def plant(root: Path, path: str, text: str) -> Tree:
    """Write one file below an empty root and read the tree."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return read_tree(root)
