"""Edits gathered file by file, each with its reason, and what a plan holds of them."""

from collections.abc import Callable, Iterable
from functools import partial

from msgspec.structs import replace

from tightlip.model.finding import Place
from tightlip.products._dovecot.view import Setting
from tightlip.products._product import Advice, ConfigFile, Declined, FileEdit, Files, Hunk, Mending
from tightlip.products._splicing import planned
from tightlip.syntax import edits
from tightlip.syntax.edits import Edits, Outcome, Step
from tightlip.syntax.reading import Entry, Reading
from tightlip.syntax.spans import Splice

Change = Callable[[Reading, Entry], Outcome]


class Steps:
    """Edits of several files, in the order they are to be made."""

    def __init__(self, files: Files) -> None:
        self._files = {file.path: file for file in files.files}
        self._changes: dict[str, list[tuple[Step, str]]] = {}
        self._additions: dict[str, list[tuple[Step, str]]] = {}
        self._seen: set[tuple[str, int]] = set()

    def add(self, at: Setting, change: Change, reason: str) -> None:
        """A change of one entry, once, though its file may be included twice."""
        number = next(count for count, each in enumerate(at.file.reading.entries) if each is at.entry)
        if (at.file.path, number) not in self._seen:
            self._seen.add((at.file.path, number))
            # Entries keep their numbers: a change of a value takes none away, and what is added comes afterwards.
            step = partial(_numbered, number, change)
            self._changes.setdefault(at.file.path, []).append((step, reason))

    def add_at(self, path: str, step: Step, reason: str) -> None:
        """An addition to one file."""
        self._additions.setdefault(path, []).append((step, reason))

    def mending(self) -> Mending | Declined:
        """All of them, or the first reason why one of them cannot be."""
        done: list[FileEdit] = []
        for path in dict.fromkeys([*self._changes, *self._additions]):
            steps = [*self._changes.get(path, ()), *self._additions.get(path, ())]
            outcome = _file_edit(self._files[path], steps)
            if isinstance(outcome, Declined):
                return outcome
            done += [outcome] if outcome else []
        return Mending(edits=tuple(done), advice=tuple(_of_packages(done)))


def of_package(path: str) -> bool:
    """Whether a package owns the file and writes it anew with its next update."""
    return path.startswith(("/usr/share/", "/usr/lib/"))


def _numbered(number: int, change: Change, reading: Reading) -> Outcome:
    return change(reading, reading.entries[number])


def _of_packages(done: Iterable[FileEdit]) -> Iterable[Advice]:
    for each in done:
        if of_package(each.path):
            text = f"{each.path} belongs to a package, whose next update writes it anew: look at it again afterwards"
            yield Advice(text=text, place=Place(each.path, None, "", None))


def _file_edit(file: ConfigFile, steps: list[tuple[Step, str]]) -> FileEdit | Declined | None:
    """The splices of all steps as one, each hunk with the reasons of the steps that made it."""
    whole = planned(file, edits.in_turn(file.reading, *(step for step, _ in steps)), "")
    if whole is None or isinstance(whole, Declined):
        return whole
    made: list[tuple[Splice, str]] = []
    before: frozenset[Splice] = frozenset()
    for count, (_, reason) in enumerate(steps, 1):
        outcome = edits.in_turn(file.reading, *(step for step, _ in steps[:count]))
        now = frozenset(outcome.splices) if isinstance(outcome, Edits) else before
        made += [(splice, reason) for splice in now - before]
        before = now
    return replace(whole, hunks=tuple(Hunk(hunk.splice, _reasons(hunk.splice, made)) for hunk in whole.hunks))


def _reasons(splice: Splice, made: list[tuple[Splice, str]]) -> str:
    here = [
        reason for each, reason in made if each.span.start <= splice.span.end and splice.span.start <= each.span.end
    ]
    return "; ".join(dict.fromkeys(here))
