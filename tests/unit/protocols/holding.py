"""Two quiet drivers: a dialogue against answers in order, and a dialogue against a talk's player with bent bytes."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import Fact, TlsState
from tightlip.registry import pick
from tightlip.talk.framing import TooLongError
from tightlip.talk.player import Act, Player, Send
from tightlip.talk.probes import Listed, PathProbe, Probe, Question
from tightlip.talk.protocol import Protocol
from tightlip.talk.script import Pause, Talk, Upgrade
from tightlip.talk.session import OverlongError, Session

TLS = TlsState(version="TLSv1.3", cipher="none: held without a socket")

Cut = Callable[[bytes], Iterator[bytes]]
Bend = Callable[[bytes], bytes]


class Held(Struct):
    """A conversation that was held: the pieces we said, the facts, and the reason it was cut off for, if any."""

    said: list[bytes]
    facts: list[Fact]
    cut_off: type[Exception] | None = None

    def of(self, kind: type[Fact]) -> list[Fact]:
        """The facts of one kind, in order."""
        return [fact for fact in self.facts if isinstance(fact, kind)]


def protocol(name: str) -> Protocol:
    """The plug of this name."""
    return pick("protocols", name, Protocol)


def asking(security: Security = Security.PLAIN, *probes: Probe) -> Question:
    """A question that has these probes put, else NTLM by the usual door, from 192.0.2.7."""
    return Question(security, Listed(*(probes or (PathProbe(),))), "[192.0.2.7]")


def hold(name: str, question: Question, answers: Sequence[bytes]) -> Held:
    """Say each of ``answers`` when the dialogue has said something (the first unasked), then hang up."""
    session = Session(protocol(name).dialogue(question), order=protocol(name).answers)
    if question.security is Security.IMPLICIT:
        session.note_tls(TLS)
    session.begin()
    said: list[bytes] = []
    for answer in answers:
        session.receive(answer)
        if session.wants_tls:
            session.tls_is_up(TLS)
        if outgoing := session.take_outgoing():
            said.append(outgoing)
    session.close()
    return Held(said, session.facts)


def play(talk: Talk, question: Question, cut: Cut, bend: Bend) -> Held:
    """Hold one conversation with the talk's player, its bytes bent and then cut; it ends when neither goes on."""
    session = Session(protocol(talk.protocol).dialogue(question), order=protocol(talk.protocol).answers)
    player = Player(talk, question.security)
    if question.security is Security.IMPLICIT:
        session.note_tls(TLS)
    session.begin()
    held = Held([], session.facts)
    acts = deque(player.begin())
    try:
        while not session.is_over:
            if acts:
                _take(acts, session, player, cut, bend)
            elif outgoing := session.take_outgoing():
                held.said.append(outgoing)
                acts += player.receive(outgoing)
            else:
                break
    except (TooLongError, OverlongError) as error:
        held.cut_off = type(error)
    session.close()
    return held


def _take(acts: deque[Act], session: Session, player: Player, cut: Cut, bend: Bend) -> None:
    match acts.popleft():
        case Send(data):
            # What follows in the same breath belongs to the same bytes.
            while acts and isinstance(following := acts[0], Send):
                data += following.data
                acts.popleft()
            for piece in cut(bend(data)):
                session.receive(piece)
        case Upgrade():
            if session.wants_tls:
                session.tls_is_up(TLS)
            acts.clear()
            acts += player.tls_is_up()
        case Pause():
            pass
        case _:
            acts.clear()
            session.close()
