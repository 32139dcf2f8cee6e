"""Waits for a change's time to confirm to be over: what the timer's process does."""

import time
from collections.abc import Callable

from tightlip.config.changes import ChangeFolder
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State, is_in_progress
from tightlip.workflows.change.driving import Site, story_of
from tightlip.workflows.changing import undo_overdue

_LOOK_AGAIN = 1.0
# Whoever holds the lock then is carrying this very change out, and looks at the clock himself.
_PATIENCE = 3600.0
# What keeps a way back from its end may end by itself: somebody starts the server, a disk has room again.
_TRIES = 10
_BETWEEN = 60.0


def wait_and_undo(folder: ChangeFolder, site: Site, look_again: float = _LOOK_AGAIN) -> Story:
    """Wait until a change is overdue, and undo it; return early when it comes to an end before."""
    while True:
        story = story_of(folder)
        if not is_in_progress(story.state) or story.opening.due is None:
            return story
        left = story.patience(site.ground.now(), site.ground.uptime())
        if left <= 0:
            return undo_overdue(folder, site, _PATIENCE)
        time.sleep(min(look_again, left))


def undo_unattended(
    folder: ChangeFolder, site: Site, report: Callable[[str], object], between: float = _BETWEEN
) -> Story:
    """The same where nobody looks: one that is stuck is reported, and tried again, ten times in all."""
    story = wait_and_undo(folder, site)
    for _ in range(_TRIES - 1):
        if story.state is not State.STUCK:
            break
        report(f"the change {folder.id} was not confirmed, and cannot be undone: {story.why}; see tightlip recover")
        time.sleep(between)
        # Somebody may have ended it meanwhile.
        story = undo_overdue(folder, site, _PATIENCE)
    report(f"the change {folder.id} was not confirmed: it is {story.state}")
    return story
