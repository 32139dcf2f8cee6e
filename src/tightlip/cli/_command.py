"""What a command plug describes: what it runs, and at which stage of the life cycle it stands in the help."""

from collections.abc import Callable, Mapping
from enum import Enum

from msgspec import Struct


class Stage(Enum):
    """The stages of the whole way, in the order of the help."""

    FIND = "Find"
    PROVE = "Prove"
    MEND = "Mend"
    KEEP = "Keep"
    PRESENT = "Present"


class Command(Struct, frozen=True):
    """One command. ``run`` takes its arguments and gives the exit code; a group of verbs has ``verbs`` instead."""

    stage: Stage
    run: Callable[..., int] | None = None
    verbs: Mapping[str, Callable[..., int]] = {}
