"""Auditing a host: its configuration surveyed, linked, judged by the rules; with what was heard of it, where it was."""

from datetime import UTC, datetime
from traceback import format_exc

from msgspec import Struct
from msgspec.structs import replace

from tightlip.assess.judge import judge
from tightlip.assess.linking import link
from tightlip.hosts._host import Host, Reach
from tightlip.model.finding import Cleared, Finding
from tightlip.model.host_view import Assessed, HostView
from tightlip.model.posture import Posture
from tightlip.workflows.discovery import LeftOut
from tightlip.workflows.identity import machine_of
from tightlip.workflows.surveying import Fault, Surveyed, Wanted, survey, tellable


class Audit(Struct, frozen=True, kw_only=True):
    """What an audit of one host came to.

    ``host`` is its name, or where files brought from elsewhere say what they tell of, that; ``machine`` tells it from
    others of the same name. ``postures`` are linked:
    a service that leaves logins to another product has that product's offers. ``faults`` are ours. ``heard`` is what
    a probe of the host's own listeners brought. ``left_out`` runs, and was not read.
    """

    host: str
    machine: str
    reach: Reach
    time: datetime
    instances: tuple[Surveyed, ...]
    faults: tuple[Fault, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    postures: tuple[Posture, ...] = ()
    findings: tuple[Finding, ...] = ()
    cleared: tuple[Cleared, ...] = ()
    heard: tuple[Assessed, ...] = ()

    @property
    def doubts(self) -> int:
        """Instances that could not be read, or not whole, that their product contradicts, or that ask in vain."""
        told = zip(self.instances, self.postures, strict=True)
        return len(self.left_out) + sum(not each.is_certain or bool(_asking_in_vain(posture)) for each, posture in told)


def doubts_of(audit: Audit) -> tuple[str, ...]:
    """What keeps an audit from being certain, each in a line with its place; empty exactly where nothing does."""
    told = [f"{each.instance.config}: {each.why}" for each in audit.left_out]
    for each, posture in zip(audit.instances, audit.postures, strict=True):
        told += each.doubts
        told += [f"{posture.config}: {service}" for service in _asking_in_vain(posture)]
    return tuple(dict.fromkeys(told))


def audit(host: Host, wanted: Wanted) -> Audit:
    """Survey a host and judge what is found; nothing raises but what the user did wrong."""
    found = list(survey(host, wanted))
    instances = tuple(each for each in found if isinstance(each, Surveyed))
    faults = tuple(each for each in found if isinstance(each, Fault))
    left_out = tuple(each for each in found if isinstance(each, LeftOut))
    bare = Audit(
        host=tellable(_whose(instances) or host.name),
        machine="" if _whose(instances) else machine_of(host),
        reach=host.reach,
        time=datetime.now(UTC),
        instances=instances,
        faults=faults,
        left_out=left_out,
    )
    return judged(bare, ())


def judged(audit: Audit, heard: tuple[Assessed, ...]) -> Audit:
    """The same audit, judged together with what was heard of the host."""
    try:
        postures = link(tuple(replace(each.posture, machine=audit.machine) for each in audit.instances))
        said = tuple(judge(HostView(heard, postures, audit.host, audit.time)))
    except Exception:  # a rule's fault must not cost the other hosts
        fault = Fault(f"the rules, on {audit.host}", format_exc())
        postures = tuple(each.posture for each in audit.instances)
        return replace(audit, postures=postures, faults=(*audit.faults, fault), heard=heard)
    findings = tuple(each for each in said if isinstance(each, Finding))
    cleared = tuple(each for each in said if isinstance(each, Cleared))
    return replace(audit, postures=postures, findings=findings, cleared=cleared, heard=heard)


def _whose(instances: tuple[Surveyed, ...]) -> str | None:
    """What all of the instances say that they are of: files that were brought from elsewhere to any machine."""
    told = {each.plug.whose(each.files) if each.plug.whose else None for each in instances}
    return told.pop() if len(told) == 1 else None


def _asking_in_vain(posture: Posture) -> tuple[str, ...]:
    """Services whose logins another product decides on of whose mechanisms nothing is known."""
    return tuple(
        f"{service.name} leaves logins to {service.delegation.product}, of whose mechanisms nothing is known"
        for service in posture.services
        if service.delegation and not service.offers
    )
