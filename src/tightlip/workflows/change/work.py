"""A change in its driver's hands: what its instructions work on, and why one did not go well."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec import Struct

from tightlip.config.changes import MANIFEST, ChangeFolder
from tightlip.model.errors import Exit, TightlipError
from tightlip.products._product import Product
from tightlip.remediate import _manifest
from tightlip.remediate._manifest import Manifest
from tightlip.remediate.lifecycle import Event
from tightlip.remediate.plan import Expectation, Plan
from tightlip.workflows.change.ground import Ground

BEFORE, AFTER, BACK = "evidence-before.json", "evidence-after.json", "evidence-back.json"
EARLIER, LOGINS, LIVED = "earlier.json", "logins.json", "lived.json"
WITHOUT_LOGIN = "Without --smoke-user the endpoints alone decide"

_Kind = TypeVar("_Kind")


class Trouble(Struct, frozen=True, kw_only=True):
    """Why an instruction did not go well. ``told`` is for the person at the terminal only, never for the journal."""

    event: Event
    detail: str
    file: str | None = None
    told: tuple[str, ...] = ()


def failed(error: TightlipError) -> Trouble:
    """What keeps an instruction from being carried out, with what to do about it."""
    return Trouble(event=Event.FAILED, detail=": ".join(filter(None, (error.message, error.hint))))


class Work(Struct, frozen=True, kw_only=True):
    """One change in the hands of its driver; ``source`` is the change that it rolls back.

    ``doubt`` takes down what an instruction that went well has left unproved.
    """

    ground: Ground
    folder: ChangeFolder
    plan: Plan
    product: Callable[[str], Product]
    tell: Callable[[str], object]
    doubt: Callable[[str], object]
    source: ChangeFolder | None = None


def manifest(folder: ChangeFolder) -> Manifest:
    """A change's manifest; empty before anything was backed up."""
    content = folder.read(MANIFEST)
    return _manifest.decode(content, str(folder.path / MANIFEST)) if content is not None else Manifest()


def earlier(folder: ChangeFolder) -> tuple[Expectation, ...]:
    """What the endpoints were before the change, as something to expect of them again."""
    return _remembered(folder, EARLIER, tuple[Expectation, ...], ())


def demanded_back(folder: ChangeFolder, plan: Plan) -> tuple[Expectation, ...]:
    """What has to be so again on the way back from a change.

    What was silent before has no say, neither open nor closed: a service that was stopped may have been started. Only
    what the change that a rollback takes back had closed itself is closed again.
    """
    closed = {each.endpoint for each in plan.restored if each.closed}
    return tuple(each for each in earlier(folder) if not each.closed or each.endpoint in closed)


def logins(folder: ChangeFolder) -> tuple[str, ...]:
    """The endpoints at which the test login worked before the change; none of a change of 0.1.0, which did not ask."""
    return _remembered(folder, LOGINS, tuple[str, ...], ())


def lived(folder: ChangeFolder) -> tuple[int, ...]:
    """The products, by their numbers in the plan, of which a trial before the change has shown that it can be tried."""
    return _remembered(folder, LIVED, tuple[int, ...], ())


def _remembered(folder: ChangeFolder, name: str, kind: type[_Kind], missing: _Kind) -> _Kind:
    content = folder.read(name)
    try:
        return msgspec.json.decode(content, type=kind) if content is not None else missing
    except (msgspec.DecodeError, RecursionError) as error:
        told = f"{folder.path / name} is damaged: {error}"
        raise TightlipError(told, "nobody can tell what was so before the change", Exit.REFUSED) from None
