"""Findings of settings from one audit to the next: what each is called, and which known ones are mended."""

import re
from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from tightlip.assess.judge import rules
from tightlip.model.finding import Cleared, Finding, InstanceOf
from tightlip.model.host_view import HostView
from tightlip.model.posture import NoteKind, Posture
from tightlip.rules._rule import Judgement
from tightlip.rules._settings import every_place

# Notes by which a posture may mean something else than it says.
_DOUBTFUL = frozenset({NoteKind.UNREAD, NoteKind.DOUBT, NoteKind.CONTRADICTION, NoteKind.UNKNOWN})

_MAGIC = re.compile(r"[*?\[{]")
# What is the whole host's: which mechanisms its GSSAPI library has.
_LISTS_OF_THE_HOST = ("/etc/gss/",)
# Main files as packages call them: a folder that holds one of another name may hold more instances.
_USUAL = frozenset(
    {"dovecot.conf", "main.cf", "imapd.conf", "exim4.conf", "exim.conf", "update-exim4.conf.conf", "imapd"}
)


def distinguished(
    view: HostView, said: Iterable[Finding], ever: Iterable[Finding], standing: Iterable[Finding]
) -> tuple[Finding, ...]:
    """The findings of an audit, each by the name that its instance has had for it, and none by that of another one.

    Which of two instances has the plain name depends on which of them were read; where the name is another's, the main
    file is added. Instances that had a part in a finding which stands, and were not read now, go on having it.
    ``ever`` are all findings known of the host's settings, ``standing`` those that are not fixed.
    """
    names: dict[tuple[str, InstanceOf, str], str] = {}
    held: dict[tuple[str, str], Finding] = {}
    for each in ever:
        held[each.rule, each.subject] = each
        if each.instances and each.places:
            names.setdefault((each.rule, each.instances[0], each.places[0].setting), each.subject)
    open_now = {(each.rule, each.subject): each.instances for each in standing}
    owners = {posture.instance: posture for posture in view.postures}

    def named(finding: Finding) -> Finding:
        owner = owners.get(finding.instances[0]) if finding.instances else None
        if owner is None:
            return finding
        subject = names.get((finding.rule, owner.instance, finding.places[0].setting)) if finding.places else None
        holder = held.get((finding.rule, finding.subject))
        if subject is None and holder and _is_anothers(holder, finding, owner):
            subject = f"{finding.subject.removesuffix(f' {owner.config}')} {owner.config}"
        subject = subject or finding.subject
        unread = (each for each in open_now.get((finding.rule, subject), ()) if each not in owners)
        return replace(finding, subject=subject, instances=tuple(dict.fromkeys([*finding.instances, *unread])))

    return tuple(map(named, said))


def _is_anothers(holder: Finding, finding: Finding, owner: Posture) -> bool:
    """Whether a name stands for another instance's setting; who shows what another product says shares its finding."""
    if not holder.instances:
        files = {place.file for place in every_place(owner)} | {owner.config}
        cause = _cause(holder)
        return cause is not None and cause[0] not in files and not _is_in(cause[0], _named_folder(owner))
    is_same_product = holder.instances[0].product == owner.product
    return holder.instances[0] != owner.instance and (is_same_product or _cause(holder) != _cause(finding))


def lapsed(view: HostView, said: Iterable[Judgement], known: Iterable[Finding]) -> Iterator[Cleared]:
    """Proofs that findings known of the host's settings are mended, for an audit that ``said`` all it has to say.

    A setting's finding is mended where its rule does not flag it any more, and all its instances were read whole and
    without doubt; of a copied host not where a file that it names was not copied, or a certificate that its rule looks
    at. ``known`` may hold findings of endpoints: they are left alone.
    """
    findings = [each for each in said if isinstance(each, Finding)]
    flagged = {(each.rule, each.subject) for each in findings}
    causes: dict[tuple[str, tuple[str, str] | None], set[InstanceOf]] = {}
    for each in findings:
        causes.setdefault((each.rule, _cause(each)), set()).update(each.instances[:1])
    read = _Read(view.postures)
    for finding in known:
        if not finding.subject.startswith(f"{view.host} ") or (finding.rule, finding.subject) in flagged:
            continue
        # A new name, for another setting, mends nothing while its cause is there.
        owners = causes.get((finding.rule, _cause(finding)))
        is_flagged = owners is not None and (not finding.instances or finding.instances[0] in owners)
        if not is_flagged and read.has(finding):
            yield Cleared(finding.rule, finding.subject)


