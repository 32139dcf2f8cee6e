"""A session holds one dialogue: bytes in, bytes out, facts and a transcript kept; it touches no socket.

The driver's part: ``begin()`` once, then ``receive()`` for every piece of bytes, ``tls_is_up()`` after a
handshake, ``close()`` on whatever ended the conversation from outside. After each call ``wants`` says what the
dialogue waits for, and ``take_outgoing()`` gives what is to be sent. Facts are the same however the bytes were
cut, because a dialogue is only ever resumed with whole lines or counted pieces.
"""

from collections.abc import Callable
from enum import Enum, StrEnum

from tightlip.model.facts import Fact, TlsState
from tightlip.model.observation import Line, Speaker
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.framing import Inbox
from tightlip.talk.steps import Dialogue, HearBytes, HearLine, Leave, Note, StartTls

TRANSCRIPT_LIMIT = 16_384
# What a line costs beyond its bytes, so that empty ones are bounded too.
LINE_COST = 32
# An honest conversation is a hundredth of this; facts may hold all that a peer said, twice.
CONVERSATION_LIMIT = 262_144


class Wants(Enum):
    """What the dialogue waits for."""

    BYTES = "bytes"
    TLS = "tls"
    NOTHING = "nothing"


class Transcripts(StrEnum):
    """Whether what was said is written down; where nobody will be shown it, and it is kept nowhere, it need not be."""

    KEPT = "kept"
    DROPPED = "dropped"


class OverlongError(Exception):
    """The whole conversation grew past its limit."""


class Session:
    """One dialogue being held."""

    __slots__ = (
        "_dialogue",
        "_heard",
        "_inbox",
        "_keep",
        "_kept",
        "_outgoing",
        "_waiting",
        "facts",
        "leaving",
        "transcript",
        "wants",
    )

    def __init__(self, dialogue: Dialogue, transcripts: Transcripts = Transcripts.KEPT) -> None:
        """Hold ``dialogue``, which has not begun."""
        self._dialogue = dialogue
        self._keep: Callable[[Speaker, bytes], None] = self._write_down if transcripts is Transcripts.KEPT else _drop
        self._inbox = Inbox()
        self._outgoing = b""
        self._heard = 0
        self._kept = 0
        self._waiting: HearLine | HearBytes | None = None
        self.wants = Wants.BYTES
        self.leaving = False
        self.facts: list[Fact] = []
        self.transcript: list[Line] = []

    @property
    def spoken_to(self) -> bool:
        """Whether the peer has said anything at all."""
        return self._heard > 0

    def begin(self) -> None:
        """Run the dialogue up to the first thing it waits for."""
        self._go_on(None)

    def receive(self, data: bytes) -> None:
        """Take bytes that arrived and run as far as they reach; TooLongError, OverlongError bound them."""
        self._heard += len(data)
        if self._heard > CONVERSATION_LIMIT:
            self._receive_last(data[: CONVERSATION_LIMIT - self._heard])
            return
        self._inbox.put(data)
        waiting = self._waiting
        if waiting is None:
            return
        if isinstance(waiting, HearBytes):
            piece = self._inbox.take(waiting.count)
        else:
            piece = self._inbox.take_line()
        if piece is not None:
            self._keep(Speaker.SERVER, piece)
            self._go_on(piece)

    def tls_is_up(self, state: TlsState) -> None:
        """Note what TLS came to and go on; what waited unencrypted is a fact and is thrown away."""
        self._leave_clear()
        self.note_tls(state)
        self.wants = Wants.BYTES
        self._go_on(b"")

    def note_tls(self, state: TlsState) -> None:
        """Note TLS that was up before the dialogue began."""
        self._keep(Speaker.NOTE, f"{state.version} {state.cipher}".encode())
        self.facts.append(state)

    def take_outgoing(self) -> bytes:
        """What is to be sent now; empty when nothing is."""
        data, self._outgoing = self._outgoing, b""
        return data

    def close(self) -> None:
        """End the dialogue from outside; an unfinished piece is kept in the transcript."""
        self._dialogue.close()
        self._waiting = None
        if self.wants is Wants.TLS:
            self._leave_clear()
        left = self._inbox.drop()
        if left and self.wants is not Wants.NOTHING:
            self._keep(Speaker.SERVER, left)
        if self._inbox.bare_lf:
            self.facts.append(Oddity(OddityName.BARE_LF))
        self.wants = Wants.NOTHING

    def _go_on(self, answer: bytes | None) -> None:
        """Resume the dialogue until it waits for something that is not here yet."""
        # A chain of isinstance, not a match with assert_never: this is the hottest loop there is. It is closed all the
        # same: what is left for the last branch has ``data``, or mypy objects.
        send, keep, take_line = self._dialogue.send, self._keep, self._inbox.take_line
        self._waiting = None
        try:
            step = send(answer)  # type: ignore[arg-type]  # None starts a generator; typeshed cannot say so
            while True:
                if isinstance(step, HearLine):
                    piece = take_line()
                elif isinstance(step, Note):
                    self.facts.append(step.fact)
                    step = send(b"")
                    continue
                elif isinstance(step, HearBytes):
                    piece = self._inbox.take(step.count)
                elif isinstance(step, StartTls):
                    self.wants = Wants.TLS
                    return
                else:
                    self.leaving = isinstance(step, Leave)
                    self._outgoing += step.data
                    keep(Speaker.CLIENT, step.data.rstrip(b"\r\n"))
                    step = send(b"")
                    continue
                if piece is None:
                    self._waiting = step
                    return
                keep(Speaker.SERVER, piece)
                step = send(piece)
        except StopIteration:
            self.wants = Wants.NOTHING

    def _receive_last(self, data: bytes) -> None:
        """What still fits counts, so that the facts are the same however the bytes were cut."""
        self._heard = CONVERSATION_LIMIT - len(data)
        self.receive(data)
        if self.wants is Wants.BYTES:
            self._heard = CONVERSATION_LIMIT
            raise OverlongError

    def _leave_clear(self) -> None:
        """STARTTLS was agreed on: bytes that already came in clear could be injected (RFC 2595 section 2.1)."""
        early = self._inbox.drop()
        if early:
            self.facts.append(Oddity(OddityName.BYTES_BEFORE_TLS, repr(early[:80])))
            self._keep(Speaker.SERVER, early)

    def _write_down(self, speaker: Speaker, data: bytes) -> None:
        before = self._kept
        self._kept = before + len(data) + LINE_COST
        if self._kept <= TRANSCRIPT_LIMIT:
            self.transcript.append(Line(speaker, data))
        elif before <= TRANSCRIPT_LIMIT:
            self.facts.append(Oddity(OddityName.TRANSCRIPT_CUT))


def _drop(_speaker: Speaker, _data: bytes) -> None:
    """Nobody will be shown it."""
