"""Findings of settings from one audit to the next: what each is called, and which known ones are mended."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from tightlip.model.finding import Cleared, Finding, InstanceOf
from tightlip.model.host_view import HostView
from tightlip.model.posture import NoteKind, Posture
from tightlip.rules._rule import Judgement
from tightlip.rules._settings import every_place

# Notes by which a posture may mean something else than it says.
_DOUBTFUL = frozenset({NoteKind.UNREAD, NoteKind.DOUBT, NoteKind.CONTRADICTION, NoteKind.UNKNOWN})

# Folders such as / and /etc/ hold the files of many products.
_SHARED_DEPTH = 2


def distinguished(view: HostView, said: Iterable[Finding], known: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of an audit, each by the name that its instance has had for it, and none by that of another one.

    Which of two instances has the plain name depends on which of them were read; where the name is another's, the main
    file is added. ``known`` are all findings of the host's settings, fixed ones too.
    """
    names: dict[tuple[str, InstanceOf, tuple[str, str] | None], str] = {}
    held: dict[tuple[str, str], Finding] = {}
    for each in known:
        held[each.rule, each.subject] = each
        if each.instance:
            names.setdefault((each.rule, each.instance, _cause(each)), each.subject)
    owners = {posture.instance: posture for posture in view.postures}

    def named(finding: Finding) -> Finding:
        owner = owners.get(finding.instance) if finding.instance else None
        if owner is None:
            return finding
        if before := names.get((finding.rule, owner.instance, _cause(finding))):
            return replace(finding, subject=before)
        holder = held.get((finding.rule, finding.subject))
        if holder and _is_anothers(holder, finding, owner) and not finding.subject.endswith(f" {owner.config}"):
            return replace(finding, subject=f"{finding.subject} {owner.config}")
        return finding

    return tuple(map(named, said))


def _is_anothers(holder: Finding, finding: Finding, owner: Posture) -> bool:
    """Whether a name stands for another instance's setting; who shows what another product says shares its finding."""
    if holder.instance is None:
        files = {place.file for place in every_place(owner)} | {owner.config}
        cause = _cause(holder)
        return cause is not None and cause[0] not in files and not _is_in(cause[0], _folder(owner))
    is_same_product = holder.instance.product == owner.product
    return holder.instance != owner.instance and (is_same_product or _cause(holder) != _cause(finding))


def lapsed(view: HostView, said: Iterable[Judgement], known: Iterable[Finding]) -> Iterator[Cleared]:
    """Proofs that findings known of the host's settings are mended, for an audit that ``said`` all it has to say.

    A setting's finding is mended where its rule does not flag it any more, its instance was read whole and without
    doubt, and so was what it names beside the instance's own files. ``known`` may hold findings of endpoints: they are
    left alone.
    """
    findings = [each for each in said if isinstance(each, Finding)]
    for finding in known:
        is_ours = finding.subject.startswith(f"{view.host} ")
        is_flagged = any(_is_the_same(finding, each) for each in findings)
        if is_ours and not is_flagged and _is_read(finding, view.postures):
            yield Cleared(finding.rule, finding.subject)


def _is_the_same(known: Finding, said: Finding) -> bool:
    """Whether a rule still flags a finding: a new name, for another setting, mends nothing while its cause is there."""
    is_ours = known.instance is None or known.instance == said.instance
    is_it = known.subject == said.subject or (is_ours and _cause(known) == _cause(said))
    return known.rule == said.rule and is_it


def _is_read(finding: Finding, postures: tuple[Posture, ...]) -> bool:
    """Whether the instance that a finding is about was read whole, and every file that the finding names."""
    whole = [posture for posture in postures if not _is_doubtful(posture)]
    of = [posture for posture in whole if finding.instance in (None, posture.instance)]
    files = [place.file for place in finding.places] or [each.file for each in finding.evidence if each.file]
    beside = {path for posture in whole for path in posture.beside}
    read_files = {place.file for posture in of for place in every_place(posture)} | {posture.config for posture in of}
    folders = [path for path in beside if path.endswith("/")]
    if finding.instance is None:
        # A store of 0.1.0 says no more than the files: a folder is one instance's own where it has the product's name.
        folders += map(_named_folder, of)
        if any(_is_unsure(file, postures) and file not in beside for file in files):
            return False
    else:
        folders += map(_folder, of)
    is_read = all(file in read_files | beside or any(_is_in(file, folder) for folder in folders) for file in files)
    return bool(of and files) and is_read


def _is_unsure(file: str, postures: tuple[Posture, ...]) -> bool:
    """Whether a file is one of an instance in doubt: who asks another product has not read its files."""
    doubtful = [posture for posture in postures if _is_doubtful(posture)]
    return any(file == each.config or _is_in(file, _named_folder(each)) for each in doubtful)


def _is_in(file: str, folder: str) -> bool:
    """Whether a file lies below a folder; the empty one holds none."""
    return bool(folder) and file.startswith(folder)


def _cause(finding: Finding) -> tuple[str, str] | None:
    """File and setting of a finding's first place."""
    return (finding.places[0].file, finding.places[0].setting) if finding.places else None


def _is_doubtful(posture: Posture) -> bool:
    return any(note.kind in _DOUBTFUL for note in posture.notes)


def _folder(posture: Posture) -> str:
    """The folder that is the instance's own, empty where its main file stands among others' (``/etc/imapd.conf``)."""
    folder = posture.config.rpartition("/")[0] + "/"
    return folder if folder.count("/") > _SHARED_DEPTH else ""


def _named_folder(posture: Posture) -> str:
    """The same, where it has the product's name: ``/usr/local/etc/`` is nobody's own."""
    folder = _folder(posture)
    return folder if posture.product in folder else ""
