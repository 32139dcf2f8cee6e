"""The cases of tests/products/<product>/<claim>/: folders or files called before and after, read into dictionaries.

`before/etc/dovecot/dovecot.conf` stands for /etc/dovecot/dovecot.conf; a single `before.conf` for the path that its
test names. What is not in `after` is as in `before`; a case without any `after` is one in which nothing is changed.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from tests.unit.products.answering import answered
from tightlip.model.remedy import Remedy
from tightlip.products._product import Declined, Files, Instance, Mending, Product
from tightlip.syntax.spans import apply, digest

ROOT = Path(__file__).parents[2] / "products"


class Case(Struct, frozen=True):
    """A claim about a product: the files (bytes by absolute path) as they are, and as they are to be."""

    claim: str
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]


def case(product: str, claim: str, main: str = "") -> Case:
    """One case; ``main`` is the absolute path that a single file before/after stands for."""
    folder = ROOT / product / claim
    before = _side(folder, "before", main)
    assert before, f"{folder} has no files before"
    return Case(claim, before, before | _side(folder, "after", main))


def claims(product: str) -> list[str]:
    """The names of all cases of a product."""
    return sorted(each.name for each in (ROOT / product).iterdir() if each.is_dir())


def read(product: Product, instance: Instance, files: Mapping[str, bytes]) -> Files:
    """What the plug collects from these files."""
    return answered(product.collect(instance), files)


def mended(files: Mapping[str, bytes], mending: Mending) -> dict[str, bytes]:
    """The files with a mending carried out; every sha256 that it names must be right."""
    outcome = dict(files)
    for edit in mending.edits:
        assert edit.hunks, f"an edit of nothing in {edit.path}"
        assert digest(outcome[edit.path]) == edit.before
        outcome[edit.path] = apply(outcome[edit.path], [hunk.splice for hunk in edit.hunks])
        assert digest(outcome[edit.path]) == edit.after
        assert all(hunk.reason for hunk in edit.hunks)
    return outcome


def assert_mends(product: Product, instance: Instance, told: Case, remedy: Remedy) -> None:
    """The remedy makes `before` into `after`, byte for byte, and does nothing when asked again."""
    mending = product.edit(read(product, instance, told.before), remedy)
    assert not isinstance(mending, Declined), mending.why
    assert mended(told.before, mending) == told.after
    again = product.edit(read(product, instance, told.after), remedy)
    assert not isinstance(again, Declined), again.why
    assert (again.edits, again.invocations) == ((), ())


def _side(folder: Path, side: str, main: str) -> dict[str, bytes]:
    inside = folder / side
    found = {f"/{each.relative_to(inside)}": each.read_bytes() for each in inside.rglob("*") if each.is_file()}
    for single in folder.glob(f"{side}.*"):
        found[main] = single.read_bytes()
    return found
