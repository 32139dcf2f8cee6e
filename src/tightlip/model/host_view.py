"""A host view: all that is known of one host, which is what rules judge."""

from msgspec import Struct

from tightlip.model.observation import Observation
from tightlip.model.verdict import Assessment


class Assessed(Struct, frozen=True, omit_defaults=True):
    """An observation together with what it amounts to; ``id`` is observation_id() once a run has taken it in."""

    observation: Observation
    assessment: Assessment
    id: str = ""


class HostView(Struct, frozen=True):
    """One host's observations with their verdicts."""

    assessed: tuple[Assessed, ...]
