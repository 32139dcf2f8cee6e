"""Rehearsals: tightlip's dialogues speak with a talk's player in memory, over as many connections as they want."""

from collections import deque
from collections.abc import Callable, Iterator

from tightlip.model.endpoint import Security
from tightlip.model.facts import TlsState
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Intent
from tightlip.network.messages import WorkItem
from tightlip.network.visit import Visit
from tightlip.registry import pick
from tightlip.talk.framing import TooLongError
from tightlip.talk.player import Player, Send
from tightlip.talk.protocol import Protocol
from tightlip.talk.script import Close, Pause, Talk, Upgrade
from tightlip.talk.session import OverlongError, Session

LOCAL = "127.0.0.2"
TLS = TlsState(version="TLSv1.3", cipher="none: a rehearsal")
CONNECTIONS_LIMIT = 20

Cut = Callable[[bytes], Iterator[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    """What the server says in one go arrives in one piece."""
    yield data


def one_by_one(data: bytes) -> Iterator[bytes]:
    """Every byte arrives alone."""
    return (data[place : place + 1] for place in range(len(data)))


def rehearse(talk: Talk, security: Security, cut: Cut = whole) -> Assessed:
    """What tightlip says of the server that ``talk`` describes, in this state."""
    item = WorkItem(1, "127.0.0.1", "127.0.0.1", 110, talk.protocol, security, Intent.NAMED)
    protocol = pick("protocols", talk.protocol, Protocol)
    visit = Visit(item, protocol, LOCAL)
    while visit.goes_on:
        visit.connections += 1
        assert visit.connections <= CONNECTIONS_LIMIT
        session = visit.open_session(lambda: LOCAL)
        ending = _converse(session, talk, security, cut)
        session.close()
        visit.absorb(session, ending, None)
    return visit.observation()


def _converse(session: Session, talk: Talk, security: Security, cut: Cut) -> Ending:
    """One connection, to its end."""
    player = Player(talk, security)
    if security is Security.IMPLICIT:
        session.note_tls(TLS)
    session.begin()
    acts = deque(player.begin())
    while not session.is_over:
        if acts:
            act = acts.popleft()
            # Whether bytes travelled with the answer to STARTTLS is for the talk to say, not for the cutting.
            before_tls = bool(acts) and isinstance(acts[0], Upgrade)
        elif outgoing := session.take_outgoing():
            acts += player.receive(outgoing)
            continue
        else:
            return _ended(session, Ending.TIMED_OUT)
        match act:
            case Send(data):
                try:
                    for piece in whole(data) if before_tls else cut(data):
                        session.receive(piece)
                except (TooLongError, OverlongError):
                    return Ending.TOO_LONG
                if session.wants_tls and not before_tls:
                    return Ending.TLS_FAILED
            case Upgrade():
                assert session.wants_tls
                session.tls_is_up(TLS)
                acts = deque(player.tls_is_up())
            case Close():
                return _ended(session, Ending.CLOSED_EARLY if session.spoken_to else Ending.THROTTLED)
            case Pause():
                pass
    return Ending.COMPLETED


def _ended(session: Session, ending: Ending) -> Ending:
    return Ending.COMPLETED if session.leaving else ending
