"""Whether a plan is about this host's own servers: anybody can write a plan, and its hash is no secret."""

from msgspec.structs import replace

from tightlip.config.policy import read_policy
from tightlip.files.trust import Owners, exposure, owners_too
from tightlip.hosts._host import Host
from tightlip.model.errors import Exit, TightlipError
from tightlip.remediate.plan import Plan, ProductPlan
from tightlip.workflows.surveying import files_of, found_on


def vouch(plan: Plan, host: Host) -> None:
    """TightlipError (exit 6) where a plan names a server that is none of this host's, or a file that is none of its.

    A product's commands run what its configuration names: it has to be one that a survey finds by itself, or one
    that nobody but root and we can write.
    """
    for planned in plan.products:
        _refuse_strange_instance(planned, host)
        read = {each.path for each in files_of(host, planned.instance).files}
        if strange := next((file.path for file in planned.files if file.path not in read), None):
            raise _refused(f"{strange} is no file of {planned.product} on {planned.instance.config}")


def _refuse_strange_instance(planned: ProductPlan, host: Host) -> None:
    instance = planned.instance
    if instance in (replace(each, pid=None) for each in found_on(host, planned.product)):
        return
    owners = owners_too(read_policy().trusted_owners)
    for place in (instance.config, *instance.places.values()):
        if not _is_trusted(place, owners):
            told = f"{planned.product} on {instance.config} is none that a survey of this host finds"
            raise _refused(f"{told}, and others than you and root may write {place}, or it is gone")


def _is_trusted(place: str, owners: Owners) -> bool:
    try:
        return place.startswith("/") and exposure(place, owners) is None
    except (OSError, ValueError):
        return False


def _refused(message: str) -> TightlipError:
    return TightlipError(message, "make the plan again: tightlip plan", Exit.REFUSED)
