"""A run: one carrying-out of a command that asks, and the summary it closes with."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tightlip.model.errors import Exit


class Unasked(StrEnum):
    """Why a target was not asked."""

    OUT_OF_SCOPE = "out_of_scope"
    EXCLUDED = "excluded"
    NEVER_DIALLED = "never_dialled"
    SCOPE_ENDED = "scope_ended"
    UNRESOLVED = "unresolved"
    UNREADABLE = "unreadable"
    INTERRUPTED = "interrupted"
    NO_CONFIGURATION = "no_configuration"


# What stands for targets that are not named: those after an interruption, and those beyond what is listed.
THE_REST = "the rest"
AND_MORE = "and more"


class NotAsked(Struct, frozen=True):
    """One target, or range of targets, that was not asked, why, and how many addresses it stands for."""

    target: str
    why: Unasked
    count: int = 1
    detail: str = ""


class Authority(Struct, frozen=True):
    """The scope entry that addresses were dialled under; ``until`` is None only for built-in ones (loopback)."""

    network: str
    by: str
    until: datetime | None = None
    note: str = ""


class Run(Struct, frozen=True):
    """What a run was: who wrote it, what it was told, when. Times are UTC; ``source`` is ``auto`` or an address.

    ``seed`` reproduces the order in which a scan asked; an audit has none. ``is_resumable``: a scan can go on with it
    where it is cut off.
    """

    id: str
    version: str
    started: datetime
    targets: tuple[str, ...]
    seed: str
    source: str = "auto"
    ended: datetime | None = None
    scope: tuple[Authority, ...] = ()
    is_resumable: bool = True


class Summary(Struct, frozen=True):
    """The closing count of a run; ``why`` says in one line what the exit code follows from."""

    run: Run
    targets: int
    endpoints: int
    verdicts: dict[str, int]
    findings: dict[str, int]
    exit: Exit
    why: str
    not_asked: tuple[NotAsked, ...] = ()
    faults: int = 0
