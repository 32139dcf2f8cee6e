"""The configuration says one thing of NTLM, and the service does another.

Flags:
    An endpoint that accepts NTLM where the configuration of the service on its port does not offer it in this TLS
    state, or that refuses it where the configuration offers it; and a configuration whose files disagree with the
    product's own view of its settings. Where the files could not be understood as a whole, where another product
    decides and was not found, or where a server was asked from its own address (which counts as secured), nothing
    is said.

Why it matters:
    What runs is not what was read: the service was not reloaded, reads another file, or a proxy answers in its place.
    A plan made from these files would mend nothing.

Mends it:
    Reload the service and ask again; then look for the process that has the port, and for the file it was started
    with.

References:
    RFC 4422.
"""

from collections.abc import Iterator

from tightlip.model.endpoint import Security
from tightlip.model.facts import Door
from tightlip.model.finding import Evidence, Place, Remediation, RemediationKind, Severity
from tightlip.model.host_view import Assessed, HostView
from tightlip.model.observation import Observation
from tightlip.model.posture import NoteKind, Posture, Service
from tightlip.model.verdict import Verdict
from tightlip.rules._facts import acceptance, is_proven_closed
from tightlip.rules._rule import RFC_4422, Compared, Holds, Proven, Rule, Written
from tightlip.rules._settings import is_loopback, place_at, serving

_RELOAD = Remediation(
    RemediationKind.ADVISE,
    "Reload the service and ask again; if it still differs, find the process that has the port and the file it reads.",
)
# A posture with such notes may mean something else than it says.
_UNCERTAIN = frozenset({NoteKind.UNREAD, NoteKind.DOUBT})


def compared(view: HostView) -> Iterator[Compared]:
    """What each endpoint did with NTLM, beside what the services on its port are set to do."""
    for assessed in view.assessed:
        found = serving(view.postures, assessed.observation)
        if not found or not all(_is_certain(posture, service) for posture, service in found):
            continue
        if answer := _differs(assessed, [service for _, service in found]):
            yield Compared(assessed=assessed, answer=answer, places=_places([service for _, service in found]))


def written(posture: Posture) -> Iterator[Written]:
    """Notes that the files and the product's own view of them disagree."""
    for note in posture.notes:
        if note.kind is NoteKind.CONTRADICTION:
            place = place_at(posture, note.file, note.line)
            yield Written(
                setting=place.setting if place else note.file,
                summary=note.text,
                places=(place,) if place else (),
                remediations=(_RELOAD,),
                proof=(Evidence(file=note.file, line=note.line, text=note.text),),
            )


def _is_certain(posture: Posture, service: Service) -> bool:
    """A service whose offers are known, in a configuration that was understood; no offers at all are known too."""
    followed = (bool(service.offers) or service.delegation is None) and not any(each.proviso for each in service.offers)
    return followed and not any(note.kind in _UNCERTAIN for note in posture.notes)


def _differs(assessed: Assessed, services: list[Service]) -> Holds | Proven | None:
    """Several services on one port (of different addresses) count as one only where they agree."""
    observation = assessed.observation
    taken = acceptance(observation, Door.AUTH, Door.GENERIC)
    written_so = {_accepts_ntlm(service, observation.endpoint.security) for service in services}
    if taken:
        if True in written_so:
            return Proven.NOT
        return None if _may_count_as_secured(observation) else _contradiction("NTLM is accepted", "does not offer it")
    if assessed.assessment.verdict is not Verdict.CLEAN or len(written_so) > 1:
        return None
    if any(offer.called and offer.name == "NTLM" for service in services for offer in service.offers):
        return None  # it was asked for by a name that it does not have here
    if True in written_so:
        return _contradiction("NTLM is refused", "offers it")
    return Proven.NOT if is_proven_closed(assessed) else None


def _accepts_ntlm(service: Service, state: Security) -> bool:
    """Whether AUTH NTLM is answered, be it by what has nothing but the name."""
    return any("NTLM" in (offer.name, offer.called) and state in offer.states for offer in service.offers)


def _may_count_as_secured(observation: Observation) -> bool:
    """Some servers take a client from their own address for one with TLS."""
    if observation.endpoint.security is not Security.PLAIN or observation.address is None:
        return False
    if observation.source_address is not None:
        return observation.source_address == observation.address
    return is_loopback(observation.address)


def _contradiction(heard: str, written_so: str) -> Holds:
    return Holds(
        summary=f"{heard}, though the configuration {written_so} in this state",
        proof=f"{heard.removeprefix('NTLM is ')} on the wire",
        remediations=(_RELOAD,),
    )


def _places(services: list[Service]) -> tuple[Place, ...]:
    """What decides on mechanisms, and on TLS before them."""
    offers = [offer.place for service in services for offer in service.offers]
    return tuple(dict.fromkeys([*offers, *(service.tls.demand for service in services)]))


RULE = Rule(compared=compared, written=written, severity=Severity.MEDIUM, references=(RFC_4422,))
