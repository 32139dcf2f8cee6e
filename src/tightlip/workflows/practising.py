"""The circle on a practice host: find its leak, plan, apply, prove, take back; nothing of it is kept."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tightlip.config.changes import ChangeFolder, Shelf
from tightlip.config.private import write_owner_only
from tightlip.hosts.local import LocalHost
from tightlip.lab.practice_host import PracticeHost, open_practice_host
from tightlip.lab.practice_talk import PASSWORD, USER
from tightlip.model.errors import Exit, TightlipError
from tightlip.network.credentials import Credentials
from tightlip.remediate.goal import Goal
from tightlip.remediate.journal import Story
from tightlip.remediate.plan import encode
from tightlip.workflows.change.driving import Site
from tightlip.workflows.change.ground import Gate
from tightlip.workflows.change.live import LiveGround, product_named
from tightlip.workflows.change.origin import vouch
from tightlip.workflows.change.recheck import still_unmet, unreloaded_of
from tightlip.workflows.changing import Nothing, Order, apply, rollback
from tightlip.workflows.planning import Planned, PlanOrder, plan_for
from tightlip.workflows.surveying import Wanted

_PRODUCT = "dovecot"
_NAME = "practice"


class Practice:
    """A practice host and what is done to it, by the very workflows that work on real ones."""

    def __init__(self, served: PracticeHost, folder: Path, tell: Callable[[str], object]) -> None:
        """``folder`` takes plans and changes; ``tell`` hears how a change goes."""
        self.config = served.config
        self._host = LocalHost(_NAME, f"{served.commands}{os.pathsep}{os.environ.get('PATH', '')}")
        self._shelf = Shelf(folder / "changes")
        self._plan = folder / "plan.json"
        ground = LiveGround(self._host, self._shelf, Credentials(USER, PASSWORD))
        # No policy of this machine's is asked: the host is gone when the tour ends.
        gate = Gate(
            permit=lambda *_: (),
            vouch=partial(vouch, host=self._host),
            recheck=partial(still_unmet, host=self._host),
            unreloaded=partial(unreloaded_of, host=self._host),
            product=product_named,
        )
        self._site = Site(ground=ground, gate=gate, shelf=self._shelf, tell=tell)

    def plan(self) -> Planned:
        """The plan that withdraws NTLM."""
        wanted = Wanted(products=(_PRODUCT,), configs={_PRODUCT: (str(self.config),)})
        planned = plan_for(self._host, PlanOrder(goal=Goal.WITHDRAW_NTLM, wanted=wanted))
        write_owner_only(self._plan, encode(planned.drawn.plan))
        return planned

    def apply(self, planned: Planned) -> tuple[ChangeFolder, Story]:
        """Carry it out."""
        outcome = apply(Order(plan=planned.drawn.plan, file=self._plan), self._site)
        if isinstance(outcome, Nothing):
            raise TightlipError(f"nothing was changed: {outcome.why}", "", Exit.REFUSED)
        return self._shelf.find(outcome.opening.change), outcome

    def rollback(self, change: ChangeFolder) -> Story:
        """Take it back."""
        return rollback(change.id, self._site)


@contextmanager
def practising(tell: Callable[[str], object]) -> Iterator[Practice]:
    """A practice host of its own, for the length of the block."""
    with TemporaryDirectory(prefix="tour-") as name:
        host, state = Path(name, "host"), Path(name, "state")
        for folder in (host, state):
            folder.mkdir(mode=0o700)
        with open_practice_host(host) as served:
            yield Practice(served, state, tell)
