"""What goes down to an engine process and comes back up: settings, work items, deliveries."""

from msgspec import Struct

from tightlip.assess.scope import Span
from tightlip.model.endpoint import Security
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth, Intent
from tightlip.network.proxy_header import Opening
from tightlip.talk.probes import Subject
from tightlip.talk.session import Transcripts

UNKNOWN = "unknown"
# Stands among ports that are sent a PROXY header for every port of every address.
EVERYWHERE = ("", 0)


class EngineSettings(Struct, frozen=True, gc=False):
    """How one engine process is to behave; limits of 0 mean none, times are seconds, rates per second.

    ``depth`` is that of every state; without it those are asked thoroughly of which the store knows open findings.
    ``repeats`` is how often a state that is asked thoroughly is asked in all. ``throttled`` are addresses that turned
    us away before this run was cut off, each with what of our patience that took (``patience_spent``); ``greeted`` are
    states that had greeted us by then. ``proxied`` are the addresses and ports that are sent a PROXY header.
    ``retry_delay`` passes before a server is asked again that had no time for us, ``redial_delay`` before a port is
    dialled again that refused the connection.
    """

    allowed: tuple[Span, ...]
    own_addresses: tuple[str, ...] = ()
    source: str | None = None
    ehlo_name: str | None = None
    concurrency: int = 500
    rate: float = 500.0
    per_host: int = 2
    per_net: int = 64
    per_host_rate: float = 1.0
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    conversation_timeout: float = 60.0
    retry_delay: float = 5.0
    redial_delay: float = 5.0
    transcripts: Transcripts = Transcripts.KEPT
    subjects: tuple[Subject, ...] = (Subject.NTLM,)
    depth: Depth = Depth.POLITE
    repeats: int = 3
    throttled: dict[str, int] = {}
    greeted: "tuple[WorkItem, ...]" = ()
    proxied: frozenset[tuple[str, int]] = frozenset()


class WorkItem(Struct, frozen=True, gc=False, array_like=True):
    """One endpoint at one address; ``protocol`` is ``unknown`` where the greeting has to tell."""

    ticket: int
    host: str
    address: str
    port: int
    protocol: str
    security: Security
    intent: Intent
    depth: Depth = Depth.POLITE


class Outcome(Struct, frozen=True, gc=False, array_like=True):
    """One observation with its verdict, under the ticket it was asked for."""

    ticket: int
    assessed: Assessed


def ports_for(opening: Opening) -> frozenset[tuple[str, int]]:
    """The ports to send a PROXY header to, where every connection of a run begins alike."""
    return frozenset({EVERYWHERE}) if opening is Opening.HEADER else frozenset()


class Delivery(Struct, frozen=True, gc=False, array_like=True):
    """Outcomes in the order they ended, and the tickets that are done with (several outcomes may share one)."""

    outcomes: list[Outcome]
    done: list[int]
