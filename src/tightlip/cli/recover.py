"""``tightlip recover``: end what a crash, or a lost line, has left of a change."""

import syslog
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from tightlip.cli._changes import NO_SMOKE, Smoke, exit_of, told, told_aside, told_damaged
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import results, say
from tightlip.model.errors import Exit, UsageError
from tightlip.remediate.journal import Story
from tightlip.reports._escape import visible
from tightlip.workflows import changing
from tightlip.workflows.change.driving import Site
from tightlip.workflows.change.history import Damaged, damaged
from tightlip.workflows.change.live import changes_shelf, live_site
from tightlip.workflows.change.waiting import undo_unattended


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class How:
    """In which direction."""

    undo: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Do not go on with a change that was cut off, but put everything back."
    give_up: str | None = None
    "Close this change, which is stuck, or set it aside, where it is damaged, and leave its files as they are."
    overdue: str | None = None
    "Wait until this change's time to confirm is over, and undo it then. This is what the timer runs."


def recover(*, how: How = How(), smoke: Smoke = NO_SMOKE) -> int:
    """End changes that were cut off: an overdue one is undone first, the others go on where they stopped.

    A change whose approval does not hold any more is put back. One that is stuck is tried again. What waits to be
    confirmed goes on waiting. A damaged change is reported and left alone.

    Exit codes: 0 all came to an end, or nothing was left; 1 a change was undone; 4 one is stuck, damaged, or ended
    without a proof; 6 one was refused, or the login of --smoke-user works nowhere.
    """
    if how.give_up and how.overdue:
        raise UsageError("--give-up and --overdue do not go together", "name one change")
    site = live_site(say, smoke.credentials())
    if how.give_up:
        return _given_up(how.give_up, site)
    if how.overdue:
        return _unattended(how.overdue)
    back = "by hand" if how.undo else None
    stories = tuple(story for _, story in changing.recover(site, take_back=back))
    return _ended(stories, damaged(site.shelf))


def _unattended(name: str) -> int:
    """What is said goes into the change's folder too, and what came of it to the system's log."""
    folder = changes_shelf().find(name)

    def tell(line: str) -> None:
        folder.note(line)
        say(line)

    syslog.openlog("tightlip", syslog.LOG_PID, syslog.LOG_DAEMON)
    return _ended((undo_unattended(folder, live_site(tell), _report),), ())


def _report(text: str) -> None:
    syslog.syslog(syslog.LOG_WARNING, visible(text))


def _given_up(name: str, site: Site) -> int:
    outcome = changing.give_up(name, site)
    if isinstance(outcome, Story):
        return _ended((outcome,), ())
    with results(None) as file:
        file.write(told_aside(outcome))
    return Exit.OK


def _ended(stories: tuple[Story, ...], left: tuple[Damaged, ...]) -> int:
    with results(None) as file:
        if not stories and not left:
            file.write("No change is under way.\n")
        file.write("".join((*map(told, stories), *map(told_damaged, left))))
    return max((*map(exit_of, stories), *(Exit.DOUBT for _ in left)), default=Exit.OK)


COMMAND = Command(Stage.MEND, recover)
