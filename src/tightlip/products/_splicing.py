"""From an edit of one text to what a plan holds of it: hunks with their reason, or why it is declined."""

from collections.abc import Iterable

from msgspec.structs import replace

from tightlip.model.finding import Place
from tightlip.products._product import ConfigFile, Declined, FileEdit, Files, Hunk
from tightlip.syntax import edits
from tightlip.syntax.edits import Edits, Outcome, Step, Unreadable
from tightlip.syntax.spans import apply

# A step, and why it is made.
Reasoned = tuple[Step, str]


def explained(file: ConfigFile, steps: Iterable[Reasoned]) -> FileEdit | Declined | None:
    """One file's edits, each on the outcome of those before; every hunk with the reasons of the steps that make it."""
    ordered = tuple(steps)
    by_reason: dict[str, list[Step]] = {}
    for step, reason in ordered:
        by_reason.setdefault(reason, []).append(step)
    whole = spliced(file, (step for step, _ in ordered), "; ".join(by_reason))
    if not isinstance(whole, FileEdit) or len(by_reason) == 1:
        return whole
    alone = {reason: spliced(file, each, reason) for reason, each in by_reason.items()}
    hunks = tuple(replace(hunk, reason=_reason(hunk, alone.values()) or hunk.reason) for hunk in whole.hunks)
    return replace(whole, hunks=hunks)


def _reason(hunk: Hunk, alone: Iterable[FileEdit | Declined | None]) -> str:
    """That of the steps which make the very same hunk when they are taken alone; empty where none do."""
    made = (each for each in alone if isinstance(each, FileEdit))
    return "; ".join(other.reason for each in made for other in each.hunks if other.splice == hunk.splice)


def spliced(file: ConfigFile, steps: Iterable[Step], reason: str) -> FileEdit | Declined | None:
    """One file's edits, each on the outcome of those before; None where there is nothing to do."""
    return planned(file, edits.in_turn(file.reading, *steps), reason)


def planned(file: ConfigFile, outcome: Outcome, reason: str) -> FileEdit | Declined | None:
    """What a plan holds of an edit, every splice with the same reason; None where there is nothing to do."""
    match outcome:
        case Edits(splices=()):
            return None
        case Edits(splices=splices):
            hunks = tuple(Hunk(splice, reason) for splice in splices)
            return FileEdit(path=file.path, hunks=hunks, before=outcome.before, after=outcome.after)
        case Unreadable(lines=lines):
            first = lines[0]
            why = f"the file could not be read whole, so that nothing in it is changed: {first.why}"
            return Declined(why=why, place=Place(file.path, first.line, "", None))
        case edits.Declined(why=why, line=line):
            return Declined(why=why, place=Place(file.path, line, "", None))


def afterwards(files: Files, changes: Iterable[FileEdit]) -> Files:
    """The files as they will be: what the edits make of them, read again."""
    new = {each.path: each for each in changes}
    return replace(files, files=tuple(_edited(file, new.get(file.path)) for file in files.files))


def _edited(file: ConfigFile, change: FileEdit | None) -> ConfigFile:
    if change is None:
        return file
    text = apply(file.reading.text, [hunk.splice for hunk in change.hunks])
    return replace(file, reading=file.reading.lens.read(text))
