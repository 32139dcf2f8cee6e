"""``tightlip rollback``: take a change back, and prove that everything is as it was."""

from tightlip.cli._changes import BEFOREHAND, NO_SMOKE, Beforehand, Smoke, exit_of, span, told
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import results, say
from tightlip.model.errors import Exit
from tightlip.remediate.lifecycle import State
from tightlip.workflows import changing
from tightlip.workflows.change.live import live_site


def rollback(
    change: str, /, *, confirm: str | None = None, before: Beforehand = BEFOREHAND, smoke: Smoke = NO_SMOKE
) -> int:
    """Take a change back: files as they were, byte for byte, reloaded, and proved as an apply is.

    CHANGE is its id, or a beginning that no other shares; the newest change on a file goes first. It needs no
    approval. The rollback of a kept change is a change of its own; one that waits to be confirmed is undone at once.

    Exit codes: 0 it is taken back; 1 the rollback itself was undone; 4 it is stuck, or not proved; 6 it was refused.

    Parameters
    ----------
    confirm
        Undo the rollback by itself unless 'tightlip confirm CHANGE' comes within this time: 10m, 2h.
    """
    wait = span(confirm, "--confirm") if confirm else None
    story = changing.rollback(change, live_site(say, smoke.credentials(), trials=before.trials), wait)
    with results(None) as file:
        file.write(told(story))
    taken_back = story.state is State.UNDONE and story.opening.undoes is None and not story.unproved
    return Exit.OK if taken_back else exit_of(story)


COMMAND = Command(Stage.MEND, rollback)
