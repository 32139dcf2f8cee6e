"""Planning: an audit of one host, and the plan that carries a goal out on it; nothing is changed."""

from collections.abc import Generator, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tightlip import __version__, registry
from tightlip.assess.linking import link
from tightlip.config.folders import folders
from tightlip.config.policy import read_policy
from tightlip.config.private import write_private
from tightlip.files.replace import obstacle
from tightlip.files.trust import distrust, exposed, owners_too
from tightlip.hosts._host import Host, Reach
from tightlip.hosts.local import LocalHost
from tightlip.model.endpoint import read_endpoint
from tightlip.model.errors import Exit, TightlipError, UsageError
from tightlip.model.finding import Finding
from tightlip.model.remedy import Accounts
from tightlip.products._product import Absent, Advice, Instance, Product, ReadFile
from tightlip.remediate._instructions import planned_files
from tightlip.remediate.drawing import Drawn, Refusal, Survey, Surveyed, draw
from tightlip.remediate.goal import Extent, Goal, answers, remedy_of
from tightlip.remediate.outlook import Basis
from tightlip.remediate.plan import COPY, Plan, ReloadHup, Unmet, encode
from tightlip.workflows.auditing import Audit, audit, doubts_of
from tightlip.workflows.change.master import master_of, may_open, runs
from tightlip.workflows.identity import identity_of
from tightlip.workflows.surveying import Wanted, tellable
from tightlip.workflows.unreloaded import unreloaded


class PlanOrder(Struct, frozen=True, kw_only=True):
    """A goal; for ``limit-accounts`` the accounts and how they are meant, for ``withdraw-ntlm`` whose settings go."""

    goal: Goal
    wanted: Wanted
    accounts: tuple[str, ...] = ()
    meaning: Accounts = Accounts.ONLY
    extent: Extent = Extent.SERVER


class Unsettled(Struct, frozen=True, kw_only=True):
    """What a plan leaves: where it is empty, the goal's findings; and what the audit could not tell, in words."""

    open: tuple[Finding, ...]
    doubts: tuple[str, ...]


class Planned(Struct, frozen=True, kw_only=True):
    """A plan with the audit it was drawn from."""

    audit: Audit
    drawn: Drawn

    @property
    def unsettled(self) -> Unsettled:
        """What the plan does not settle."""
        return Unsettled(open=_going_on(self.audit, self.drawn.plan), doubts=doubts_of(self.audit))

    @property
    def exit(self) -> Exit:
        """Nothing to do is said only where that is certain: no finding, no advice, no doubt."""
        plan, left = self.drawn.plan, self.unsettled
        is_settled = not (left.open or left.doubts or plan.advice)
        return Exit.OK if is_settled or not plan.is_empty else Exit.DOUBT


def plan_for(host: Host, order: PlanOrder) -> Planned:
    """Audit the host and draw the plan, and see whether what runs is what was read; TightlipError as plan_anew()."""
    planned = plan_anew(host, order)
    if not isinstance(host, LocalHost):
        return planned
    plan = planned.drawn.plan
    unmet = (*plan.unmet, *unreloaded(plan, planned.audit.postures, host))
    return replace(planned, drawn=replace(planned.drawn, plan=replace(plan, unmet=unmet)))


def plan_anew(host: Host, order: PlanOrder) -> Planned:
    """Audit the host and draw the plan; TightlipError with exit code 6 where no plan may be made."""
    if (order.goal is Goal.LIMIT_ACCOUNTS) != bool(order.accounts):
        raise UsageError("--account goes with --goal limit-accounts, and is needed there", "name each: --account anna")
    if order.extent is not Extent.SERVER and order.goal is not Goal.WITHDRAW_NTLM:
        raise UsageError("--host-wide goes with --goal withdraw-ntlm", "no other goal changes what is the host's")
    found = audit(host, order.wanted)
    if found.faults:
        raise RuntimeError(f"{found.faults[0].what}\n{found.faults[0].traceback}")
    if not found.instances:
        raise UsageError(f"no mail server's configuration was found on {host.name}", _hint(found))
    remedy = remedy_of(order.goal, order.accounts, order.meaning, order.extent)
    outcome = draw(_survey(host, found), order.goal, answers(order.goal), remedy, link)
    if isinstance(outcome, Refusal):
        raise TightlipError(f"no plan is made: {outcome.why}", outcome.hint, Exit.REFUSED)
    if refused := next(_refused(found, outcome.plan), ""):
        hint = "mend the files first: a reload would fail, before the change as after it"
        raise TightlipError(f"no plan is made: {refused}", hint, Exit.REFUSED)
    if isinstance(host, LocalHost):
        plan = outcome.plan
        unmet = (*plan.unmet, *_obstacles(plan), *_deaths(plan, host), *_lost_ports(plan, host))
        outcome = replace(outcome, plan=replace(outcome.plan, unmet=unmet))
    return Planned(audit=found, drawn=outcome)


