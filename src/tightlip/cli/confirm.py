"""``tightlip confirm``: keep a change that would otherwise undo itself."""

from tightlip.cli._changes import exit_of, told
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import results, say
from tightlip.workflows import changing
from tightlip.workflows.change.live import live_site


def confirm(change: str, /) -> int:
    """Keep a change that was applied with --confirm. Too late, it is undone instead.

    CHANGE is its id, or a beginning that no other shares.

    Exit codes: 0 it is kept; 1 it was too late, and is undone; 4 it is stuck; 6 it does not wait.
    """
    story = changing.confirm(change, live_site(say))
    with results(None) as file:
        file.write(told(story))
    return exit_of(story)


COMMAND = Command(Stage.MEND, confirm)
