"""Sections that an included file begins and the including one goes on with: to Exim they are one text."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from tightlip.model.posture import Note, NoteKind
from tightlip.products._exim.collecting import include_path, section_of
from tightlip.products._product import ConfigFile, Files
from tightlip.syntax.lenses.sections import MAIN
from tightlip.syntax.reading import Entry, Kind

_DEEPEST = 16
_INCLUDES = (Kind.INCLUDE, Kind.INCLUDE_IF_THERE)

_ByPlace = Mapping[tuple[str, str], ConfigFile]


def misread(files: Files) -> Iterator[Note]:
    """The first statement behind each such include: it was read as one of the section that was there before."""
    by_place = {(each.path, section_of(each)): each for each in files.files}
    for file in files.files:
        entries = file.reading.entries if file.role != "defaults" else ()
        for entry, behind in pairwise(entries):
            before = _section(entry)
            after = _after(file, entry, by_place, 0) if entry.kind in _INCLUDES else before
            if after != before and not _begins(behind):
                text = f"the include above ends in the section {after}, and this was read as a statement of {before}"
                yield Note(kind=NoteKind.UNREAD, text=text, file=file.path, line=behind.line)


def _after(file: ConfigFile, entry: Entry, by_place: _ByPlace, depth: int) -> str:
    """The section that an entry leaves behind."""
    if _begins(entry):
        return entry.name
    if entry.kind not in _INCLUDES or depth > _DEEPEST:
        return _section(entry)
    inner = by_place.get((include_path(file, entry.value), _section(entry)))
    if inner is None or not inner.reading.entries:
        return _section(entry)
    # Its last statement is one of the section that it ends in.
    return _after(inner, inner.reading.entries[-1], by_place, depth + 1)


def _begins(entry: Entry) -> bool:
    return entry.kind is Kind.BLOCK and not entry.path


def _section(entry: Entry) -> str:
    return entry.path[0] if entry.path else MAIN
