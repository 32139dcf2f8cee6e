"""Where a rule's two sides meet: what is written of a host's settings and what was heard at the ports they make."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.finding import Certainty, Cleared, Evidence, Finding, Place, Remediation
from tightlip.model.host_view import HostView
from tightlip.model.observation import Observation
from tightlip.model.posture import NoteKind, Posture
from tightlip.rules._rule import Compared, Judgement, Proven, Rule, Written
from tightlip.rules._settings import every_place, serving
from tightlip.syntax.showing import shown_value

# Notes by which a posture may mean something else than it says.
_DOUBTFUL = frozenset({NoteKind.UNREAD, NoteKind.DOUBT, NoteKind.CONTRADICTION, NoteKind.UNKNOWN})

_SYSTEM = ("/etc/", "/usr/local/etc/")
# Folders such as / and /etc/ hold the files of many products.
_SHARED_DEPTH = 2


class _Matter(Struct, frozen=True):
    """What a rule found written of one setting of one instance: everything of it that makes one finding."""

    subject: str
    parts: list[tuple[Posture, Written]]

    def concerns(self, postures: tuple[Posture, ...], observation: Observation) -> bool:
        """Whether it is a matter of a service that was asked, in the TLS state that was."""
        asked = [service for _, service in serving(postures, observation)]
        felt = [part.service for _, part in self.parts if observation.endpoint.security in part.states]
        return any(one is other for one in felt for other in asked)


def joined(rule: Rule, view: HostView) -> Iterator[Judgement]:
    """What a rule says of a view with postures: of its endpoints, its settings, and of both together.

    A finding heard at a port whose setting the same rule flags is of certainty BOTH and carries the places; the
    setting's finding is so too and carries what was heard as evidence.
    """
    matters = list(_matters(rule, view))
    heard: list[tuple[Observation, Finding]] = []
    for assessed in view.assessed:
        match rule.judge(assessed, str(assessed.observation.endpoint)):
            case Cleared() as cleared:
                yield cleared
            case Finding() as finding:
                heard.append((assessed.observation, finding))
    for observation, finding in heard:
        yield _with_places(finding, [matter for matter in matters if matter.concerns(view.postures, observation)])
    for matter in matters:
        yield _written(rule, matter, [said for each, said in heard if matter.concerns(view.postures, each)])
    for met in rule.compared(view) if rule.compared else ():
        yield _met(rule, met)


def distinguished(view: HostView, said: Iterable[Finding], known: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of an audit, none under the name of a ``known`` finding of an instance that it did not read.

    Which of two instances has the plain name depends on which of them were read; where the name is taken, the main file
    is added. This applies to names taken by the system's own files: a copied file may have another path next time.
    """
    held = {(each.rule, each.subject): each.places[0].file for each in known if each.places}
    ours = tuple(path for posture in view.postures for path in _own_files(posture))
    read_files = {place.file for posture in view.postures for place in every_place(posture)}

    def named(finding: Finding) -> Finding:
        before = held.get((finding.rule, finding.subject), "")
        if not before.startswith(_SYSTEM) or before.startswith(ours) or before in read_files:
            return finding
        cause = finding.places[0].file if finding.places else ""
        owner = next((each for each in view.postures if cause and cause.startswith(_own_files(each))), None)
        return replace(finding, subject=f"{finding.subject} {owner.config}") if owner else finding

    return tuple(map(named, said))


def lapsed(view: HostView, said: Iterable[Judgement], known: Iterable[Finding]) -> Iterator[Cleared]:
    """Proofs that findings known of the host's settings are mended, for an audit that ``said`` all it has to say.

    A setting's finding is mended where its rule does not flag it any more, and all of its files belong to instances
    that were read, whole and without doubt. ``known`` may hold findings of endpoints: they are left alone.
    """
    findings = [each for each in said if isinstance(each, Finding)]
    flagged = {(each.rule, each.subject) for each in findings}
    causes = {(each.rule, (place.file, place.setting)) for each in findings for place in each.places}
    whole = [posture for posture in view.postures if not _is_doubtful(posture)]
    # A product that asks another one tells of the other's files, and has not read them.
    unsure = tuple(path for posture in view.postures if _is_doubtful(posture) for path in _own_files(posture))
    read_files = {place.file for posture in whole for place in every_place(posture)} | {each.config for each in whole}
    beside = {path for posture in whole for path in posture.beside}
    folders = (*filter(None, map(_folder, whole)), *(path for path in beside if path.endswith("/")))
    for finding in known:
        files = [place.file for place in finding.places] or [each.file for each in finding.evidence if each.file]
        is_read = bool(files) and all(file in read_files | beside or file.startswith(folders) for file in files)
        is_read = is_read and not any(file.startswith(unsure) and file not in beside for file in files)
        is_ours = finding.subject.startswith(f"{view.host} ")
        # A new name, for another setting or instance, mends nothing: the finding stands while its cause is flagged.
        is_flagged = (finding.rule, finding.subject) in flagged or (finding.rule, _cause(finding)) in causes
        if is_ours and is_read and not is_flagged:
            yield Cleared(finding.rule, finding.subject)


