"""Changing a host: apply a plan, confirm it, take it back, roll it back later, recover after a crash."""

from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from tightlip.config.changes import JOURNAL, PLAN, ChangeFolder
from tightlip.files.read import read_once
from tightlip.model.errors import DiskFull, Exit, TightlipError
from tightlip.remediate import journal
from tightlip.remediate.journal import Opening, Story, Uptime
from tightlip.remediate.lifecycle import TABLE, Event, State, is_in_progress
from tightlip.remediate.plan import Plan, encode
from tightlip.workflows.approval_gate import approvals_of
from tightlip.workflows.change.admission import (
    admit,
    refuse_missing,
    refuse_others,
    refuse_strange,
    refuse_undone,
    refuse_unreloaded,
    refuse_useless_login,
)
from tightlip.workflows.change.beforehand import Attempt, trouble_of, try_out
from tightlip.workflows.change.driving import Site, drive, plan_of, story_of
from tightlip.workflows.change.evidence import silence_of
from tightlip.workflows.change.files import guard, is_applied
from tightlip.workflows.change.history import Damaged, damaged, in_progress, read_change, reversal, standing
from tightlip.workflows.identity import is_same_machine

# From these a change goes on to a proof, on either way.
_PROVED = frozenset(
    {
        State.GUARDING,
        State.BACKING_UP,
        State.WRITING,
        State.CHECKING,
        State.RELOADING,
        State.PROVING,
        State.RESTORING,
    }
)


# A recovery that goes on from these has not written anything yet.
_NOTHING_WRITTEN = frozenset({State.APPROVED, State.GUARDING, State.BACKING_UP})


class Order(Struct, frozen=True, kw_only=True):
    """What to apply: a plan, the file it was read from (approvals lie beside it), the time to confirm."""

    plan: Plan
    file: Path
    confirm: timedelta | None = None


class Nothing(Struct, frozen=True):
    """There was nothing to do, and why."""

    why: str


class Ready(Struct, frozen=True):
    """A check came to an end: the plan could be applied now."""


class SetAside(Struct, frozen=True):
    """A damaged change was put out of the way, whole: why, and where it is now."""

    change: str
    why: str
    path: Path


def apply(order: Order, site: Site) -> Story | Nothing:
    """Carry a plan out, to a state in which it rests; TightlipError where it may not even be begun.

    A plan that is applied already changes nothing, and makes no second backup. Where its files are in place and the
    service does not do as they say, it is reloaded, and proved.
    """
    if nothing := _nothing(order.plan, site):
        return nothing
    with site.shelf.held():
        refuse_others(site)
        if nothing := _nothing(order.plan, site):
            return nothing
        _refuse_vain_wait(order, site)
        by = admit(order.plan, order.file, site)
        folder = _create(order.plan, site, order.confirm, approvals=_approvals(order.file))
        return drive(site, folder, Event.PERMITTED, by=by)


def check(order: Order, site: Site) -> Ready | Nothing:
    """Whether a plan could be applied now; TightlipError where not. Nothing is written, no lock either."""
    refuse_others(site)
    if nothing := _nothing(order.plan, site):
        return nothing
    _refuse_vain_wait(order, site)
    admit(order.plan, order.file, site)
    if trouble := guard(site.ground, order.plan):
        raise TightlipError(trouble.detail, "make the plan again: tightlip plan", Exit.REFUSED)
    if why := silence_of(site.ground, order.plan):
        raise TightlipError(why, "nothing was changed", Exit.REFUSED)
    _try_out(order.plan, site)
    return Ready()


def _try_out(plan: Plan, site: Site) -> None:
    """As apply() does before it writes."""
    for number, product in enumerate(plan.products):
        attempt = Attempt(plan=plan, number=number, title=site.gate.product(product.product).title)
        if trouble := trouble_of(try_out(site.ground, attempt), attempt, site.tell):
            raise TightlipError(trouble.detail, "\n".join(trouble.told), Exit.REFUSED)


