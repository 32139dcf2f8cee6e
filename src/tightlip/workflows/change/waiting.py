"""Waits for a change's time to confirm to be over: what the timer's process does."""

import time

from tightlip.config.changes import ChangeFolder
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import is_in_progress
from tightlip.workflows.change.driving import Site, story_of
from tightlip.workflows.changing import undo_overdue

_LOOK_AGAIN = 1.0
# Whoever holds the lock then is carrying this very change out, and looks at the clock himself.
_PATIENCE = 3600.0


def wait_and_undo(folder: ChangeFolder, site: Site, look_again: float = _LOOK_AGAIN) -> Story:
    """Wait until a change is overdue, and undo it; return early when it comes to an end before."""
    while True:
        story = story_of(folder)
        if not is_in_progress(story.state) or story.opening.due is None:
            return story
        left = (story.opening.due - site.ground.now()).total_seconds()
        if left <= 0:
            return undo_overdue(folder, site, _PATIENCE)
        time.sleep(min(look_again, left))
