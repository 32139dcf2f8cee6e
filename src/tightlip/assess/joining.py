"""Where a rule's two sides meet: what is written of a host's settings and what was heard at the ports they make."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.finding import Certainty, Cleared, Evidence, Finding, Place, Remediation
from tightlip.model.host_view import HostView
from tightlip.model.observation import Observation
from tightlip.model.posture import NoteKind, Posture
from tightlip.rules._rule import Compared, Judgement, Proven, Rule, Written
from tightlip.rules._settings import serving
from tightlip.syntax.showing import shown_value


class _Matter(Struct, frozen=True):
    """What a rule found written of one setting of one instance: everything of it that makes one finding."""

    subject: str
    owner: Posture
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
        yield _Matter(subject, owners[owned_by], some)


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
        instances=tuple(dict.fromkeys([matter.owner.instance, *(posture.instance for posture, _ in matter.parts)])),
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
