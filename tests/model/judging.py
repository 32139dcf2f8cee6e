"""What became of one server drawn at random: tightlip's verdict held against the truth, and how to see it again."""

from enum import Enum

from msgspec import Struct

from tests.model.asking import ask
from tests.model.drawing import drawn
from tests.model.manners import GSSAPI, NEGOTIATED, NTLM, Forgetting, Form, Manners, Node, Sulk
from tests.model.server import Server, ways
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth
from tightlip.model.verdict import Reason, Verdict
from tightlip.talk.session import Transcripts

# Nothing is asked second where the second refusal ends the connection, or the question that follows it.
_TOO_FEW = 2
_NOTHING_THERE = (Verdict.CLEAN, Verdict.ABSENT)


class Limit(Enum):
    """Why a server of which a challenge can be had may be called clean."""

    CHANGES = "its answer changes from one attempt or connection to the next"
    NAMES = "it answers otherwise under another name"
    MACHINES = "of machines that seem alike one takes another way than NTLM"
    HIDES = "its list hides another way than NTLM by its usual name"
    AT_ONCE = "what it calls unknown is taken with its first message alone"
    ENVELOPE = "an unlisted GSSAPI is taken with its message alone, in the form that is not usual"
    NO_ROOM = "another way than NTLM is taken at the second attempt, and two errors are too many"
    OLDER = "another way than NTLM takes the older message alone"


class Judged(Struct, frozen=True):
    """One server, asked once at one depth; ``ways`` are those to a challenge of the nodes that were met."""

    seed: str
    depth: Depth
    manners: Manners
    assessed: Assessed
    ways: frozenset[tuple[Node, str]]

    @property
    def verdict(self) -> Verdict:
        """What tightlip says."""
        return self.assessed.assessment.verdict

    @property
    def is_false(self) -> bool:
        """Whether nothing is said to be there, and a challenge can be had."""
        return (bool(self.ways) and self.verdict in _NOTHING_THERE) or self.is_unfounded

    @property
    def is_unfounded(self) -> bool:
        """Whether "TLS first" is believed of who shows no STARTTLS: something on the way may have taken it out."""
        waits_for_tls = self.assessed.assessment.reason is Reason.TLS_REQUIRED
        return self.verdict is Verdict.CLEAN and waits_for_tls and not self.manners.shows_tls

    @property
    def limit(self) -> Limit | None:
        """The named limit that explains it, if any does for each of the ways."""
        if self.is_unfounded:
            return None
        limits = [self._limit_of(node, way) for node, way in self.ways]
        return None if None in limits else next(iter(limits), None)

    def _limit_of(self, node: Node, way: str) -> Limit | None:
        manners = self.manners
        if manners.machines_seem_alike and self.depth is Depth.THOROUGH:
            return Limit.MACHINES
        is_measured = way not in NEGOTIATED or manners.sizes_of_all
        if way != NTLM and is_measured and "LONG" in manners.refused_sizes:
            return Limit.OLDER
        has_no_room = manners.error_limit is not None and manners.error_limit <= _TOO_FEW
        if way != NTLM and manners.forgetting is Forgetting.CONNECTION and has_no_room:
            return Limit.NO_ROOM
        if way == GSSAPI and manners.gss_wants_envelope and way not in node.listed and manners.form is Form.AT_ONCE:
            return Limit.ENVELOPE
        return self._limit_of_default_depth() if self.depth is Depth.POLITE else None

    def _limit_of_default_depth(self) -> Limit | None:
        manners = self.manners
        if manners.forgetting is not Forgetting.NEVER or len(manners.nodes) > 1 or manners.sulk is not Sulk.NEVER:
            return Limit.CHANGES
        if any(node.sites for node in manners.nodes):
            return Limit.NAMES
        if manners.form is Form.AT_ONCE:
            return Limit.AT_ONCE
        return Limit.HIDES if manners.hides else None


def judged(seed: str, depth: Depth, transcripts: Transcripts = Transcripts.DROPPED) -> Judged:
    """Ask the server of a seed."""
    manners = drawn(seed)
    server = Server(manners)
    assessed = ask(server, depth, transcripts)
    return Judged(seed, depth, manners, assessed, ways(manners, server.met))


def shown(seed: str, depth: Depth) -> str:
    """All there is to know of a server and its visit, asked again."""
    again = judged(seed, depth, Transcripts.KEPT)
    assessment = again.assessed.assessment
    had = sorted({way for _, way in again.ways}) or "nothing"
    lines = [
        *again.manners.told(),
        f"a challenge can be had by {had}; {depth}: {assessment.verdict}, {assessment.reason}",
    ]
    said = again.assessed.observation.transcript
    return "\n".join([*lines, *(f"{line.speaker}: {line.data.decode('utf-8', 'replace')}" for line in said)])
