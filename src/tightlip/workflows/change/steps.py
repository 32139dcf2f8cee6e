"""Carries out the instructions of a change, each of them idempotent; what goes wrong comes back as an event."""

from typing import assert_never

import msgspec

from tightlip.model.counting import counted
from tightlip.model.errors import TightlipError
from tightlip.products._product import Absent, Product, Ran
from tightlip.remediate._instructions import (
    Arm,
    BackUp,
    Check,
    Disarm,
    Guard,
    GuardBack,
    Instruction,
    LayReady,
    Prove,
    ProveBack,
    Reload,
    Restore,
    TakeWitness,
    Tidy,
    TryOut,
    TryWritten,
    Write,
)
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import Event, State
from tightlip.remediate.plan import ProductPlan, ReloadCommand
from tightlip.workflows.change.beforehand import Attempt, trouble_of, try_out, try_written
from tightlip.workflows.change.evidence import prove, prove_back, take_witness
from tightlip.workflows.change.files import (
    AS_LEFT,
    AS_PLANNED,
    back_up,
    guard,
    guard_back,
    guard_rights,
    lay_ready,
    restore,
    tidy,
    write,
)
from tightlip.workflows.change.ground import Lives
from tightlip.workflows.change.work import LIVED, Trouble, Work, demanded_back, failed, lived


def carry_out(instruction: Instruction, work: Work, story: Story) -> Trouble | None:
    """Do it; None where it went well."""
    match instruction:
        case Guard():
            expected = AS_LEFT if story.opening.undoes else AS_PLANNED
            return guard(work.ground, work.plan, expected) or guard_rights(work)
        case TryOut(number):
            return _try_out(work, number)
        case BackUp(number):
            return back_up(work, number)
        case LayReady(number):
            return lay_ready(work, number)
        case TakeWitness():
            return take_witness(work, story)
        case Arm():
            _arm(work, story)
            return None
        case Write(number):
            return write(work, number)
        case Check(product, command):
            return _answer(work.ground.run(command), work.product(product))
        case Reload():
            return _reload(work, instruction, story)
        case Prove():
            return prove(work, story)
        case Disarm():
            work.ground.disarm(work.folder.id)
            return None
        case Tidy(number):
            tidy(work, number)
            return None
        case GuardBack():
            return guard_back(work, story.foreign)
        case Restore(number):
            return restore(work, number, story.foreign)
        case TryWritten(number):
            return _try_written(work, number, story)
        case ProveBack():
            return prove_back(work)
    assert_never(instruction)


def _try_out(work: Work, number: int) -> Trouble | None:
    def doubt(words: str) -> None:
        work.tell(words)
        work.doubt(words)

    attempt = _attempt(work, number)
    outcome = try_out(work.ground, attempt)
    if isinstance(outcome, Lives):
        work.folder.write(LIVED, msgspec.json.encode(sorted({*lived(work.folder), number})))
    return trouble_of(outcome, attempt, doubt)


def _try_written(work: Work, number: int, story: Story) -> Trouble | None:
    """Only what could be tried before the change, and where time has passed since.

    What has failed goes back at once: its clients may be without the service.
    """
    leads_back = story.state is State.RESTORING
    is_due = story.was_resumed if not leads_back else _is_to_be_reloaded(story) and not story.has_failed
    if number not in lived(work.folder) or not is_due:
        return None
    if not all(work.ground.runs(each.instance) for each in work.plan.products):
        return None  # who asks a server that is stopped comes up as little in a trial
    expected = demanded_back(work.folder, work.plan) if leads_back else work.plan.expectations
    return try_written(work.ground, _attempt(work, number), expected)


def _attempt(work: Work, number: int) -> Attempt:
    title = work.product(work.plan.products[number].product).title
    return Attempt(plan=work.plan, number=number, title=title, source=work.source)


def _arm(work: Work, story: Story) -> None:
    if story.opening.due is not None:
        work.ground.arm(work.folder.id, story.opening.due)


def _reload(work: Work, reload: Reload, story: Story) -> Trouble | None:
    """Tell a server of its files; on a way back none that does not run."""
    if not _is_to_be_reloaded(story):
        return None
    trouble = _reloaded(work, reload)
    if trouble is None or not _leads_back(story):
        return trouble
    product = work.plan.products[reload.number]
    if work.ground.runs(product.instance):
        return trouble
    work.tell(f"{product.product} does not run, and was not reloaded: {trouble.detail}")
    return None


def _is_to_be_reloaded(story: Story) -> bool:
    """A server that was not told of the new files needs not be told of the old ones."""
    return story.state is not State.RESTORING or story.went_through(State.RELOADING)


def _leads_back(story: Story) -> bool:
    return story.state is State.RESTORING or story.opening.undoes is not None


def _reloaded(work: Work, reload: Reload) -> Trouble | None:
    product = work.plan.products[reload.number]
    if not isinstance(reload.way, ReloadCommand):
        return _hung_up(work, product)
    ran = work.ground.run(reload.way.command)
    if isinstance(ran, Ran) and ran.status == 0:
        return None
    return _answer(ran, work.product(product.product))


def _hung_up(work: Work, product: ProductPlan) -> Trouble | None:
    try:
        work.ground.hup(product.instance)
    except TightlipError as error:
        return failed(error)
    return None


def _answer(ran: Ran | Absent, product: Product) -> Trouble | None:
    """What a command came to; its words are told, and not journalled."""
    if isinstance(ran, Absent):
        return Trouble(event=Event.FAILED, detail=f"a command of {product.title} could not be run: {ran.why}")
    complaints = product.complaints(ran)
    if not complaints and ran.status == 0:
        return None
    said = f"{' '.join(ran.command.argv)} ended with status {ran.status}"
    if complaints:
        said += f" and {counted(len(complaints), 'complaint')}"
    return Trouble(event=Event.FAILED, detail=said, told=complaints or tuple(ran.output.splitlines()[-10:]))