def rollback(name: str, site: Site, confirm: timedelta | None = None) -> Story:
    """Take a change back: one that was kept by a change of its own, one that waits or is stuck on the spot."""
    with site.shelf.held():
        folder = site.shelf.find(name)
        story = story_of(folder)
        _refuse_strangers(story, site)
        if is_in_progress(story.state):
            _refuse_useless_login(folder, story, Event.WITHDRAWN, site)
            return drive(site, folder, Event.WITHDRAWN, "by hand")
        refuse_others(site)
        if story.state is not State.KEPT:
            raise TightlipError(f"{folder.id} is {story.state}: there is nothing to roll back", "", Exit.REFUSED)
        standing(site.shelf, folder)
        plan = reversal(site.shelf, folder)
        refuse_missing(plan, site)
        refuse_unreloaded(plan, site)
        try:
            back = _create(plan, site, confirm, undoes=folder.id)
        except DiskFull:
            if not folder.give_reserve():
                raise
            site.shelf.sweep()
            back = _create(plan, site, confirm, undoes=folder.id)
        return drive(site, back, Event.PERMITTED, "a way back needs no approval")


def confirm(name: str, site: Site) -> Story:
    """Let a change that waits for it be kept; too late, it is undone instead."""
    with site.shelf.held():
        folder = site.shelf.find(name)
        story = story_of(folder)
        _refuse_strangers(story, site)
        if story.state is State.KEPT:
            return story
        if story.state is not State.CONFIRMING:
            raise TightlipError(f"{folder.id} does not wait to be confirmed: it is {story.state}", "", Exit.REFUSED)
        if not story.is_overdue(site.ground.now(), site.ground.uptime()):
            refuse_undone(folder, story, site)
        if story.is_overdue(site.ground.now(), site.ground.uptime()):
            return drive(site, folder, Event.OVERDUE)
        return drive(site, folder, Event.CONFIRMED, by=site.ground.author().login)


def recover(site: Site, *, take_back: str | None = None) -> tuple[tuple[ChangeFolder, Story], ...]:
    """End what a crash has left: an overdue change first, by undoing it; the others go on, or are taken back.

    ``take_back`` is the reason to take them back instead of going on.
    """
    with site.shelf.held():
        left = in_progress(site.shelf, site.ground.host)
        now, uptime = site.ground.now(), site.ground.uptime()
        ordered = sorted(left, key=lambda each: not each[1].is_overdue(now, uptime))
        return tuple((folder, _recovered(folder, story, site, take_back)) for folder, story in ordered)


def undo_overdue(folder: ChangeFolder, site: Site, patience: float) -> Story:
    """Undo a change whose time to confirm is over; whoever works on it is waited for, ``patience`` seconds."""
    with site.shelf.held(patience):
        story = story_of(folder)
        if not is_in_progress(story.state) or not story.is_overdue(site.ground.now(), site.ground.uptime()):
            return story
        return drive(site, folder, Event.OVERDUE)


def give_up(name: str, site: Site) -> Story | SetAside:
    """Close a change that is stuck, or set a damaged one aside, and leave the files as they are."""
    with site.shelf.held():
        folder = site.shelf.find(name)
        story = read_change(folder)
        if isinstance(story, Damaged):
            site.ground.disarm(folder.id)
            return SetAside(folder.id, story.why, site.shelf.set_aside(folder))
        _refuse_strangers(story, site)
        if story.state is not State.STUCK:
            hint = "see tightlip recover and tightlip rollback"
            raise TightlipError(f"{folder.id} is not stuck: it is {story.state}", hint, Exit.REFUSED)
        return drive(site, folder, Event.ABANDONED, by=site.ground.author().login)


def _nothing(plan: Plan, site: Site) -> Nothing | None:
    if plan.is_empty:
        return Nothing("the plan is empty")
    if plan.host != site.ground.host or in_progress(site.shelf, plan.host) or damaged(site.shelf):
        return None
    if is_applied(site.ground, plan) and site.ground.holds(plan.expectations):
        return Nothing("the plan is applied already")
    return None


