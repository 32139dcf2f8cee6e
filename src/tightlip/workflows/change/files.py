"""The instructions of a change that concern files: guard, back up, lay ready, write, restore, tidy."""

from collections.abc import Iterator

import msgspec

from tightlip.config.changes import MANIFEST, ChangeFolder
from tightlip.files.replace import Changed
from tightlip.model.errors import TightlipError
from tightlip.products._product import Absent
from tightlip.remediate import _manifest
from tightlip.remediate._instructions import planned_files
from tightlip.remediate._manifest import Entry, Form, Metadata, Standing
from tightlip.remediate.lifecycle import Event
from tightlip.remediate.plan import Plan, PlannedFile
from tightlip.syntax.spans import Span, Splice, apply, digest
from tightlip.workflows.change.ground import Ground
from tightlip.workflows.change.work import Trouble, Work, manifest

AS_PLANNED = "as it was when the plan was made"
AS_LEFT = "as the change left it"
"""The same of a plan that takes a change back."""

# The marks of the copies that are laid ready, behind the change's id.
_NEW, _OLD = "-new", "-old"
_ACL = "system.posix_acl_access"


def guard(ground: Ground, plan: Plan, expected: str = AS_PLANNED) -> Trouble | None:
    """Whether every file is as planned, or already as it is to become, and can be replaced; nothing is written.

    ``expected`` says in words as what it was planned.
    """
    for file in planned_files(plan):
        if trouble := _unlike(ground, file, expected):
            return trouble
    return None


def guard_rights(work: Work) -> Trouble | None:
    """Whether a rollback would widen, or narrow, what somebody has made of a file's rights since the change."""
    for entry, differing in other_rights(work.ground, work.source) if work.source else ():
        left = entry.becomes.metadata
        way_on = f"chmod {left.mode:04o}, chown {left.uid}:{left.gid}"
        told = f"its rights are not as the change left them: {differing}; a rollback would undo that"
        detail = f"{entry.path}: {told}. Give it the old ones ({way_on}), roll back, then set yours again"
        return Trouble(event=Event.FAILED, detail=detail, file=entry.path)
    return None


def other_rights(ground: Ground, folder: ChangeFolder) -> Iterator[tuple[Entry, str]]:
    """The files that a change has altered and whose rights are not as it left them, and how they differ."""
    for entry in manifest(folder).entries:
        now = ground.take(entry.path)
        if isinstance(now, Absent) or entry.was.sha256 == entry.becomes.sha256:
            continue
        if differing := ", ".join(_differing(entry.becomes.metadata, now.metadata)):
            yield entry, differing


def _differing(left: Metadata, now: Metadata) -> Iterator[str]:
    """What of a file's rights is not as it was left."""
    if now.mode != left.mode:
        yield f"mode {now.mode:04o}, not {left.mode:04o}"
    if (now.uid, now.gid) != (left.uid, left.gid):
        yield f"owner {now.uid}:{now.gid}, not {left.uid}:{left.gid}"
    if now.xattrs.get(_ACL) != left.xattrs.get(_ACL):
        yield "another ACL"


def is_applied(ground: Ground, plan: Plan) -> bool:
    """Whether every file of a plan, of which there is one at least, is already as it is to become."""
    files = planned_files(plan)
    return bool(files) and all(_sha256(ground, file.path) == file.after for file in files)


def _unlike(ground: Ground, file: PlannedFile, expected: str) -> Trouble | None:
    now = ground.take(file.path)
    if isinstance(now, Absent):
        return _moved(file.path, f"it cannot be read: {now.why}")
    found = digest(now.content)
    if found == file.after:
        return None
    if found != file.before:
        return _moved(file.path, f"it is not {expected}")
    # What leads back may be what the server needs, and follows no link blindly: it asks for no trust.
    exposed = ground.exposed(file.path) if expected == AS_PLANNED else None
    if why := exposed or ground.hindrance(file.path):
        return Trouble(event=Event.FAILED, detail=f"{file.path} cannot be replaced: {why}")
    return None


def back_up(work: Work, number: int) -> Trouble | None:
    """Copy a file with its metadata, lay its new form beside the copy, and enter both into the manifest."""
    file = planned_files(work.plan)[number]
    now = work.ground.take(file.path)
    if isinstance(now, Absent) or (found := digest(now.content)) not in (file.before, file.after):
        return _moved(file.path, "somebody changed it at this moment")
    was = Form(sha256=found, metadata=now.metadata)
    new, becomes = now.content, was
    if found == file.before:
        new, becomes = new_text(work.source, file, now.content), _new_form(work, file, was)
        if digest(new) != file.after:
            return Trouble(event=Event.FAILED, detail=f"the patches for {file.path} do not give what the plan says")
    work.folder.write(f"backup/{number}", now.content)
    work.folder.write(f"new/{number}", new)
    entry = Entry(path=file.path, was=was, becomes=becomes)
    work.folder.write(MANIFEST, _manifest.encode(_manifest.with_entry(manifest(work.folder), number, entry)))
    return None


