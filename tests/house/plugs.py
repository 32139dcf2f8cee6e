"""The rules about plugs: what every plug file names, shows and is written up in."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.floors import PLUGS
from tests.house.tree import Module, Tree
from tests.house.walls import is_plug

# Where a room's plugs are written up; a rule's docstring is its page.
PAGES = {room: f"docs/{room}.md" for room in PLUGS if room != "rules"} | {"cli": "docs/commands.md"}

# The fixed parts of a rule's docstring, in their order.
RULE_PARTS = ["Flags", "Why it matters", "Mends it", "References"]


def missing_constants(tree: Tree) -> list[str]:
    """Every plug file binds its room's constant, once, at the top."""
    return [
        f"{module.path}: binds {PLUGS[module.room]} {count} times"
        for module in plugs(tree)
        if (count := list(bound(module.syntax)).count(PLUGS[module.room])) != 1
    ]


def missing_talks(tree: Tree) -> list[str]:
    """Every protocol has at least one recorded conversation that the lab plays and the tests hold."""
    return [
        f"{module.path}: no {folder}/*.talk"
        for module in plugs(tree)
        if module.room == "protocols"
        for folder in [f"src/tightlip/lab/talks/{stem(module)}"]
        if not any((tree.root / folder).glob("*.talk"))
    ]


def missing_pages(tree: Tree) -> list[str]:
    """The page of its room mentions every plug by name."""
    return [
        f"{module.path}: not in {page}"
        for module in plugs(tree)
        if (page := PAGES.get(module.room)) and not mentions(tree.root / page, stem(module))
    ]


def missing_parts(tree: Tree) -> list[str]:
    """A rule's docstring holds the fixed parts of its manual page, in order."""
    return [
        f"{module.path}: {', '.join(found) or 'no parts'}"
        for module in plugs(tree)
        if module.room == "rules" and (found := headings(ast.get_docstring(module.syntax) or "")) != RULE_PARTS
    ]


def plugs(tree: Tree) -> Iterator[Module]:
    """Yield the plug files of all plug rooms."""
    return (module for module in tree.modules if is_plug(module))


def stem(module: Module) -> str:
    """Return a plug's name as people write it: pop3, ntlm-offered."""
    return module.name.rpartition(".")[2].replace("_", "-")


def bound(syntax: ast.Module) -> Iterator[str]:
    """Yield each name that a module's own statements bind by assignment."""
    for node in syntax.body:
        match node:
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                yield name


def mentions(page: Path, name: str) -> bool:
    """Tell whether a page exists and holds the name as a word of its own."""
    return page.is_file() and bool(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", page.read_text()))


def headings(docstring: str) -> list[str]:
    """Return the known parts of a docstring in the order they stand, each opening a line with a colon."""
    return re.findall(rf"^({'|'.join(RULE_PARTS)}):", docstring, re.MULTILINE)
