"""Applies a plan, takes a change back, or undoes one that was cut off, and is killed at a numbered point on the way.

`deadly.py NUMBER apply PLAN`, `deadly.py NUMBER rollback CHANGE`, `deadly.py NUMBER undo REASON`; a point lies before
and after every instruction. With the number -1 it is not killed and prints its points. Run by path inside a server's
namespaces: it imports tightlip and nothing of this package.
"""

import os
import signal
import sys
from pathlib import Path

from msgspec.structs import replace

from tightlip.remediate._instructions import Instruction
from tightlip.remediate.journal import Story
from tightlip.workflows import changing
from tightlip.workflows.change.admission import read_plan
from tightlip.workflows.change.live import live_site
from tightlip.workflows.change.steps import carry_out
from tightlip.workflows.change.work import Trouble, Work


class Points:
    """Counts the points; at the deadly one the process ends."""

    def __init__(self, deadly: int) -> None:
        self._deadly = deadly
        self._passed = 0

    def perform(self, instruction: Instruction, work: Work, story: Story) -> Trouble | None:
        """An instruction, with a point before and one after it."""
        label = f"{story.state}: {type(instruction).__name__}"
        self._point(f"{label}, before")
        trouble = carry_out(instruction, work, story)
        self._point(f"{label}, after")
        return trouble

    def _point(self, label: str) -> None:
        if self._deadly < 0:
            print(label, flush=True)
        elif self._passed == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self._passed += 1


def main(number: str, verb: str, target: str) -> None:
    """Do it."""
    site = replace(live_site(lambda _words: None), perform=Points(int(number)).perform)
    if verb == "apply":
        changing.apply(changing.Order(plan=read_plan(Path(target)), file=Path(target)), site)
    elif verb == "rollback":
        changing.rollback(target, site)
    else:
        changing.recover(site, take_back=target)


if __name__ == "__main__":
    main(*sys.argv[1:])
