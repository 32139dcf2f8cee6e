"""``tightlip apply``: carry a plan out, prove it on the wire, or put everything back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, assert_never

from cyclopts import Parameter

from tightlip.cli._changes import BEFOREHAND, NO_DENIED, NO_SMOKE, Beforehand, Denied, Smoke, exit_of, span, told
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import results, say
from tightlip.model.errors import Exit
from tightlip.remediate.journal import Story
from tightlip.reports._escape import visible
from tightlip.workflows import changing
from tightlip.workflows.change.admission import read_plan
from tightlip.workflows.change.live import live_site
from tightlip.workflows.changing import Nothing, Order, Ready


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Way:
    """How it is done."""

    check: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Only say whether the plan could be applied now; nothing at all is written."
    confirm: str | None = None
    "Undo the change by itself unless 'tightlip confirm CHANGE' comes within this time: 10m, 2h."


def apply(
    plan: Path,
    /,
    *,
    way: Way = Way(),
    before: Beforehand = BEFOREHAND,
    smoke: Smoke = NO_SMOKE,
    denied: Denied = NO_DENIED,
) -> int:
    """Carry out a plan: guard, try, back up, write, check, reload, prove; whatever goes wrong, restore and prove again.

    PLAN is a file that 'tightlip plan' made on this host. A plan that is applied already changes nothing.

    Exit codes: 0 the change is kept, waits to be confirmed, or was not needed; 1 it was undone, and the findings
    stand; 4 it is stuck, or undone and not proved, and needs a person; 6 it was refused, and nothing was changed;
    130 interrupted, and undone, or not begun.
    """
    order = Order(plan=read_plan(plan), file=plan, confirm=span(way.confirm, "--confirm") if way.confirm else None)
    site = live_site(say, smoke.credentials(), denied.credentials(), before.trials)
    outcome = changing.check(order, site) if way.check else changing.apply(order, site)
    with results(None) as file:
        file.write(_sentence(outcome))
    return exit_of(outcome) if isinstance(outcome, Story) else Exit.OK


def _sentence(outcome: Story | Nothing | Ready) -> str:
    match outcome:
        case Story():
            return told(outcome)
        case Nothing(why):
            return f"Nothing to do: {visible(why)}.\n"
        case Ready():
            return "The plan can be applied: every file is as planned, and no precondition is against it.\n"
    assert_never(outcome)


COMMAND = Command(Stage.MEND, apply)
