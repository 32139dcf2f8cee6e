"""``tightlip recover``: end what a crash, or a lost line, has left of a change."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from tightlip.cli._changes import NO_SMOKE, Smoke, exit_of, told
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import results, say
from tightlip.model.errors import Exit, UsageError
from tightlip.remediate.journal import Story
from tightlip.workflows import changing
from tightlip.workflows.change_driving import Site
from tightlip.workflows.change_live import live_site
from tightlip.workflows.change_waiting import wait_and_undo


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class How:
    """In which direction."""

    undo: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Do not go on with a change that was cut off, but put everything back."
    give_up: str | None = None
    "Close this change, which is stuck, and leave its files as they are."
    overdue: str | None = None
    "Wait until this change's time to confirm is over, and undo it then. This is what the timer runs."


def recover(*, how: How = How(), smoke: Smoke = NO_SMOKE) -> int:
    """End changes that were cut off: an overdue one is undone first, the others go on where they stopped.

    A change whose approval does not hold any more is put back. One that is stuck is tried again. What waits to be
    confirmed goes on waiting.

    Exit codes: 0 all came to an end, or nothing was left; 1 a change was undone; 4 one is stuck; 6 one was refused.
    """
    if how.give_up and how.overdue:
        raise UsageError("--give-up and --overdue do not go together", "name one change")
    stories = _stories(how, live_site(say, smoke.credentials()))
    with results(None) as file:
        if not stories:
            file.write("No change is under way.\n")
        file.write("".join(map(told, stories)))
    return max((exit_of(story) for story in stories), default=Exit.OK)


def _stories(how: How, site: Site) -> tuple[Story, ...]:
    if how.overdue:
        return (wait_and_undo(site.shelf.find(how.overdue), site),)
    if how.give_up:
        return (changing.give_up(how.give_up, site),)
    back = "by hand" if how.undo else None
    return tuple(story for _, story in changing.recover(site, take_back=back))


COMMAND = Command(Stage.MEND, recover)
