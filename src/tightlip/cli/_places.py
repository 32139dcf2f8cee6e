"""What the command line says of products and their files, for those commands that read configurations."""

import posixpath
from collections.abc import Iterable
from pathlib import Path

from tightlip import registry
from tightlip.hosts._host import Host
from tightlip.hosts._only import OnlyFiles
from tightlip.model.errors import UsageError
from tightlip.products._product import Absent
from tightlip.workflows.surveying import Wanted

# In a copied tree paths begin at its own root.
TREE = Path("/")

_NAMING = "name a file that is there, by its path on the host; below --root paths begin at that folder"


def wanted(products: tuple[str, ...], configs: Iterable[str], files: tuple[str, ...], base: Path) -> Wanted:
    """Products, ``PRODUCT=PATH`` and the files of one product; relative paths count from ``base``."""
    for name in products:
        _check_product(name)
    if files and len(products) != 1:
        raise UsageError("files are read as one product's", f"name it with --product: {_known()}")
    given: dict[str, tuple[str, ...]] = {}
    for each in configs:
        product, _, path = each.partition("=")
        _check_product(product)
        if not path:
            raise UsageError(f"--config {each} names no file", "write --config dovecot=/etc/dovecot/dovecot.conf")
        given[product] = (*given.get(product, ()), absolute(path, base))
    if unasked := [product for product in given if products and product not in products]:
        raise UsageError(f"--config names a file of {unasked[0]}, which --product leaves out", "leave one of them out")
    if files:
        given[products[0]] = (absolute(files[0], base),)
    return Wanted(products=products, configs=given)


def absolute(path: str, base: Path) -> str:
    """A path from ``base`` on; in a copied tree nothing leads above its root."""
    return posixpath.normpath(f"/{path.lstrip('/')}") if base == TREE else str(base / path)


def only(host: Host, files: tuple[str, ...], base: Path) -> Host:
    """The host, or where files were named these files of it and nothing else."""
    return OnlyFiles(host, (absolute(path, base) for path in files)) if files else host


def refuse_absent(hosts: Iterable[Host], given: Wanted, files: tuple[str, ...], base: Path) -> None:
    """UsageError where a file that was named can be read on none of the hosts: each is looked at while it is open."""
    named = dict.fromkeys(path for paths in given.configs.values() for path in paths)
    left: dict[str, str] = dict.fromkeys([*named, *(absolute(path, base) for path in files)], "")
    for host in hosts if left else ():
        for path in tuple(left):
            match host.read(path):
                case Absent(why=why):
                    left[path] = why
                case _:
                    del left[path]
    for path, why in left.items():
        raise UsageError(f"cannot read {path}: {why or 'there is no host'}", _NAMING)


def _check_product(name: str) -> None:
    if name not in registry.names("products"):
        raise UsageError(f"no product is called {name!r}", f"known: {_known()}")


def _known() -> str:
    return ", ".join(registry.names("products"))
