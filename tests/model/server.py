"""A server in memory: the nodes behind one address, which take connections, and the truth about them."""

from collections.abc import Iterable
from itertools import product
from random import Random

from tests.model.connection import Connection
from tests.model.logins import Memory
from tests.model.manners import (
    NAMES_ALONE,
    NEGOTIATED,
    OTHER_SITE,
    SITE,
    Ban,
    Forgetting,
    Form,
    Manners,
    Node,
    Place,
    Sulk,
)
from tightlip.model.endpoint import Security

# A node, and the name that was sent to it.
Met = tuple[Node, str | None]


class Server:
    """All that is behind the address; ``met`` are the nodes to which a connection was made and under which name."""

    def __init__(self, manners: Manners) -> None:
        """Nobody has come yet."""
        self.manners = manners
        self.met: set[Met] = set()
        self._memory = Memory(manners)
        self._random = Random(manners.seed + " connections")
        self._connections = 0

    def connect(self, server_name: str | None) -> Connection | None:
        """A connection, None where none is taken."""
        manners, nodes = self.manners, self.manners.nodes
        node = nodes[self._connections % len(nodes)] if manners.in_turn else self._random.choice(nodes)
        self._connections += 1
        if self._memory.is_banned and manners.ban is Ban.REFUSES:
            return None
        if not self._memory.is_banned or manners.ban is Ban.AT_LOGIN:
            self.met.add((node, server_name))
        return Connection(self._memory, node, server_name)


def ways(manners: Manners, met: Iterable[Met]) -> frozenset[tuple[Node, str]]:
    """The truth: by which paths the nodes that were met give a challenge in this state, to any client."""
    if manners.forgetting is Forgetting.CONNECTION and (manners.error_limit == 1 or manners.sulk is not Sulk.NEVER):
        return frozenset()  # nobody gets as far as a second AUTH that is taken
    return frozenset(
        (node, way)
        for node, name in met
        if manners.security is not Security.STARTTLS or (node.takes_tls and not manners.tls_is_stopped)
        for way in node.gives(name)
        if _is_liked(manners, way)
    )


def may_give(manners: Manners) -> bool:
    """Whether a challenge can be had of any node, whichever is met, under any name."""
    return bool(ways(manners, product(manners.nodes, (None, SITE, OTHER_SITE))))


def _is_liked(manners: Manners, way: str) -> bool:
    """Whether any first message is, or none is needed."""
    is_named = way in NAMES_ALONE or (manners.wants_initial is None and manners.form is not Form.AT_ONCE)
    if manners.place is Place.PROMPT and is_named:
        return True
    is_concerned = way not in NEGOTIATED or manners.sizes_of_all
    return not (is_concerned and {"SHORT", "LONG"} <= manners.refused_sizes)
