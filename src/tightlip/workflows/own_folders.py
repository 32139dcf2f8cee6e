"""What a server reads from a folder that it has for itself, such as a private /tmp: there the host has other files."""

from collections.abc import Iterable, Iterator

from tightlip.model.posture import Note, NoteKind
from tightlip.products._product import Files


def of_its_own(files: Files, folders: Iterable[str]) -> Iterator[Note]:
    """A doubt for each file that its configuration names in such a folder, whether the host has one there or not."""
    read = (*(each.path for each in files.files), *files.values, *files.listed, *files.seen)
    named = (*read, *(each.path for each in files.missing))
    for path in dict.fromkeys(named):
        if folder := next((each for each in folders if path.startswith(f"{each}/")), None):
            text = f"its server has a {folder} of its own: what it reads from there was not read"
            yield Note(kind=NoteKind.UNREAD, text=text, file=path)
