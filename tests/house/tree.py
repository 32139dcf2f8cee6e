"""Reads a checkout's Python files into modules with their imports, for the rules to judge."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "tightlip"


@dataclass(frozen=True, kw_only=True)
class Import:
    """One imported module: its dotted name and the line that asks for it."""

    name: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Module:
    """One file of the package: path below the root, dotted name, room ("" for the package itself), syntax."""

    path: str
    name: str
    room: str
    syntax: ast.Module
    imports: tuple[Import, ...]


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A checkout: every Python file by path, and those of the package as modules."""

    root: Path
    files: dict[str, str]
    modules: tuple[Module, ...]


@cache
def our_tree() -> Tree:
    """Return this checkout, read once."""
    return read_tree(ROOT)


def read_tree(root: Path) -> Tree:
    """Read the Python files of src, tests, bench and requirements below `root`."""
    paths = [
        path.relative_to(root).as_posix()
        for folder in ("src", "tests", "bench", "requirements")
        for path in sorted((root / folder).rglob("*.py"))
    ]
    files = {path: (root / path).read_text() for path in paths}
    names = {path: dotted(path) for path in paths if path.startswith(f"src/{PACKAGE}/")}
    known = frozenset(names.values()) | {name.rpartition(".")[0] for name in names.values()}
    modules = tuple(read_module(path, name, files[path], known) for path, name in names.items())
    return Tree(root=root, files=files, modules=modules)


def dotted(path: str) -> str:
    """Turn src/tightlip/talk/sasl.py into tightlip.talk.sasl, and a package's __init__ into the package."""
    return path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def read_module(path: str, name: str, text: str, known: frozenset[str]) -> Module:
    """Parse one file; `known` tells submodules from names in `from package import thing`."""
    syntax = ast.parse(text, path)
    room = name.split(".")[1] if "." in name else ""
    imports = tuple(imported(syntax, known))
    return Module(path=path, name=name, room=room, syntax=syntax, imports=imports)


def imported(syntax: ast.AST, known: frozenset[str]) -> Iterator[Import]:
    """Yield every import wherever it stands: top, function, or under TYPE_CHECKING."""
    for node in ast.walk(syntax):
        match node:
            case ast.Import():
                yield from (Import(name=alias.name, line=node.lineno) for alias in node.names)
            case ast.ImportFrom():
                origin = "." * node.level + (node.module or "")
                for alias in node.names:
                    whole = f"{origin}.{alias.name}"
                    yield Import(name=whole if whole in known else origin, line=node.lineno)