def _refuse_vain_wait(order: Order, site: Site) -> None:
    """An undo could not put back what nobody has: what the files were before they took their new form."""
    if order.confirm and is_applied(site.ground, order.plan):
        told = "the files are in their new form already, and only have to be reloaded: an undo has nothing to put back"
        raise TightlipError(told, "apply it without --confirm", Exit.REFUSED)


def _create(
    plan: Plan,
    site: Site,
    confirm: timedelta | None,
    *,
    undoes: str | None = None,
    approvals: dict[str, bytes] | None = None,
) -> ChangeFolder:
    now = site.ground.now()
    name = _free_name(site, f"{now:%Y%m%d-%H%M%S}-{plan.hash[:4]}")
    opening = Opening(
        schema=journal.SCHEMA,
        change=name,
        at=now,
        plan=plan.hash,
        host=plan.host,
        goal=plan.goal,
        author=site.ground.author(),
        due=now + confirm if confirm else None,
        due_uptime=_later(site.ground.uptime(), confirm) if confirm else None,
        undoes=undoes,
    )
    return site.shelf.create(name, {PLAN: encode(plan), JOURNAL: journal.line(opening), **(approvals or {})})


def _later(uptime: Uptime, span: timedelta) -> Uptime:
    return Uptime(boot=uptime.boot, seconds=uptime.seconds + span.total_seconds())


def _free_name(site: Site, name: str) -> str:
    taken = {folder.id for folder in site.shelf.folders()}
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def _approvals(plan_file: Path) -> dict[str, bytes]:
    """What a recovery needs to ask the policy again."""
    try:
        found = read_once(approvals_of(plan_file))
    except OSError:
        return {}
    return {approvals_of(Path(PLAN)).name: found} if isinstance(found, bytes) else {}


def _recovered(folder: ChangeFolder, story: Story, site: Site, take_back: str | None) -> Story:
    event, why, by = _outlook(folder, story, site, take_back)
    if event is Event.RESUMED and story.state in _NOTHING_WRITTEN:
        refuse_unreloaded(plan_of(folder), site)
    _refuse_useless_login(folder, story, event, site)
    return drive(site, folder, event, why, by)


def _refuse_useless_login(folder: ChangeFolder, story: Story, event: Event, site: Site) -> None:
    """Where what comes next ends in a proof."""
    if TABLE[story.state][event] in _PROVED:
        refuse_useless_login(folder, site)


def _outlook(
    folder: ChangeFolder, story: Story, site: Site, take_back: str | None
) -> tuple[Event, str | None, str | None]:
    """By which event a change that was found goes on."""
    now = site.ground.now()
    if story.state is not State.SETTLING and story.is_overdue(now, site.ground.uptime()):
        return Event.OVERDUE, None, None
    if take_back is not None:
        return Event.WITHDRAWN, take_back, site.ground.author().login
    if story.opening.undoes is not None or not _depends_on_permission(story.state):
        return Event.RESUMED, None, site.ground.author().login
    try:
        plan = plan_of(folder)
        refuse_strange(plan, site)
        by = site.gate.permit(plan, folder.path / PLAN, now)
    except TightlipError as error:
        return Event.WITHDRAWN, error.message, None
    return Event.RESUMED, None, ", ".join(by) or None


def _depends_on_permission(state: State) -> bool:
    """Whether to go on means to change more: not while waiting, nor on a way that nobody's wish alters."""
    goes_on = TABLE[state].get(Event.RESUMED) is not TABLE[state].get(Event.WITHDRAWN)
    return goes_on and state is not State.CONFIRMING


def _refuse_strangers(story: Story, site: Site) -> None:
    if not is_same_machine(story.opening.host, site.ground.host):
        raise TightlipError(f"{story.opening.change} was made on another host: {story.opening.host}", "", Exit.REFUSED)
