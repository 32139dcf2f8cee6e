"""A visit: one asking of one endpoint at one address, over as many connections as it needs.

A server that says "not now" is left alone for a while and asked once more, and a port that refuses the connection is
dialled several times where we ask thoroughly; one that says "not you", or does not greet us any more after it refused
us, is not asked again.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from tightlip.assess.verdict import assess
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.facts import Fact, Upgrade
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Line, Observation, Speaker
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Verdict
from tightlip.network.messages import WorkItem
from tightlip.network.round import Round
from tightlip.talk.grounds import told_to_wait
from tightlip.talk.next_probe import Inquiry
from tightlip.talk.probes import Question, Subject, Variation
from tightlip.talk.protocol import Protocol
from tightlip.talk.session import AnswerOrder, Session, Transcripts
from tightlip.talk.told_grounds import told_grounds

_KEPT_WHILE_WAITING = 8
# Bound once, as in the session: these are looked up for every conversation.
_THROTTLED, _COMPLETED = Ending.THROTTLED, Ending.COMPLETED
_REFUSED = Ending.CONNECTION_REFUSED
_NOT_CONNECTED = (Ending.CONNECTION_REFUSED, Ending.UNREACHABLE)
_NOT_GREETED = (*_NOT_CONNECTED, Ending.THROTTLED)
_NTLM_ALONE = (Subject.NTLM,)
_KEPT, _TAGGED, _PLAIN = Transcripts.KEPT, AnswerOrder.TAGGED, Security.PLAIN
# A server that expects no PROXY header takes it for a command. Where answers come in turn that shows by itself; IMAP
# takes its first word for a tag.
_HEADER_ANSWERED = re.compile(rb"^PROXY (?:OK|NO|BAD)\b", re.IGNORECASE | re.MULTILINE)
# Verdicts that rest on refusals.
_ON_GROUNDS = frozenset({Verdict.CLEAN, Verdict.INCONCLUSIVE})


class Visit:
    """What has been asked and learned so far; the engine makes connections as long as ``goes_on``.

    ``server_name`` is the name to send by SNI, None for none. ``sends_header`` says whether each connection begins with
    a PROXY header; ``header`` is that of the last one. ``was_throttled`` says whether the last connection was answered
    "for now, no".
    """

    __slots__ = (
        "_ehlo_name",
        "_is_further",
        "_notes",
        "_protocol",
        "_redials",
        "_retried",
        "_round",
        "_spoken_to",
        "_transcript",
        "_transcripts",
        "connections",
        "header",
        "item",
        "sends_header",
        "server_name",
        "source",
        "started",
        "was_throttled",
    )

    def __init__(
        self,
        item: WorkItem,
        protocol: Protocol,
        source: str | None,
        ehlo_name: str = "",
        *,
        server_name: str | None = None,
        transcripts: Transcripts = Transcripts.KEPT,
        subjects: tuple[Subject, ...] = _NTLM_ALONE,
        dials: int = 1,
    ) -> None:
        """Ask for ``item``; without ``ehlo_name`` EHLO says our address."""
        self.item = item
        self.source = source
        self.server_name = server_name
        self.sends_header = False
        self.header = b""
        self.started = 0.0
        self.connections = 0
        self._is_further = False
        self.was_throttled = False
        self._protocol = protocol
        self._ehlo_name = ehlo_name
        self._transcripts = transcripts
        self._notes: list[Fact] = []
        self._transcript: list[Line] = []
        self._spoken_to = False
        self._retried = False
        self._redials = dials - 1
        self._round = Round(Inquiry(protocol, item.security, item.depth, subjects))

    def follow(self, variation: Variation) -> None:
        """Another visit to this state had an answer: who does not greet us now has had enough of us."""
        self._is_further = True
        self._round.inquiry.vary(variation)

    def open_session(self, local: Callable[[], str]) -> Session:
        """A session for the next connection; ``local`` tells the address we speak from, if it is not known yet."""
        if self.source is None:
            self.source = local()
        protocol, inquiry = self._protocol, self._round.inquiry
        tag = f"t{os.urandom(3).hex()}" if protocol.answers is _TAGGED else "t"
        question = Question(self.item.security, inquiry, self._ehlo_name or address_literal(self.source), tag)
        session = Session(protocol.dialogue(question), self._transcripts, protocol.answers)
        inquiry.connect(session.facts)
        return session

    @property
    def goes_on(self) -> bool:
        """Whether another connection is wanted."""
        return self._round.goes_on

    @property
    def facts(self) -> Sequence[Fact]:
        """What is known so far."""
        return self._round.facts

    @property
    def is_banned(self) -> bool:
        """Whether the host does not want us."""
        return self._round.is_banned

    @property
    def is_mute(self) -> bool:
        """Whether the peer took the connection and said nothing."""
        return self._round.ending is Ending.TIMED_OUT and not self._spoken_to

    def absorb(self, session: Session | None, ending: Ending, error: str | None) -> bool:
        """Take what a connection brought and choose what is next; True when to wait and ask again."""
        heard: Sequence[Fact] = session.facts if session else ()
        if session:
            if self.sends_header:
                self._note_header(session)
            self._remember(session)
        this = self._round
        if ending is _COMPLETED and this.inquiry.is_settled:  # most of a sweep: nothing below can be so
            self.was_throttled = False
            this.take(session, ending, error)
            return False
        if self._retried and not this.facts and ending in _NOT_CONNECTED:
            ending = _THROTTLED  # it spoke to us a moment ago: it is there, and has no time for us
        self.was_throttled = ending is _THROTTLED or (told_to_wait(heard) and not this.note_hidden_challenge(session))
        if ending is _REFUSED and not this.facts and self._redials:
            self._redials -= 1  # a service that is restarted right now is not gone, nor are all nodes of a pool
            this.inquiry.forget()
            return True
        if self.was_throttled and not self._retried:
            self._retried = True
            # All that was said may be another node's, but for this: there is TLS here.
            self._notes += (fact for fact in heard if type(fact) is Upgrade and (fact.offered or fact.accepted))
            if not this.facts:
                del self._transcript[_KEPT_WHILE_WAITING:]  # many may wait at once
            this.inquiry.forget()
            return True
        if self._is_further and not this.facts and ending in _NOT_GREETED:
            this.be_banned()
        else:
            this.take(session, ending, error)
        return False

    def break_off(self, why: str) -> str | None:
        """No more may be asked: ``why`` where nothing was learned, else None, and the doubt is told of."""
        if not self.connections:
            return why
        self._round.break_off(why)
        return None

    def observation(self, stopped: str | None = None) -> Assessed:
        """The one observation of this visit, assessed."""
        item, this = self.item, self._round
        observation = Observation(
            Endpoint(item.host, item.port, item.protocol, item.security),
            item.address,
            datetime.fromtimestamp(self.started, UTC),
            this.ending,
            (*self._notes, *this.facts),
            tuple(self._transcript),
            intent=item.intent,
            source_address=self.source,
            connections=self.connections,
            error=this.error,
            stopped=stopped,
            depth=item.depth,
            server_names=(self.server_name,) if self.server_name and self._sent_a_name() else (),
        )
        assessment = assess(observation)
        if self._transcripts is _KEPT and assessment.verdict in _ON_GROUNDS:
            observation = replace(observation, transcript=(*observation.transcript, *noted_grounds(observation)))
        return Assessed(observation, assessment)

    def note(self, name: OddityName) -> None:
        """Note what is odd about how we ask."""
        self._notes.append(Oddity(name))

    def _sent_a_name(self) -> bool:
        return self._spoken_to and self.item.security is not _PLAIN

    def _note_header(self, session: Session) -> None:
        """Note the PROXY header with which a connection began, and whether it was taken for a command."""
        if self._transcripts is _KEPT:
            session.transcript.insert(0, Line(Speaker.NOTE, self.header.rstrip()))
        if _HEADER_ANSWERED.search(b"".join(session.heard)):
            session.facts.append(Oddity(OddityName.OUT_OF_STEP, "the PROXY header was taken for a command"))

    def _remember(self, session: Session) -> None:
        self._spoken_to = self._spoken_to or session.spoken_to
        if self._transcript:
            self._transcript.append(Line(Speaker.NOTE, f"connection {self.connections}".encode()))
        self._transcript += session.transcript


def noted_grounds(observation: Observation) -> Iterator[Line]:
    """What each refusal proves, to stand at the end of the transcript that it stands in."""
    for ground in told_grounds(observation.endpoint.protocol, observation.endpoint.security, observation.facts):
        told = f"{ground.refusal.mechanism} by {ground.refusal.via}: {ground.refusal.standing}, {ground.reason}"
        yield Line(Speaker.NOTE, told.replace("_", " ").encode())


def address_literal(address: str) -> str:
    """The address literal by which EHLO names us (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
