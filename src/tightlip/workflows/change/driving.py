"""Drives a change along its table: a transition is journalled, then its instructions are carried out, then the next."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import msgspec

from tightlip.config.changes import JOURNAL, PLAN, ChangeFolder, Shelf
from tightlip.model.errors import DiskFull, Exit, TightlipError, is_full
from tightlip.remediate import journal
from tightlip.remediate._instructions import Instruction, instructions
from tightlip.remediate.journal import Record, Story
from tightlip.remediate.lifecycle import ENDS, RESTING, TABLE, Act, Event, State, step
from tightlip.remediate.plan import Plan, decode
from tightlip.workflows.change.ground import Gate, Ground
from tightlip.workflows.change.steps import carry_out
from tightlip.workflows.change.work import Trouble, Work, failed
from tightlip.workflows.interruption import Interruption, interruptible

INTERRUPTED = "interrupted"
_LAST = frozenset({State.WITHDRAWING, State.REFUSED, State.STUCK})

Perform = Callable[[Instruction, Work, Story], Trouble | None]


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where changes are made: the host, what decides, where they are written down, who is told how it goes.

    ``perform`` carries one instruction out; tests put themselves in between.
    """

    ground: Ground
    gate: Gate
    shelf: Shelf
    tell: Callable[[str], object]
    perform: Perform = carry_out


def story_of(folder: ChangeFolder) -> Story:
    """A change's journal; TightlipError where it is damaged."""
    content = folder.read(JOURNAL)
    story = journal.read(content, str(folder.path / JOURNAL)) if content is not None else None
    if story is None:
        raise TightlipError(f"{folder.path} holds no journal", "it is no change of tightlip's", Exit.REFUSED)
    return story


def plan_of(folder: ChangeFolder) -> Plan:
    """A change's plan."""
    content = folder.read(PLAN)
    if content is None:
        raise TightlipError(f"{folder.path / PLAN} is missing", "", Exit.REFUSED)
    return decode(content, str(folder.path / PLAN))


def work_on(site: Site, folder: ChangeFolder, doubt: Callable[[str], object]) -> Work:
    """All that the instructions of a change need; ``doubt`` takes down what they leave unproved."""
    undoes = story_of(folder).opening.undoes
    return Work(
        ground=site.ground,
        folder=folder,
        plan=plan_of(folder),
        product=site.gate.product,
        tell=site.tell,
        doubt=doubt,
        # Gone, it is missed by a rollback that has not backed up yet, and by no other.
        source=next((each for each in site.shelf.folders() if each.id == undoes), None),
    )


def drive(site: Site, folder: ChangeFolder, event: Event, why: str | None = None, by: str | None = None) -> Story:
    """Take a change from where it stands, through ``event``, as far as it goes by itself.

    What we did wrong on the way counts as a failure, so that the files are put back, and is raised in the end.
    """
    with _steady() as interruption:
        return _Driver(site, folder, interruption).run(event, why, by)


class _Driver:
    """One change on its way."""

    def __init__(self, site: Site, folder: ChangeFolder, interruption: Interruption) -> None:
        self._site = site
        self._unproved: list[str] = []
        self._work = work_on(site, folder, self._unproved.append)
        self._interruption = interruption
        self._fault: Exception | None = None
        self._story = story_of(folder)
        folder.cut_journal(self._story.whole)

    def run(self, event: Event | None, why: str | None, by: str | None) -> Story:
        trouble = None
        while event is not None:
            acts = self._write_down(event, trouble, why, by)
            self._unproved.clear()
            trouble = self._act(acts)
            event, why, by = self._next(trouble), None, None
        if self._fault is not None:
            raise self._fault
        return self._story

    def _write_down(self, event: Event, trouble: Trouble | None, why: str | None, by: str | None) -> tuple[Act, ...]:
        following = step(self._story.state, event)
        record = Record(
            at=self._site.ground.now(),
            event=event,
            state=following.state,
            by=by,
            detail=trouble.detail if trouble else why,
            file=trouble.file if trouble else None,
            unproved="; ".join(self._unproved) or None if trouble is None else None,
        )
        self._work.folder.append(journal.line(record))
        self._story = msgspec.structs.replace(self._story, records=(*self._story.records, record))
        self._tell(record, trouble)
        return following.acts

    def _tell(self, record: Record, trouble: Trouble | None) -> None:
        if trouble is not None:
            # Where it ends there whoever called tells why.
            detail = () if record.state in _LAST else (trouble.detail,)
            for words in (*detail, *(f"  {line}" for line in trouble.told)):
                self._site.tell(words)
        self._site.tell(record.words)

    def _act(self, acts: tuple[Act, ...]) -> Trouble | None:
        try:
            for instruction in (each for act in acts for each in instructions(act, self._work.plan)):
                if self._interruption.asked and self._can_stop():
                    return Trouble(event=Event.WITHDRAWN, detail=INTERRUPTED)
                if trouble := self._perform(instruction):
                    return trouble
        except KeyboardInterrupt:  # asked for a second time: even what is waiting is left
            if not self._can_stop():
                raise
            self._interruption.go_another_way()
            return Trouble(event=Event.WITHDRAWN, detail=INTERRUPTED)
        # What follows the proof cannot be stopped: this is the last moment to heed what was asked during it.
        if self._interruption.asked and self._story.state is State.PROVING:
            return Trouble(event=Event.WITHDRAWN, detail=INTERRUPTED)
        return None

    def _perform(self, instruction: Instruction) -> Trouble | None:
        try:
            return self._site.perform(instruction, self._work, self._story)
        except (TightlipError, OSError) as error:
            if _wants_room(error) and self._work.source is not None and self._work.source.give_reserve():
                return self._perform(instruction)
            if isinstance(error, TightlipError):
                return failed(error)
            return Trouble(event=Event.FAILED, detail=f"{type(instruction).__name__}: {error.strerror or error}")
        except Exception as error:  # our fault must not leave a host with half a change
            self._fault = error
            return Trouble(event=Event.FAILED, detail=f"internal error: {type(error).__name__}")

    def _can_stop(self) -> bool:
        """Whether taking the change back would lead anywhere else than on."""
        state = self._story.state
        return TABLE[state].get(Event.WITHDRAWN, state) is not state

    def _next(self, trouble: Trouble | None) -> Event | None:
        state = self._story.state
        if trouble is not None:
            return trouble.event if state not in ENDS else None
        if state in RESTING:
            return None
        if state is State.APPROVED:
            return Event.BEGUN
        if state is State.PROVING and self._story.opening.due is not None:
            ground = self._site.ground
            return Event.OVERDUE if self._story.is_overdue(ground.now(), ground.uptime()) else Event.AWAITED
        return Event.DONE


def _wants_room(error: TightlipError | OSError) -> bool:
    return is_full(error) if isinstance(error, OSError) else isinstance(error, DiskFull)


@contextmanager
def _steady() -> Iterator[Interruption]:
    """Ctrl-C and SIGTERM become a question; a line that hangs up is no reason to leave a host half changed."""
    before = signal.signal(signal.SIGHUP, _go_on)
    try:
        with interruptible() as interruption:
            yield interruption
    finally:
        signal.signal(signal.SIGHUP, before)


def _go_on(_signal: int, _frame: FrameType | None) -> None:
    """Not SIG_IGN, which the programs that we run would inherit."""
