"""What goes into the store and what comes out of it, as frozen values."""

from datetime import datetime

from msgspec import Struct

from tightlip.model.finding import Cleared, Finding, FindingState
from tightlip.model.observation import Observation
from tightlip.model.run import Run, Summary
from tightlip.model.verdict import Assessment


class Kept(Struct, frozen=True, gc=False):
    """An observation with its verdict; ``position`` is its target's place in the order of the run."""

    position: int
    observation: Observation
    assessment: Assessment


class Judgement(Struct, frozen=True, gc=False):
    """What the rules say of one host at ``time`` (UTC): flagged, cleared, and of the rest nothing.

    An asking takes a while, and ``time`` is when it began; ``until`` is when it had ended, where that is known.
    """

    host: str
    time: datetime
    flagged: tuple[Finding, ...] = ()
    cleared: tuple[Cleared, ...] = ()
    until: datetime | None = None


class Batch(Struct, frozen=True, gc=False):
    """What is committed at once.

    Every position below ``watermark`` is wholly done; ``tally`` is the workflow's own account (its bytes are
    never looked into) of everything committed up to and with this batch.
    """

    run: str
    observations: list[Kept]
    judgements: list[Judgement]
    watermark: int
    tally: bytes = b""


class ResumePoint(Struct, frozen=True, gc=False):
    """Where an unfinished run stands; ``done`` are position, endpoint text and address at or above the watermark."""

    run: Run
    spec: bytes
    watermark: int
    tally: bytes
    done: frozenset[tuple[int, str, str | None]]


class KeptRun(Struct, frozen=True, gc=False):
    """A run as the store knows it; ``summary`` is None until the run has ended.

    ``judged_by`` is the version of tightlip whose verdicts its observations have.
    """

    run: Run
    summary: Summary | None
    observations: int
    judged_by: str


class KeptEntry(Struct, frozen=True, gc=False):
    """One observation of a run with what the rules said of its endpoint in that run."""

    kept: Kept
    findings: tuple[tuple[Finding, FindingState], ...]


class Acceptance(Struct, frozen=True, gc=False):
    """Somebody's word that a finding may stand until a moment (UTC)."""

    reason: str
    by: str
    until: datetime


class KeptFinding(Struct, frozen=True, gc=False):
    """A finding with its life; evidence is that of the sight in ``run``. Times are UTC."""

    finding: Finding
    host: str
    state: FindingState
    first_seen: datetime
    last_seen: datetime
    fixed_at: datetime | None
    run: str
    acceptance: Acceptance | None


class Forgotten(Struct, frozen=True, gc=False):
    """How much was removed; ``unresumable`` counts runs that lost what ``--resume`` needs.

    ``beside`` are the names that were observed at a forgotten address: their findings went with it. ``named`` counts
    runs that named the host among what they were to ask, or did not ask.
    """

    observations: int = 0
    findings: int = 0
    runs: int = 0
    unresumable: int = 0
    beside: tuple[str, ...] = ()
    named: int = 0
