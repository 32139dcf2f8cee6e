"""What became of one server drawn at random: tightlip's verdict held against the truth, and how to see it again."""

from enum import Enum

from msgspec import Struct

from tests.model.asking import ask
from tests.model.manners import Forgetting, Manners, drawn
from tests.model.server import Server
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth
from tightlip.model.verdict import Verdict
from tightlip.talk.session import Transcripts

_NOTHING_THERE = (Verdict.CLEAN, Verdict.ABSENT)


class Limit(Enum):
    """Why a server of which a challenge can be had may be called clean at default depth."""

    CHANGES = "its answer changes from one attempt or connection to the next"
    NAMES = "it answers otherwise under another name"
    MACHINES = "of machines that seem alike one takes another way than NTLM"
    HIDES = "its list hides another way than NTLM by its usual name"


class Judged(Struct, frozen=True):
    """One server, asked once at one depth."""

    seed: str
    depth: Depth
    manners: Manners
    assessed: Assessed
    gives_challenges: bool

    @property
    def verdict(self) -> Verdict:
        """What tightlip says."""
        return self.assessed.assessment.verdict

    @property
    def is_false(self) -> bool:
        """Whether nothing is said to be there, and a challenge can be had."""
        return self.gives_challenges and self.verdict in _NOTHING_THERE

    @property
    def limit(self) -> Limit | None:
        """The named limit that explains it, if any does; all but one are the default depth's."""
        manners = self.manners
        if self.depth is Depth.THOROUGH:
            return Limit.MACHINES if manners.machines_seem_alike else None
        if manners.forgetting is not Forgetting.NEVER or len(manners.nodes) > 1:
            return Limit.CHANGES
        if any(node.sites for node in manners.nodes):
            return Limit.NAMES
        return Limit.HIDES if manners.hides else None


def judged(seed: str, depth: Depth, transcripts: Transcripts = Transcripts.DROPPED) -> Judged:
    """Ask the server of a seed."""
    manners = drawn(seed)
    server = Server(manners)
    assessed = ask(server, depth, transcripts)
    return Judged(seed, depth, manners, assessed, server.gives_challenges())


def shown(seed: str, depth: Depth) -> str:
    """All there is to know of a server and its visit, asked again."""
    again = judged(seed, depth, Transcripts.KEPT)
    assessment = again.assessed.assessment
    can = "can" if again.gives_challenges else "cannot"
    lines = [*again.manners.told(), f"a challenge {can} be had; {depth}: {assessment.verdict}, {assessment.reason}"]
    said = again.assessed.observation.transcript
    return "\n".join([*lines, *(f"{line.speaker}: {line.data.decode('utf-8', 'replace')}" for line in said)])
