"""Whether a plan's preconditions hold now: its host is planned for anew, and what is unmet then is what counts."""

from collections.abc import Iterable
from functools import partial

from tightlip import registry
from tightlip.hosts._host import Host
from tightlip.hosts.local import LocalHost
from tightlip.model.errors import Exit, TightlipError
from tightlip.model.remedy import Accounts, LimitAccounts, WithdrawMechanism
from tightlip.products._product import Instance
from tightlip.remediate._instructions import planned_files
from tightlip.remediate.goal import Extent, Goal
from tightlip.remediate.plan import Plan, PlannedFile, Unmet
from tightlip.syntax.spans import digest
from tightlip.workflows.auditing import audit
from tightlip.workflows.planning import PlanOrder, plan_anew
from tightlip.workflows.surveying import Wanted
from tightlip.workflows.unreloaded import unreloaded


def still_unmet(plan: Plan, host: Host) -> tuple[Unmet, ...]:
    """What is unmet at this moment; TightlipError (exit 6) where no plan would be made any more.

    A plan may say of an instance that it does not change that it stands in the way: such are looked at as well.
    """
    own = tuple(each.instance for each in plan.products)
    now = _planned(plan, host, own)
    _refuse_other_listeners(plan, now, host)
    unmet = now.unmet
    left = {each.what for each in plan.unmet} - {each.what for each in unmet}
    named = tuple(name for name in registry.names("products") if any(name in what.split() for what in left))
    if not named:
        return unmet
    others = tuple(each.files.instance for each in audit(host, Wanted(products=named)).instances)
    return (*unmet, *(each for each in _planned(plan, host, (*own, *others)).unmet if each.what in left))


def unreloaded_of(plan: Plan, host: Host) -> tuple[Unmet, ...]:
    """What the servers of a plan have not been told of, where that can be seen."""
    wanted = _wanted(each.instance for each in plan.products)
    return tuple(unreloaded(plan, audit(host, wanted).postures, host)) if isinstance(host, LocalHost) else ()


def _refuse_other_listeners(plan: Plan, now: Plan, host: Host) -> None:
    """A file that the plan does not touch may open and close ports: the reload would put that into force as well.

    Where a file has its new form already, the listeners that the plan closes may have gone with it.
    """
    ours, theirs = ({each.endpoint for each in one.expectations} for one in (plan, now))
    gone = [] if any(map(partial(_is_in_new_form, host), planned_files(plan))) else sorted(ours - theirs)
    if new := sorted(theirs - ours):
        raise _moved(f"the configuration has listeners that the plan does not know: {', '.join(new)}")
    if gone:
        raise _moved(f"the configuration no longer has listeners of the plan: {', '.join(gone)}")


def _is_in_new_form(host: Host, file: PlannedFile) -> bool:
    content = host.read(file.path)
    return isinstance(content, bytes) and digest(content) == file.after


def _moved(why: str) -> TightlipError:
    hint = "somebody has edited it since, and a reload would put that into force as well: make the plan again"
    return TightlipError(f"planned anew on this host: {why}", hint, Exit.REFUSED)


def _planned(plan: Plan, host: Host, instances: Iterable[Instance]) -> Plan:
    try:
        return plan_anew(host, _order(plan, _wanted(instances))).drawn.plan
    except TightlipError as error:
        raise TightlipError(f"planned anew on this host: {error.message}", error.hint, Exit.REFUSED) from None


def _wanted(instances: Iterable[Instance]) -> Wanted:
    configs: dict[str, tuple[str, ...]] = {}
    for each in instances:
        configs[each.product] = tuple(dict.fromkeys((*configs.get(each.product, ()), each.config)))
    return Wanted(products=tuple(configs), configs=configs)


def _order(plan: Plan, wanted: Wanted) -> PlanOrder:
    if plan.goal not in set(Goal):
        raise TightlipError(f"this tightlip knows no goal {plan.goal!r}", "make the plan again: tightlip plan")
    limits = [each for each in plan.remedies if isinstance(each, LimitAccounts)]
    return PlanOrder(
        goal=Goal(plan.goal),
        wanted=wanted,
        accounts=limits[0].accounts if limits else (),
        meaning=limits[0].meaning if limits else Accounts.ONLY,
        extent=Extent.HOST
        if any(isinstance(each, WithdrawMechanism) and each.host_wide for each in plan.remedies)
        else Extent.SERVER,
    )