def keep_plan(plan: Plan) -> Path:
    """Write the plan's file, 0600, in the state folder under its goal and hash."""
    path = folders().state / "plans" / f"{plan.goal}-{plan.hash[:12]}.json"
    write_private(path, encode(plan))
    return path


def _obstacles(plan: Plan) -> Iterator[Unmet]:
    """Files that could not be replaced, or not safely: somebody else could swap them while we write."""
    owners = owners_too(read_policy().trusted_owners)
    for file in planned_files(plan):
        if why := exposed(file.path, owners) or obstacle(file.path):
            yield Unmet(what=f"{file.path} can be replaced", why=why)


def _deaths(plan: Plan, host: LocalHost) -> Iterator[Unmet]:
    """Servers that would end of the signal that is to reload them."""
    for planned in plan.products:
        plug = registry.pick("products", planned.product, Product)
        if not isinstance(planned.reload, ReloadHup) or plug.ends_of_hup is None:
            continue
        for process in host.processes():
            if runs(process, planned.instance, plug) and (why := _answered(plug.ends_of_hup(process), host)):
                yield Unmet(what=f"{planned.product} can be reloaded", why=why)
                break


def _lost_ports(plan: Plan, host: LocalHost) -> Iterator[Unmet]:
    """Ports that a server closes on a signal, and could not open again: there would be no way back but a restart."""
    closed = [read_endpoint(each.endpoint).port for each in plan.expectations if each.closed]
    for planned in plan.products:
        plug = registry.pick("products", planned.product, Product)
        if not closed or not isinstance(planned.reload, ReloadHup):
            continue
        master = master_of(planned.instance, host.processes(), plug)
        lost = sorted({port for port in closed if isinstance(master, int) and not may_open(master, port)})
        if lost:
            told = f"process {master} gave up the right to open {', '.join(map(str, lost))} again"
            way_on = "a way back would need a restart: edit the file by hand, and restart the server"
            yield Unmet(what=f"{planned.product} can be taken back", why=f"{told}; {way_on}")


def _answered(asking: Generator[ReadFile, bytes | Absent, str | None], host: Host) -> str | None:
    """What a plug says once it has read what it asks for; a file that others may write vouches for nothing."""
    try:
        request = next(asking)
        while True:
            why = distrust(request.path) if host.stands(request.path) else ""
            request = asking.send(Absent(why) if why else host.read(request.path))
    except StopIteration as ended:
        said: str | None = ended.value
        return said


def _refused(audit: Audit, plan: Plan) -> Iterator[str]:
    """Products of the plan that do not take their files as they are."""
    changed = {(each.product, each.instance.config) for each in plan.products}
    for each in audit.instances:
        instance = each.files.instance
        if each.refused and (instance.product, instance.config) in changed:
            yield f"{each.plug.title} does not take {instance.config} as it is: {each.refused}"


def _going_on(audit: Audit, plan: Plan) -> tuple[Finding, ...]:
    """All that the goal is about, for an empty plan answers none of it."""
    rules = answers(Goal(plan.goal))
    return tuple(each for each in audit.findings if each.rule in rules) if plan.is_empty else ()


def _survey(host: Host, found: Audit) -> Survey:
    return Survey(
        host=identity_of(host) if found.host == tellable(host.name) else f"{COPY}{found.host}",
        tool=__version__,
        now=found.time,
        instances=tuple(
            Surveyed(plug=each.plug, files=each.files, posture=each.posture)
            for each in found.instances
            if not each.claimed
        ),
        findings=found.findings,
        basis=Basis.LIVE if host.reach is Reach.LIVE else Basis.COPIED,
        left_out=(
            *(Advice(text=_not_planned_for(each.instance)) for each in found.left_out),
            *(
                Advice(text=_only_claimed(each.files.instance, each.claimed))
                for each in found.instances
                if each.claimed
            ),
        ),
    )


def _hint(found: Audit) -> str:
    left_out = next((_not_planned_for(each.instance) for each in found.left_out), "")
    return f"{left_out}; see --config" if left_out else "see --config and --root"


def _only_claimed(instance: Instance, claimed: str) -> str:
    """Of what anybody can name to us nothing is edited, unless who is asked for the plan names it as well."""
    config = tellable(instance.config)
    told = f"nothing says that {instance.product} runs on {config} but {claimed}, which anybody can start"
    return f"{told}, and nothing is planned for it: --config {instance.product}={config}"


def _not_planned_for(instance: Instance) -> str:
    """Without the process that runs it: the same files give the same plan."""
    config = tellable(instance.config)
    return f"{instance.product} on {config} was not read, and nothing is planned for it: tightlip audit says why"