def _new_form(work: Work, file: PlannedFile, was: Form) -> Form:
    """A rollback brings the metadata back as well."""
    if work.source is not None:
        return manifest(work.source).entries[_number_in(work.source, file)].was
    return Form(sha256=file.after, metadata=msgspec.structs.replace(was.metadata, mtime=None))


def new_text(source: ChangeFolder | None, file: PlannedFile, content: bytes) -> bytes:
    """A file's new text, out of its old one; its hash does not agree where the patches make no sense.

    A rollback puts back what the change that is its ``source`` had backed up.
    """
    if source is not None:
        return source.read(f"backup/{_number_in(source, file)}") or b""
    try:
        return apply(content, [Splice(Span(patch.start, patch.end), patch.new) for patch in file.patches])
    except ValueError:
        return b""  # patches that overlap


def _number_in(source: ChangeFolder, file: PlannedFile) -> int:
    """The number of a file in the change that is taken back."""
    for number, entry in enumerate(manifest(source).entries):
        if entry.path == file.path:
            return number
    raise TightlipError(f"the change {source.id} has no backup of {file.path}")


def lay_ready(work: Work, number: int) -> Trouble | None:
    """Write copies of both forms beside the file."""
    entry = manifest(work.folder).entries[number]
    if entry.was.sha256 == entry.becomes.sha256:
        return None
    for name, form, mark in ((f"new/{number}", entry.becomes, _NEW), (f"backup/{number}", entry.was, _OLD)):
        content = _kept(work, name, form)
        if isinstance(content, Trouble):
            return content
        try:
            work.ground.lay_ready(entry.path, entry.was, content, form.metadata, f"{work.folder.id}{mark}")
        except Changed as error:
            return Trouble(event=Event.MOVED, detail=error.message, file=entry.path)
    return None


def tidy(work: Work, number: int) -> None:
    """Remove them."""
    path = planned_files(work.plan)[number].path
    for mark in (_NEW, _OLD):
        work.ground.clear(path, f"{work.folder.id}{mark}")


def write(work: Work, number: int) -> Trouble | None:
    """Put the new form into place, if the old one is there."""
    entry = manifest(work.folder).entries[number]
    match _manifest.standing(entry, _sha256(work.ground, entry.path)):
        case Standing.NEW:
            return None
        case Standing.FOREIGN:
            return _moved(entry.path, "somebody changed it at this moment")
        case Standing.OLD:
            return _put(work, f"new/{number}", entry.path, entry.was, entry.becomes, _NEW)


def guard_back(work: Work, foreign: frozenset[str]) -> Trouble | None:
    """Whether the way back would overwrite nothing of somebody else's."""
    for entry in manifest(work.folder).entries:
        if entry.path in foreign:
            work.tell(f"{entry.path} is left as somebody else made it")
        elif _manifest.standing(entry, _sha256(work.ground, entry.path)) is Standing.FOREIGN:
            return _moved(entry.path, "somebody has changed it since; nothing of it was overwritten")
    return None


def restore(work: Work, number: int, foreign: frozenset[str]) -> Trouble | None:
    """Put the old form back, if the new one is there."""
    entry = manifest(work.folder).entries[number]
    if entry.path in foreign:
        return None
    match _manifest.standing(entry, _sha256(work.ground, entry.path)):
        case Standing.FOREIGN:
            return _moved(entry.path, "somebody changed it at this moment; nothing of it was overwritten")
        case Standing.NEW if entry.was.sha256 != entry.becomes.sha256:
            return _put(work, f"backup/{number}", entry.path, entry.becomes, _with_rights_of_now(work, entry), _OLD)
        case Standing.NEW | Standing.OLD:
            return None


def _with_rights_of_now(work: Work, entry: Entry) -> Form:
    """The old form; where somebody has changed the file's rights since, they stay as that person made them."""
    now = work.ground.take(entry.path)
    if isinstance(now, Absent) or not any(_differing(entry.becomes.metadata, now.metadata)):
        return entry.was
    work.tell(f"{entry.path} keeps the rights that somebody has given it since")
    kept = msgspec.structs.replace(now.metadata, mtime=entry.was.metadata.mtime)
    return msgspec.structs.replace(entry.was, metadata=kept)


def _put(work: Work, name: str, path: str, there: Form, form: Form, mark: str) -> Trouble | None:
    """Replace a file by one of its forms if it is still what was found ``there``."""
    content = _kept(work, name, form)
    if isinstance(content, Trouble):
        return content
    try:
        work.ground.replace(path, there, content, form.metadata, f"{work.folder.id}{mark}")
    except Changed as error:
        return Trouble(event=Event.MOVED, detail=error.message, file=path)
    return None


def _kept(work: Work, name: str, form: Form) -> bytes | Trouble:
    """What lies in the change's folder as one form of a file."""
    content = work.folder.read(name)
    if content is None or digest(content) != form.sha256:
        return Trouble(event=Event.FAILED, detail=f"{work.folder.path / name} is damaged, and was not used")
    return content


def _sha256(ground: Ground, path: str) -> str | None:
    now = ground.take(path)
    return None if isinstance(now, Absent) else digest(now.content)


def _moved(path: str, why: str) -> Trouble:
    return Trouble(event=Event.MOVED, detail=f"{path}: {why}", file=path)
