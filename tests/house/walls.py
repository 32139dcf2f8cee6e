"""The rules about who may know whom: each takes a tree and returns its complaints."""

import ast
import sys
import tomllib
from collections.abc import Iterator

from tests.house.floors import (
    FLOORS,
    HIGHEST_QUIET_FLOOR,
    LIBRARY_ROOMS,
    LOUD_ATTRIBUTES,
    LOUD_CALLS,
    LOUD_MODULES,
    PLUGS,
    QUIET_EXCEPTIONS,
)
from tests.house.tree import PACKAGE, Import, Module, Tree


def unknown_rooms(tree: Tree) -> list[str]:
    """Every folder or file directly in the package is a room of the table."""
    return [f"{m.path}: no room {m.room}" for m in tree.modules if m.room and m.room not in FLOORS]


def relative_imports(tree: Tree) -> list[str]:
    """Imports name their module in full, so that the other rules can see it."""
    return [f"{m.path}:{i.line}: {i.name}" for m, i in all_imports(tree) if i.name.startswith(".")]


def upward_imports(tree: Tree) -> list[str]:
    """A room imports floors below it, never a higher one or another room of its own."""
    return [
        f"{module.path}:{wanted.line}: {module.room} may not know {room}"
        for module, wanted in all_imports(tree)
        if (room := room_of(wanted.name)) and room != module.room and not below(room, module.room)
    ]


def imports_of_own_front_door(tree: Tree) -> list[str]:
    """Files of a room import each other by file, never through the room's __init__."""
    return [
        f"{module.path}:{wanted.line}: {wanted.name}"
        for module, wanted in all_imports(tree)
        if module.room and wanted.name == f"{PACKAGE}.{module.room}" != module.name
    ]


def sibling_plugs(tree: Tree) -> list[str]:
    """No file of a plug room imports one of its plugs: the registry does."""
    plugs = {module.name for module in tree.modules if is_plug(module)}
    return [
        f"{module.path}:{wanted.line}: {wanted.name}"
        for module, wanted in all_imports(tree)
        if wanted.name in plugs and room_of(wanted.name) == module.room
    ]


def borrowed_parts(tree: Tree) -> list[str]:
    """The folder ``_x`` of a plug room holds the parts of the plug ``x``: no other file of the room imports them."""
    return [
        f"{module.path}:{wanted.line}: {wanted.name}"
        for module, wanted in all_imports(tree)
        if module.room == room_of(wanted.name) and wanted.name.count(".") > 2
        if (owner := owner_of(wanted.name)) and owner != owner_of(module.name)
    ]


def import_circles(tree: Tree) -> list[str]:
    """No module reaches itself through imports; those for annotations count."""
    known = {module.name for module in tree.modules}
    edges = {m.name: sorted({i.name for i in m.imports if i.name in known}) for m in tree.modules}
    return [name for name in sorted(edges) if name in reachable(name, edges)]


def loud_imports(tree: Tree) -> list[str]:
    """Floors 1 to 6 import nothing that opens, waits, draws lots, logs or asks the clock."""
    return [
        f"{module.path}:{wanted.line}: {wanted.name}"
        for module, wanted in all_imports(tree)
        if is_quiet(module) and is_loud(wanted.name, QUIET_EXCEPTIONS.get(module.room, frozenset()))
    ]


def loud_calls(tree: Tree) -> list[str]:
    """Floors 1 to 6 call no builtin or method that does the same."""
    return [
        f"{module.path}:{line}: {name}"
        for module in tree.modules
        if is_quiet(module)
        for name, line in called(module.syntax)
        if name in LOUD_CALLS or name.lstrip(".") in LOUD_ATTRIBUTES
    ]


def library_strangers(tree: Tree) -> list[str]:
    """Some libraries are known to one room only, SQL above all."""
    return [
        f"{module.path}:{wanted.line}: {wanted.name}"
        for module, wanted in all_imports(tree)
        if module.room not in LIBRARY_ROOMS.get(wanted.name.split(".")[0], {module.room})
    ]


def undeclared_libraries(tree: Tree) -> list[str]:
    """The package imports the standard library and its declared dependencies; oracles stay in the tests."""
    project = tomllib.loads((tree.root / "pyproject.toml").read_text())["project"]
    declared = {asked.split(">")[0].split("[")[0].lower() for asked in project["dependencies"]}
    allowed = declared | sys.stdlib_module_names | {PACKAGE}
    return [
        f"{module.path}:{wanted.line}: {wanted.name}"
        for module, wanted in all_imports(tree)
        if wanted.name.split(".")[0] not in allowed
    ]


def is_plug(module: Module) -> bool:
    """Tell whether a file is a plug: directly in a plug room and not shared by it."""
    parts = module.name.split(".")
    return len(parts) == 3 and parts[1] in PLUGS and not parts[2].startswith("_")


def owner_of(name: str) -> str:
    """Return the plug that a module is or is a part of; "" when there is none."""
    parts = name.split(".")
    is_shared = len(parts) == 3 and parts[2].startswith("_")
    if len(parts) < 3 or parts[1] not in PLUGS or is_shared:
        return ""
    return ".".join((*parts[:2], parts[2].lstrip("_")))


def all_imports(tree: Tree) -> Iterator[tuple[Module, Import]]:
    """Yield each import of the package with the module that asks for it."""
    return ((module, wanted) for module in tree.modules for wanted in module.imports)


def room_of(name: str) -> str:
    """Return the room of a dotted name; "" when it is not ours or the package itself."""
    parts = name.split(".")
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else ""


def below(room: str, other: str) -> bool:
    """Tell whether one room lies on a lower floor than another; the package itself lies under all."""
    return FLOORS.get(room, 0) < FLOORS.get(other, 0)


def reachable(start: str, edges: dict[str, list[str]]) -> set[str]:
    """Return every module that `start` leads to."""
    seen: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        if (name := waiting.pop()) not in seen:
            seen.add(name)
            waiting += edges[name]
    return seen


def is_quiet(module: Module) -> bool:
    """Tell whether a module lives on one of the quiet floors."""
    return FLOORS.get(module.room, 0) <= HIGHEST_QUIET_FLOOR


def is_loud(name: str, excepted: frozenset[str]) -> bool:
    """Tell whether a dotted name is a loud module or lies in one."""
    parts = name.split(".")
    prefixes = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return not prefixes.isdisjoint(LOUD_MODULES - excepted)


def called(syntax: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield each call as `name` or `.attribute`, with its line."""
    for node in ast.walk(syntax):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                yield name, node.lineno
            case ast.Call(func=ast.Attribute(attr=name)):
                yield f".{name}", node.lineno
