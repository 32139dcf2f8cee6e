"""A host view: all that is known of one host, which is what rules judge."""

from datetime import datetime

from msgspec import Struct

from tightlip.model.observation import Observation
from tightlip.model.posture import Posture
from tightlip.model.verdict import Assessment


class Assessed(Struct, frozen=True, gc=False, omit_defaults=True):
    """An observation together with what it amounts to; ``id`` is observation_id() once a run has taken it in."""

    observation: Observation
    assessment: Assessment
    id: str = ""


class HostView(Struct, frozen=True, gc=False):
    """One host: its observations with their verdicts, and the linked postures of what is configured on it.

    ``host`` is its name as it was targeted, which the subjects of written findings begin with. ``now`` is the moment
    (UTC) that certificate files are judged for; without it they are not judged.
    """

    assessed: tuple[Assessed, ...]
    postures: tuple[Posture, ...] = ()
    host: str = ""
    now: datetime | None = None
