"""Whether a plan may be begun on this host, before anything of it is written down."""

from pathlib import Path

import msgspec

from tightlip.config.changes import ChangeFolder
from tightlip.model.errors import Exit, TightlipError
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.remediate.plan import Plan, PlanFile, ProductPlan, ReloadHup, decode, is_as_written, reload_of
from tightlip.workflows.approving import plan_bytes
from tightlip.workflows.change.driving import Site, plan_of
from tightlip.workflows.change.files import is_applied, other_rights
from tightlip.workflows.change.history import damaged, in_progress
from tightlip.workflows.change.work import WITHOUT_LOGIN, earlier, logins

_AGAIN = "make it again: tightlip plan"
_RECOVER = "end it: tightlip recover"
_SET_ASIDE = "see how its files are, then set it aside: tightlip recover --give-up {0}"
_WAYS_ON = {
    State.CONFIRMING: "tightlip confirm {0}, or: tightlip rollback {0}",
    State.STUCK: "see tightlip show {0}, then: tightlip recover",
}


def read_plan(path: Path) -> Plan:
    """A plan from its file; TightlipError where it was edited (exit 6), or is none (exit 2)."""
    content = plan_bytes(path)
    if why := _edited(content):
        raise _refused(f"{path} was edited: {why}", _AGAIN)
    return decode(content, str(path))


def admit(plan: Plan, file: Path, site: Site) -> str | None:
    """Who approved the plan, None where nobody has to; TightlipError (exit 6) where it may not be applied."""
    if plan.host != site.ground.host:
        raise _refused(f"the plan is for {plan.host}, and this is {site.ground.host}", "make one here: tightlip plan")
    if any(product.invocations for product in plan.products):
        raise _refused(
            "the plan holds commands for PowerShell", "render it: tightlip plan --format powershell -o FOLDER"
        )
    refuse_strange(plan, site)
    refuse_missing(plan, site)
    _refuse_stopped(plan, site)
    if unmet := site.gate.recheck(plan):
        told = "; ".join(f"{each.what}: {each.why}" for each in unmet)
        raise _refused(f"preconditions are not met: {told}", "see to them, then apply the plan again")
    if not is_applied(site.ground, plan):
        refuse_unreloaded(plan, site)
    return ", ".join(site.gate.permit(plan, file, site.ground.now())) or None


def refuse_strange(plan: Plan, site: Site) -> None:
    """Nothing is run, and nothing written, for a plan that this tightlip could not have made here."""
    for product in plan.products:
        _refuse_strange_commands(product, site)
    site.gate.vouch(plan)


def refuse_missing(plan: Plan, site: Site) -> None:
    """No change begins that could not be checked or reloaded."""
    for product in plan.products:
        if why := site.ground.lacks(product):
            told = f"{product.product} could not be checked and reloaded: {why}"
            raise _refused(told, "install it, or start it, and try again; nothing was changed")


def refuse_unreloaded(plan: Plan, site: Site) -> None:
    """No change, and no rollback, puts into force what somebody else has edited and not reloaded."""
    if unmet := site.gate.unreloaded(plan):
        told = "; ".join(f"{each.what}: {each.why}" for each in unmet)
        raise _refused(f"preconditions are not met: {told}", "nothing was changed")


def _refuse_stopped(plan: Plan, site: Site) -> None:
    """A server that is told by a signal has to run; what else is stopped does not answer, and is refused for that."""
    for product in plan.products:
        if isinstance(product.reload, ReloadHup) and not site.ground.runs(product.instance):
            told = f"no process runs {product.product} on {product.instance.config}"
            raise _refused(told, "start it, and try again; nothing was changed")


def refuse_useless_login(folder: ChangeFolder, site: Site) -> None:
    """A change is not gone on with, nor taken back, by a login that works nowhere where it worked before the change.

    It may be the password: it would prove nothing about the change, and would be refused again on the way back.
    """
    worked = logins(folder)
    tried = (
        site.ground.try_login(tuple(each for each in earlier(folder) if each.endpoint in worked)) if worked else None
    )
    if tried is not None and not tried.worked:
        told = f"the test login proves nothing now: {'; '.join(tried.failed)}"
        way_on = f"give the right password. {WITHOUT_LOGIN}; to take the change back: tightlip recover --undo"
        raise _refused(told, f"nothing was written; {way_on}")


def refuse_undone(folder: ChangeFolder, story: Story, site: Site) -> None:
    """What somebody has undone by hand, in these files or in others, is not kept as proved.

    What a rollback may demand depends on what answered before it: of one the files alone are looked at.
    """
    plan = plan_of(folder)
    way_on = f"make it so again and confirm, or take it back: tightlip rollback {folder.id}; nothing was changed"
    if not is_applied(site.ground, plan):
        raise TightlipError(f"the files are not as {folder.id} left them", way_on, Exit.REFUSED)
    if found := next(other_rights(site.ground, folder), None):
        told = f"{found[0].path}: its rights are not as {folder.id} left them: {found[1]}"
        raise TightlipError(told, way_on, Exit.REFUSED)
    if story.opening.undoes is None and not site.ground.holds(plan.expectations):
        told = "what was proved no longer holds: the servers do not do as the plan says"
        raise TightlipError(told, way_on, Exit.REFUSED)


def refuse_others(site: Site) -> None:
    """No change begins while another is under way, or could be."""
    for folder, story in in_progress(site.shelf, site.ground.host):
        raise _refused(
            f"the change {folder.id} is still {_told(story.state)}",
            _WAYS_ON.get(story.state, _RECOVER).format(folder.id),
        )
    for each in damaged(site.shelf):
        raise _refused(f"the change {each.folder.id} is damaged: {each.why}", _SET_ASIDE.format(each.folder.id))


def _edited(content: bytes) -> str:
    """By what a plan's file gives itself away; empty where it is as it was written, or no plan: decode() says that."""
    try:
        read = msgspec.json.decode(content, type=PlanFile)
    except (msgspec.DecodeError, RecursionError):
        return ""
    if read.hash != read.plan.hash:
        return "its hash is not that of its content"
    return "" if is_as_written(read.plan, content) else "it is not as tightlip writes it"


def _refuse_strange_commands(planned: ProductPlan, site: Site) -> None:
    """Commands of a plan are run only where the product's own plug gives the same: a plan's hash is no secret."""
    commands = site.gate.product(planned.product).commands(planned.instance)
    if planned.instance.product != planned.product:
        raise _refused(f"the plan for {planned.product} names an instance of {planned.instance.product}", _AGAIN)
    if planned.check != commands.check or planned.reload != reload_of(commands.reload):
        raise _refused(f"the plan's commands for {planned.product} are not those of this tightlip", _AGAIN)


def _told(state: State) -> str:
    return "waiting to be confirmed" if state is State.CONFIRMING else str(state).replace("_", " ")


def _refused(message: str, hint: str) -> TightlipError:
    return TightlipError(message, hint, Exit.REFUSED)
