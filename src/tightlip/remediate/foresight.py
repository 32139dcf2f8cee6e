"""What a plan's files would mean once edited: the edits are carried out in memory and read again by the same plug."""

from collections.abc import Mapping

from msgspec.structs import replace

from tightlip.model.posture import Posture
from tightlip.products._product import ConfigFile, FileEdit, Files, Mending, Product
from tightlip.syntax.spans import apply


def edited(files: Files, edits: tuple[FileEdit, ...]) -> Files:
    """The files as they would be after the edits; ValueError where an edit does not fit its file."""
    by_path = {edit.path: edit for edit in edits}
    return replace(files, files=tuple(_edited(file, by_path) for file in files.files))


def foreseen(plug: Product, files: Files, mending: Mending, now: Posture) -> Posture:
    """What the files mean once they are edited and commands have run; certificates stand as they were found."""
    then = edited(files, mending.edits)
    if mending.invocations and plug.foresee is not None:
        then = plug.foresee(then, mending.invocations)
    return replace(plug.posture(then), certificates=now.certificates)


def _edited(file: ConfigFile, edits: Mapping[str, FileEdit]) -> ConfigFile:
    edit = edits.get(file.path)
    if edit is None:
        return file
    text = apply(file.reading.text, [hunk.splice for hunk in edit.hunks])
    return replace(file, reading=file.reading.lens.read(text))
