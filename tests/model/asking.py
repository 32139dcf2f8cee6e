"""A visit of tightlip's to a server in memory, driven as the engine drives it."""

from collections import deque

from tests.model.connection import Act
from tests.model.manners import SITE
from tests.model.server import Server
from tightlip.model.endpoint import Security
from tightlip.model.facts import TlsState
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth, Ending, Intent
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Verdict
from tightlip.network.messages import WorkItem
from tightlip.network.panel import Panel
from tightlip.network.tls import sni_of
from tightlip.network.visit import Visit
from tightlip.registry import gather
from tightlip.talk.framing import TooLongError
from tightlip.talk.protocol import Protocol
from tightlip.talk.session import OverlongError, Session, Transcripts

ADDRESS = "192.0.2.1"
_LOCAL = "192.0.2.2"
_REPEATS = 3
# As many as a thorough visit may make: of a state asked path by path, beyond a limit of errors, to three machines that
# list differently, after a "not now".
CONNECTIONS_LIMIT = (8 + 10) + 2 + 2 * 3 + 1

_PROTOCOLS = gather("protocols", Protocol)


def ask(server: Server, depth: Depth, transcripts: Transcripts = Transcripts.DROPPED) -> Assessed:
    """What tightlip says of the server."""
    manners = server.manners
    item = WorkItem(1, SITE, ADDRESS, 1, manners.protocol, manners.security, Intent.NAMED, depth)
    protocol = _PROTOCOLS[manners.protocol]
    tls = TlsState("TLSv1.3", "none", subject_names=manners.names)

    def visit(name: str | None) -> Visit:
        return Visit(item, protocol, _LOCAL, server_name=name, transcripts=transcripts)

    if depth is Depth.POLITE:
        return _visited(visit(sni_of(item.host, item.address)), server, tls)
    panel = Panel(item, _REPEATS, visit)
    further = [panel.first()]
    while further:
        assessed = _visited(further.pop(0), server, tls)
        if assessed.assessment.verdict is Verdict.DISCLOSES:
            return assessed  # nothing is worse: the visits that would follow cannot change it
        further += panel.conclude(assessed)
    return panel.assessed()


def _visited(visit: Visit, server: Server, tls: TlsState) -> Assessed:
    waits = False
    while visit.goes_on or waits:
        visit.connections += 1
        assert visit.connections <= CONNECTIONS_LIMIT, "no end of connections"
        waits = _visit_once(visit, server, tls)
    return visit.observation()


def _visit_once(visit: Visit, server: Server, tls: TlsState) -> bool:
    manners = server.manners
    name = None if manners.security is Security.PLAIN else visit.server_name
    connection = server.connect(name)
    if connection is None:
        return visit.absorb(None, Ending.CONNECTION_REFUSED, "ECONNREFUSED")
    session = visit.open_session(lambda: _LOCAL)
    if manners.security is Security.IMPLICIT:
        session.note_tls(tls)
    session.begin()
    acts = deque(connection.begin())
    while True:
        ending = None
        if session.is_over:
            ending = Ending.COMPLETED
        elif acts:
            ending = _act(session, acts.popleft())
            if ending is None and session.wants_tls and not acts:
                ending = Ending.TLS_FAILED
            if ending is Ending.COMPLETED and session.wants_tls:
                session.tls_is_up(tls)
                acts = deque(connection.tls_is_up())
                ending = None
        elif outgoing := session.take_outgoing():
            acts.extend(connection.receive(outgoing))
        else:
            if session.leaving and not session.awaits_close:
                session.facts.append(Oddity(OddityName.OUT_OF_STEP, "no answer to the goodbye"))
            ending = _ended(session, Ending.TIMED_OUT)
        if ending is not None:
            session.close()
            return visit.absorb(session, ending, None)


def _act(session: Session, act: bytes | Act) -> Ending | None:
    """Let the session hear of it; how the connection ended, if it did; COMPLETED where TLS comes up."""
    match act:
        case bytes():
            try:
                session.receive(act)
            except (TooLongError, OverlongError):
                return Ending.TOO_LONG
            return None
        case Act.CLOSE:
            return _ended(session, Ending.CLOSED_EARLY if session.spoken_to else Ending.THROTTLED)
        case _:
            return Ending.COMPLETED if session.wants_tls else Ending.CLOSED_EARLY


def _ended(session: Session, ending: Ending) -> Ending:
    return Ending.COMPLETED if session.leaving else ending