def is_about(finding: Finding, products: Collection[str]) -> bool:
    """Whether a finding is of one of these products; of which it is, 0.1.0 does not say."""
    return bool(products) and (not finding.instances or any(each.product in products for each in finding.instances))


class _Read:
    """What was read whole in one audit."""

    def __init__(self, postures: tuple[Posture, ...]) -> None:
        self._whole = [posture for posture in postures if not _is_doubtful(posture)]
        self._doubtful = [posture for posture in postures if _is_doubtful(posture)]
        self._instances = {posture.instance for posture in self._whole}
        self._beside = {path for posture in self._whole for path in posture.beside}
        self._files = {place.file for each in self._whole for place in every_place(each)}
        self._files |= {posture.config for posture in self._whole} | self._beside
        self._absent = [each for posture in postures for each in posture.absent]

    def has(self, finding: Finding) -> bool:
        """Whether all that a finding is about was read."""
        files = [place.file for place in finding.places] or [each.file for each in finding.evidence if each.file]
        if self._leaves_open(finding) or any(_may_be(file, path) for path in self._absent for file in files):
            return False
        if not finding.instances:
            return self._has_as_of_0_1_0(files)
        # What an instance reads no more is no obstacle; a list of the host's own has to have been looked at.
        lists = [file for file in files if file.startswith(_LISTS_OF_THE_HOST)]
        return self._instances.issuperset(finding.instances) and all(map(self._was_looked_at, lists))

    def _leaves_open(self, finding: Finding) -> bool:
        """Whether its rule has not seen enough of the instances that it is about; of which, 0.1.0 does not say."""
        rule = rules().get(finding.rule)
        asked = rule.leaves_open if rule else None
        about = (each for each in self._whole if not finding.instances or each.instance in finding.instances)
        return asked is not None and any(asked(finding, posture) for posture in about)

    def _was_looked_at(self, file: str) -> bool:
        return file in self._beside or any(path.endswith("/") and file.startswith(path) for path in self._beside)

    def _has_as_of_0_1_0(self, files: list[str]) -> bool:
        """A store of 0.1.0 says no more than the files: they are read, or lie where such an instance has its own."""
        homes = [*map(_named_folder, self._whole)]
        # A product that asks another one tells of the other's files, and has not read them.
        unsure = any(
            file == each.config or _is_in(file, _named_folder(each)) for file in files for each in self._doubtful
        )
        is_read = all(
            file in self._files or self._was_looked_at(file) or any(_is_in(file, home) for home in homes)
            for file in files
        )
        return bool(files) and is_read and not unsure


def _may_be(file: str, path: str) -> bool:
    """Whether a file is the one that was not there, or may be one of a pattern that came to nothing."""
    start = _MAGIC.split(path, 1)[0]
    return file == path if start == path else file.startswith(start)


def _is_in(file: str, folder: str) -> bool:
    """Whether a file lies below a folder; the empty one holds none."""
    return bool(folder) and file.startswith(folder)


def _cause(finding: Finding) -> tuple[str, str] | None:
    """File and setting of a finding's first place."""
    return (finding.places[0].file, finding.places[0].setting) if finding.places else None


def _is_doubtful(posture: Posture) -> bool:
    return any(note.kind in _DOUBTFUL for note in posture.notes)


def _named_folder(posture: Posture) -> str:
    """The folder of an instance's own, empty where it may be others', too.

    It has the product's name, and the main file that is usual there.
    """
    folder, _, name = posture.config.rpartition("/")
    is_own = posture.product in folder and name in _USUAL
    return f"{folder}/" if is_own else ""
