"""What changes there were on a host: which are under way, which stand, how one is rolled back, which may go."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from tightlip.config.changes import ChangeFolder, Shelf
from tightlip.model.errors import Exit, TightlipError
from tightlip.remediate._instructions import planned_files
from tightlip.remediate._manifest import Entry
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State, is_in_progress
from tightlip.remediate.plan import Expectation, Plan, PlannedFile, ProductPlan
from tightlip.workflows.change.driving import plan_of, story_of
from tightlip.workflows.change.work import demanded_back, manifest
from tightlip.workflows.identity import is_same_machine

Told = tuple[ChangeFolder, Story]


class Damaged(Struct, frozen=True):
    """A change of which nobody can tell where it stands, or which cannot go on from there, and why."""

    folder: ChangeFolder
    why: str


def read_change(folder: ChangeFolder) -> Story | Damaged:
    """A change's journal, if it can be read, and if it can go on where it has not ended."""
    try:
        story = story_of(folder)
        if is_in_progress(story.state):
            plan_of(folder)
    except TightlipError as error:
        return Damaged(folder, error.message)
    return story


def stories(shelf: Shelf) -> tuple[Told, ...]:
    """All changes but the damaged ones, the oldest first."""
    read = ((folder, read_change(folder)) for folder in shelf.folders())
    told = [(folder, story) for folder, story in read if isinstance(story, Story)]
    return tuple(sorted(told, key=lambda each: each[1].opening.at))


def damaged(shelf: Shelf) -> tuple[Damaged, ...]:
    """The damaged ones."""
    return tuple(read for folder in shelf.folders() if isinstance(read := read_change(folder), Damaged))


def in_progress(shelf: Shelf, host: str) -> tuple[Told, ...]:
    """The changes of a host that have not come to an end."""
    return tuple(
        (folder, story)
        for folder, story in stories(shelf)
        if is_same_machine(story.opening.host, host) and is_in_progress(story.state)
    )


def rolled_back(shelf: Shelf) -> dict[str, str]:
    """The changes that were rolled back, each with the id of the change that did it."""
    return {
        story.opening.undoes: folder.id
        for folder, story in stories(shelf)
        if story.opening.undoes and story.state is State.KEPT
    }


def standing(shelf: Shelf, folder: ChangeFolder) -> None:
    """Make sure that a kept change is in force and no newer one lies on its files; TightlipError otherwise."""
    story = story_of(folder)
    if story.opening.undoes:
        hint = f"apply the plan again: tightlip apply {shelf.path / story.opening.undoes / 'plan.json'}"
        raise TightlipError(f"{folder.id} is a rollback itself", hint, Exit.REFUSED)
    gone = rolled_back(shelf)
    if folder.id in gone:
        raise TightlipError(f"{folder.id} was rolled back already, by {gone[folder.id]}", "", Exit.REFUSED)
    own = _paths(folder)
    if not own:
        raise TightlipError(f"{folder.id} changed no file: there is nothing to roll back", "", Exit.REFUSED)
    if newer := next((each for each in _newer(shelf, folder, story) if own & _paths(each)), None):
        hint = f"roll that back first: tightlip rollback {newer.id}"
        raise TightlipError(f"the newer change {newer.id} is on the same files", hint, Exit.REFUSED)


def reversal(shelf: Shelf, folder: ChangeFolder) -> Plan:
    """The plan that rolls a kept change back: its files as they were, its endpoints as they were.

    But for what newer changes on other files, which stay in force, have made of the endpoints.
    """
    plan = plan_of(folder)
    expected, restored = demanded_back(folder, plan), plan.expectations
    for newer in _newer(shelf, folder, story_of(folder)):
        later = {each.endpoint: each for each in _expectations(newer)}
        closed = {endpoint for endpoint, each in later.items() if each.closed}
        expected = tuple(_under(each, later.get(each.endpoint)) for each in expected if each.endpoint not in closed)
        restored = tuple(each for each in restored if each.endpoint not in closed)
    by_path = {entry.path: entry for entry in manifest(folder).entries}
    return replace(
        plan,
        goal=f"rollback of {folder.id}",
        products=tuple(_reversed(product, by_path) for product in plan.products),
        expectations=expected,
        restored=restored,
        keeps=(),
        may_break=(),
        unmet=(),
        advice=(),
    )


def prune(shelf: Shelf, before: datetime) -> tuple[str, ...]:
    """Remove changes that ended before a time; one that has not ended, or is damaged, stays. The ids of the removed.

    What a rollback under way goes back to stays as well.
    """
    with shelf.held():
        told = stories(shelf)
        needed = {story.opening.undoes for _, story in told if is_in_progress(story.state)}
        ended = [each for each in told if not is_in_progress(each[1].state) and each[0].id not in needed]
        old = [folder for folder, story in ended if story.last < before]
        for folder in old:
            shelf.discard(folder)
    return tuple(folder.id for folder in old)


def _newer(shelf: Shelf, folder: ChangeFolder, story: Story) -> Iterator[ChangeFolder]:
    """The changes that came later and are in force."""
    gone = rolled_back(shelf)
    for other, told in stories(shelf):
        is_newer = (told.opening.at, other.id) > (story.opening.at, folder.id)
        if is_newer and told.state is State.KEPT and not told.opening.undoes and other.id not in gone:
            yield other


def _paths(folder: ChangeFolder) -> set[str]:
    """The files that a change has changed; where its manifest is damaged all that its plan names."""
    try:
        entries = manifest(folder).entries
    except TightlipError:
        return {file.path for file in planned_files(plan_of(folder))}
    return {entry.path for entry in entries if entry.was.sha256 != entry.becomes.sha256}


def _expectations(folder: ChangeFolder) -> tuple[Expectation, ...]:
    try:
        return plan_of(folder).expectations
    except TightlipError:
        return ()  # nobody can tell what it has made of them


def _under(expected: Expectation, later: Expectation | None) -> Expectation:
    """What can still be demanded of an endpoint that a later change, if there is one, has left open."""
    if later is None:
        return expected
    gone = set(later.withdrawn) - set(later.kept)
    kept = () if later.needs_tls else tuple(name for name in expected.kept if name not in gone)
    return replace(expected, kept=kept)


def _reversed(product: ProductPlan, entries: dict[str, Entry]) -> ProductPlan:
    files = tuple(
        PlannedFile(path=file.path, before=entry.becomes.sha256, after=entry.was.sha256, patches=())
        for file in product.files
        if (entry := entries[file.path]).was.sha256 != entry.becomes.sha256
    )
    return replace(product, files=files)
