"""The folder is the registry: plugs are listed by file name and imported when first asked for."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

T = TypeVar("T")

# What the plugs of each room are called.
CONSTANTS = {
    "protocols": "PROTOCOL",
    "products": "PRODUCT",
    "rules": "RULE",
    "logs": "LOG",
    "reports": "REPORT",
    "hosts": "HOST",
    "cli": "COMMAND",
}


@cache
def names(folder: str) -> tuple[str, ...]:
    """The plugs in the room ``folder`` (``protocols``, ``rules``, …), in order, without importing any."""
    package = import_module(f"tightlip.{folder}")
    return tuple(sorted(each.name for each in iter_modules(package.__path__) if not each.name.startswith("_")))


def pick(folder: str, name: str, kind: type[T]) -> T:
    """The plug ``name`` of a room: what it binds to the room's constant."""
    module = import_module(f"tightlip.{folder}.{name}")
    constant = CONSTANTS[folder]
    plug = getattr(module, constant, None)
    if not isinstance(plug, kind):
        raise TypeError(f"tightlip/{folder}/{name}.py must define {constant} as a {kind.__name__}")
    return plug


def gather(folder: str, kind: type[T]) -> dict[str, T]:
    """Every plug of a room by its file name; a plug whose constant is missing or wrong fails by name."""
    return {name: pick(folder, name, kind) for name in names(folder)}