def _cause(finding: Finding) -> tuple[str, str] | None:
    """File and setting of a finding's first place."""
    return (finding.places[0].file, finding.places[0].setting) if finding.places else None


def _matters(rule: Rule, view: HostView) -> Iterator[_Matter]:
    """What is written, by instance and setting: a setting that several services feel is one matter."""
    parts: dict[tuple[int, str], list[tuple[Posture, Written]]] = {}
    owners: dict[int, Posture] = {}
    for posture in view.postures:
        for part in rule.written(posture) if rule.written else ():
            if _is_of_unread(posture, part):
                continue
            if part.since is None or (view.now is not None and part.since < view.now):
                owner = _owner(posture, part, view.postures)
                owners[id(owner)] = owner
                parts.setdefault((id(owner), part.setting), []).append((posture, part))
    taken: set[str] = set()
    for (owned_by, setting), some in parts.items():
        subject = _subject(view, owners[owned_by], setting, taken)
        taken.add(subject)
        yield _Matter(subject, some)


def _is_of_unread(posture: Posture, part: Written) -> bool:
    """Whether it rests on a default, where the setting may well stand in what was not read."""
    is_unread = any(note.kind is NoteKind.UNREAD for note in posture.notes)
    return is_unread and any(place.value is None for place in part.places)


def _owner(posture: Posture, part: Written, postures: tuple[Posture, ...]) -> Posture:
    """The instance whose setting it is: that of another product, where a service asks it and shows what it says."""
    asked = part.service.delegation if part.service else None
    causes = [place for place in part.places if place.setting == part.setting]
    for other in postures if asked else ():
        if asked and other.product == asked.product and any(offer.place in causes for offer in other.backend):
            return other
    return posture


def _subject(view: HostView, owner: Posture, setting: str, taken: set[str]) -> str:
    """Host and setting; with the main file where the instance is not its product's first, or the words are taken."""
    alike = [posture.config for posture in view.postures if posture.product == owner.product]
    first = min(alike, key=lambda config: (not config.startswith("/etc/"), len(config), config))
    plain = f"{view.host} {setting}"
    return plain if owner.config == first and plain not in taken else f"{plain} {owner.config}"


def _with_places(finding: Finding, causes: list[_Matter]) -> Finding:
    if not causes:
        return finding
    settings = (place for matter in causes for place in _places(matter))
    return replace(finding, certainty=Certainty.BOTH, places=tuple(dict.fromkeys(settings)))


def _written(rule: Rule, matter: _Matter, heard: list[Finding]) -> Finding:
    proofs = [each for _, part in matter.parts for each in part.proof or map(_evidence, part.places)]
    wire = [each for finding in heard for each in finding.evidence]
    return Finding(
        rule=rule.name,
        subject=matter.subject,
        severity=rule.severity,
        certainty=Certainty.BOTH if heard else Certainty.WRITTEN,
        summary=_summary(matter),
        evidence=tuple(dict.fromkeys([*proofs, *wire])),
        places=_places(matter),
        remediations=_remediations(matter),
        references=rule.references,
    )


def _met(rule: Rule, met: Compared) -> Judgement:
    endpoint = str(met.assessed.observation.endpoint)
    if isinstance(met.answer, Proven):
        return Cleared(rule.name, endpoint)
    return Finding(
        rule=rule.name,
        subject=endpoint,
        severity=rule.severity,
        certainty=Certainty.BOTH,
        summary=met.answer.summary,
        evidence=(Evidence(observation=met.assessed.id, text=met.answer.proof), *map(_evidence, met.places)),
        places=tuple(map(_shown, met.places)),
        remediations=met.answer.remediations,
        references=rule.references,
    )


def _evidence(place: Place) -> Evidence:
    return Evidence(file=place.file, line=place.line, text=_shown(place).said)


def _shown(place: Place) -> Place:
    """A finding is read by many, and kept: what looks things up may hold a password."""
    return replace(place, value=shown_value(place.value))


def _summary(matter: _Matter) -> str:
    """What is found, in all its wordings, and the services it is found of, product by product."""
    services: dict[str, list[str]] = {}
    for posture, part in matter.parts:
        if part.service and part.service.name not in services.setdefault(posture.product, []):
            services[posture.product].append(part.service.name)
    what = "; ".join(dict.fromkeys(part.summary for _, part in matter.parts))
    who = "; ".join(f"{product} {', '.join(names)}" for product, names in services.items())
    return f"{what}: {who}" if who else what


def _places(matter: _Matter) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(_shown(place) for _, part in matter.parts for place in part.places))


def _remediations(matter: _Matter) -> tuple[Remediation, ...]:
    return tuple(dict.fromkeys(remediation for _, part in matter.parts for remediation in part.remediations))


def _is_doubtful(posture: Posture) -> bool:
    return any(note.kind in _DOUBTFUL for note in posture.notes)


def _own_files(posture: Posture) -> tuple[str, ...]:
    """How the names of an instance's own files begin."""
    return tuple(filter(None, (posture.config, _folder(posture))))


def _folder(posture: Posture) -> str:
    """The folder that is the instance's own, empty where its main file stands among others' (``/etc/imapd.conf``)."""
    folder = posture.config.rpartition("/")[0] + "/"
    return folder if folder.count("/") > _SHARED_DEPTH else ""
