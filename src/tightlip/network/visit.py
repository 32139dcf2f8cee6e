"""A visit: all that is done to one endpoint at one address, over as many connections as its questions need."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from tightlip.assess.verdict import assess
from tightlip.model.endpoint import Endpoint
from tightlip.model.facts import Acceptance, Challenge, Fact, PasswordRefused, PasswordWanted, Refusal, Unanswered
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Line, Observation, Speaker
from tightlip.model.oddity import Oddity, OddityName
from tightlip.network.messages import WorkItem
from tightlip.talk.inquiry import next_question, told_to_wait
from tightlip.talk.protocol import Protocol
from tightlip.talk.question import Question, Subject
from tightlip.talk.session import Session, Transcripts

_KEPT_WHILE_WAITING = 8
# Bound once, as in the session: these are looked up for every conversation.
_COMPLETED, _THROTTLED = Ending.COMPLETED, Ending.THROTTLED
_NOT_CONNECTED = (Ending.CONNECTION_REFUSED, Ending.UNREACHABLE)
# What a further connection may add to what the first one taught.
_NEWS = {
    Subject.NTLM: (Acceptance, Challenge, Refusal, Oddity),
    Subject.PASSWORDS: (PasswordWanted, PasswordRefused),
}


class Visit:
    """What has been asked and learned so far; the engine asks ``question`` until it is None.

    ``was_throttled`` says whether the last connection was answered "for now, no".
    """

    __slots__ = (
        "_asked",
        "_ending",
        "_error",
        "_facts",
        "_protocol",
        "_retried",
        "_spoken_to",
        "_subjects",
        "_transcript",
        "_transcripts",
        "connections",
        "item",
        "question",
        "source",
        "started",
        "was_throttled",
    )

    def __init__(
        self,
        item: WorkItem,
        protocol: Protocol,
        first: Question,
        source: str | None,
        transcripts: Transcripts = Transcripts.KEPT,
        subjects: tuple[Subject, ...] = (Subject.NTLM,),
    ) -> None:
        """Begin with the question ``first``; what is asked after it is about ``subjects``."""
        self.item = item
        self.question: Question | None = first
        self.source = source
        self.started = 0.0
        self.connections = 0
        self._protocol = protocol
        self._asked = [first]
        self._facts: list[Fact] = []
        self._transcript: list[Line] = []
        self._transcripts = transcripts
        self._spoken_to = False
        self._ending = _COMPLETED
        self._error: str | None = None
        self._retried = False
        self._subjects = subjects
        self.was_throttled = False

    def open_session(self, local: Callable[[], str]) -> Session:
        """A session for the present question; ``local`` tells the address we speak from, if it is not known yet."""
        assert self.question is not None
        if self.source is None:
            self.source = local()
        if not self.question.ehlo_name:
            self.question = self._asked[-1] = replace(self.question, ehlo_name=address_literal(self.source))
        return Session(self._protocol.dialogue(self.question), self._transcripts)

    @property
    def facts(self) -> Sequence[Fact]:
        """What is known so far."""
        return self._facts

    @property
    def is_mute(self) -> bool:
        """Whether the peer took the connection and said nothing."""
        return self._ending is Ending.TIMED_OUT and not self._spoken_to

    def absorb(self, session: Session | None, ending: Ending, error: str | None) -> bool:
        """Take what a connection brought and choose the next question; True when to wait and ask again.

        A further connection (another door, a second type 1) adds facts but never takes the first one's ending,
        unless it ended by a fault of ours.
        """
        heard: Sequence[Fact] = session.facts if session else ()
        if session:
            self._remember(session)
        if self._retried and ending in _NOT_CONNECTED:
            ending = _THROTTLED  # it spoke to us a moment ago: it is there, and has no time for us
        self.was_throttled = ending is _THROTTLED or told_to_wait(heard)
        if self.was_throttled and not self._retried:
            self._retried = True
            del self._transcript[_KEPT_WHILE_WAITING:]  # many may wait at once
            return True
        if len(self._asked) > 1:
            self._add_answers(heard, ending, error)
        else:
            self._facts += heard
            self._ending, self._error = ending, error
        self._choose_next(ending)
        return False

    def break_off(self, why: str) -> str | None:
        """No more may be asked: ``why`` where nothing was learned, else None and the open door is told of."""
        if len(self._asked) == 1:
            return why
        self._leave_open(why)
        return None

    def observation(self, stopped: str | None = None) -> Assessed:
        """The one observation of this visit, assessed."""
        item = self.item
        observation = Observation(
            Endpoint(item.host, item.port, item.protocol, item.security),
            item.address,
            datetime.fromtimestamp(self.started, UTC),
            self._ending,
            tuple(self._facts),
            tuple(self._transcript),
            intent=item.intent,
            source_address=self.source,
            connections=self.connections,
            error=self._error,
            stopped=stopped,
        )
        return Assessed(observation, assess(observation))

    def note(self, name: OddityName) -> None:
        """Note what is odd about how we ask."""
        self._facts.append(Oddity(name))

    def _choose_next(self, ending: Ending) -> None:
        self.question = None
        if ending is _COMPLETED:
            self.question = next_question(self._protocol, self._facts, self._asked, self._subjects)
            if self.question is not None:
                self._asked.append(self.question)

    def _add_answers(self, heard: Sequence[Fact], ending: Ending, error: str | None) -> None:
        kinds = _NEWS[self._asked[-1].subject]
        self._facts += [fact for fact in heard if isinstance(fact, kinds) and fact not in self._facts]
        if ending is Ending.INTERNAL_ERROR:
            self._ending, self._error = ending, error
        elif not any(isinstance(fact, Challenge | Refusal) for fact in heard):
            self._leave_open(error or ("no answer" if ending is _COMPLETED else ending))

    def _leave_open(self, cause: str) -> None:
        """A door that did not answer is a doubt about NTLM; a question about passwords leaves none."""
        question = self._asked[-1]
        if question.subject is Subject.NTLM:
            self._facts.append(Unanswered(question.door, cause))

    def _remember(self, session: Session) -> None:
        self._spoken_to = self._spoken_to or session.spoken_to
        if self._transcript:
            question = self._asked[-1]
            about = question.door if question.subject is Subject.NTLM else question.subject
            self._transcript.append(Line(Speaker.NOTE, f"connection {self.connections}: {about}".encode()))
        self._transcript += session.transcript


def address_literal(address: str) -> str:
    """The address literal by which EHLO names us (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
