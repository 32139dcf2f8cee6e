"""An observation: one endpoint at one dialled address, asked once, with all that was learned."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from tightlip.model.endpoint import Endpoint
from tightlip.model.facts import Fact
from tightlip.model.verdict import Reason, Verdict


class Ending(StrEnum):
    """How a conversation ended."""

    COMPLETED = "completed"
    CONNECTION_REFUSED = "connection_refused"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    CLOSED_EARLY = "closed_early"
    TLS_FAILED = "tls_failed"
    TOO_LONG = "too_long"
    THROTTLED = "throttled"
    INTERNAL_ERROR = "internal_error"


class Source(StrEnum):
    """Where an observation comes from."""

    LIVE = "live"
    CAPTURE = "capture"
    LOG = "log"
    IMPORT = "import"


class Intent(StrEnum):
    """Whether the user named this very port, or it was swept up with a bare host or a network."""

    NAMED = "named"
    SWEPT = "swept"


class Depth(StrEnum):
    """How much is asked of a state: politely, what usually settles it; thoroughly, all that could prove it wrong."""

    POLITE = "polite"
    THOROUGH = "thorough"


class Speaker(StrEnum):
    """Who a line of a transcript comes from; NOTE lines are ours (a new connection, TLS came up)."""

    SERVER = "S"
    CLIENT = "C"
    NOTE = "-"


class Line(Struct, frozen=True, gc=False, array_like=True):
    """One piece of a transcript: a line without its terminator, or a counted piece; below TLS, in clear."""

    speaker: Speaker
    data: bytes


class Answered(Struct, frozen=True, gc=False):
    """How often a state that was asked repeatedly gave one verdict."""

    verdict: Verdict
    reason: Reason
    times: int


class Observation(Struct, frozen=True, gc=False, omit_defaults=True):
    """All that one asking of one endpoint taught; ``facts`` in the order they became known.

    ``address`` is the dialled address, None when a name did not resolve. ``time`` is UTC. ``ending`` is that
    of the first connection that settled the matter; ``error`` the cause in the machine's own words (an errno
    name, a TLS alert) or, for ``internal_error``, the traceback. ``answers`` are the verdicts of a state that was asked
    more than once, empty where all were the same. ``server_names`` are the names sent by SNI, none where the target
    was an address. ``was_throttled``: the host had banned or throttled us by then, which closes no finding.
    """

    endpoint: Endpoint
    address: str | None
    time: datetime
    ending: Ending
    facts: tuple[Fact, ...] = ()
    transcript: tuple[Line, ...] = ()
    source: Source = Source.LIVE
    intent: Intent = Intent.NAMED
    source_address: str | None = None
    connections: int = 1
    error: str | None = None
    stopped: str | None = None
    depth: Depth = Depth.POLITE
    answers: tuple[Answered, ...] = ()
    server_names: tuple[str, ...] = ()
    was_throttled: bool = False


def observation_id(run: str, observation: Observation) -> str:
    """The id of what a run observed at one endpoint and address: 16 hex digits, the same whenever it is told again."""
    return sha256(f"{run}\n{observation.endpoint}\n{observation.address}".encode()).hexdigest()[:16]
