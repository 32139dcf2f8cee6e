"""A session holds one dialogue: bytes in, bytes out, facts and a transcript kept; it touches no socket.

The driver's part: ``begin()`` once, then ``receive()`` for every piece of bytes, ``tls_is_up()`` after a
handshake, ``close()`` on whatever ended the conversation from outside. After each call ``wants_tls`` and ``is_over``
say whether the dialogue waits for anything but bytes, and ``take_outgoing()`` gives what is to be sent. Facts are the
same however the bytes were cut, because a dialogue is only ever resumed with whole lines or counted pieces.

Answers in step. Where a protocol answers its commands in their order and nothing else tells which answer belongs to
which, what has come before a command is said cannot be its answer: it is set aside, and the oddity ``out_of_step``
notes it, unless the command is a ``Mark``. What comes late, in a segment of its own, shows at the end: the goodbye
then gets an answer that is not its own, or one more line follows it (``HEAR_CLOSE``).
"""

from enum import StrEnum

from tightlip.model.facts import Fact, TlsState
from tightlip.model.observation import Line, Speaker
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.framing import Inbox
from tightlip.talk.steps import Dialogue, HearBytes, HearClose, HearLine, HearList, Mark, Note, Say, StartTls, Step

TRANSCRIPT_LIMIT = 16_384
# What a line costs beyond its bytes, so that empty ones are bounded too.
LINE_COST = 32
# An honest conversation is a hundredth of this; facts may hold all that a peer said, twice.
CONVERSATION_LIMIT = 262_144


class AnswerOrder(StrEnum):
    """What tells which answer belongs to which command: their order alone, or a tag of each (IMAP)."""

    IN_TURN = "in_turn"
    TAGGED = "tagged"


class Transcripts(StrEnum):
    """Whether what was said is written down; where nobody will be shown it, and it is kept nowhere, it need not be."""

    KEPT = "kept"
    DROPPED = "dropped"


# Bound once: Python 3.11 takes a tenth of a microsecond to look a member up, and this is done at every line.
_SERVER, _CLIENT, _NOTE = Speaker
_KEPT = Transcripts.KEPT
_IN_TURN = AnswerOrder.IN_TURN


class OverlongError(Exception):
    """The whole conversation grew past its limit."""


class Session:
    """One dialogue being held.

    ``is_over``: it has come to its end, or was closed. ``wants_tls``: it waits for TLS to come up, not for bytes.
    ``leaving``: our goodbye was said; ``awaits_close``: it was answered, and only the end of the connection is left.
    ``heard``: all that the peer said, in the pieces in which it came.
    """

    __slots__ = (
        "_dialogue",
        "_heard",
        "_in_turn",
        "_inbox",
        "_keeps",
        "_kept",
        "_outgoing",
        "_waiting",
        "awaits_close",
        "facts",
        "heard",
        "is_over",
        "leaving",
        "transcript",
        "wants_tls",
    )

    def __init__(
        self,
        dialogue: Dialogue,
        transcripts: Transcripts = Transcripts.KEPT,
        order: AnswerOrder = AnswerOrder.IN_TURN,
    ) -> None:
        """Hold ``dialogue``, which has not begun; ``order`` is that of its protocol's answers."""
        self._dialogue = dialogue
        self._keeps = transcripts is _KEPT
        self._in_turn = order is _IN_TURN
        self._inbox = Inbox()
        self._outgoing = b""
        self._heard = 0
        self._kept = 0
        self._waiting: HearLine | HearList | HearBytes | HearClose | None = None
        self.is_over = False
        self.wants_tls = False
        self.leaving = False
        self.awaits_close = False
        self.heard: list[bytes] = []
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
        self.heard.append(data)
        self._inbox.data += data
        if (waiting := self._waiting) is not None:
            self._go_on(waiting)

    def tls_is_up(self, state: TlsState) -> None:
        """Note what TLS came to and go on; what waited unencrypted is a fact and is thrown away."""
        self._leave_clear()
        self.note_tls(state)
        self.wants_tls = False
        self._go_on(None)

    def note_tls(self, state: TlsState) -> None:
        """Note TLS that was up before the dialogue began."""
        self._write_down(_NOTE, f"{state.version} {state.cipher}".encode())
        self.facts.append(state)

    def take_outgoing(self) -> bytes:
        """What is to be sent now; empty when nothing is."""
        data, self._outgoing = self._outgoing, b""
        return data

    def close(self) -> None:
        """End the dialogue from outside; an unfinished piece is kept in the transcript."""
        self._dialogue.close()
        self._waiting = None
        if self.wants_tls:
            self._leave_clear()
        if not self.is_over:
            self._keep_unfinished()
        if self._inbox.bare_lf:
            self.facts.append(Oddity(OddityName.BARE_LF))
        self.is_over = True
        self.wants_tls = False

    def _go_on(self, step: Step | None) -> None:
        """Take ``step``, None for the next one, and all that follow until one waits for what is not here yet."""
        # The hottest loop there is: a chain of exact types, not a match with assert_never, and not isinstance, which
        # asks the metaclass of a Struct. It is closed all the same: the last branch has ``data``, or mypy objects.
        dialogue, inbox, keeps = self._dialogue, self._inbox, self._keeps
        self._waiting = None
        try:
            if step is None:
                step = next(dialogue)
            while True:
                if type(step) is HearLine:
                    piece = inbox.take_line() if inbox.data else None
                elif type(step) is Say:
                    if inbox.data and self._in_turn:
                        self._set_aside()
                    self._outgoing += step.data
                    if keeps:
                        self._write_down(_CLIENT, step.data.rstrip(b"\r\n"))
                    step = next(dialogue)
                    continue
                elif type(step) is Note:
                    self.facts.append(step.fact)
                    step = next(dialogue)
                    continue
                elif type(step) is HearList:
                    piece = inbox.take_list()
                elif type(step) is HearBytes:
                    piece = inbox.take(step.count)
                elif type(step) is HearClose:
                    self.awaits_close = True
                    piece = inbox.take_line()
                elif type(step) is StartTls:
                    self.wants_tls = True
                    return
                elif type(step) is Mark:
                    self._outgoing += step.data
                    self._write_down(_CLIENT, step.data.rstrip(b"\r\n"))
                    step = next(dialogue)
                    continue
                else:
                    self.leaving = True
                    step = Say(step.data)
                    continue
                if piece is None:
                    self._waiting = step
                    return
                if keeps:
                    self._write_heard(step, piece)
                step = dialogue.send(piece)
        except StopIteration:
            self.is_over = True

    def _receive_last(self, data: bytes) -> None:
        """What still fits counts, so that the facts are the same however the bytes were cut."""
        self._heard = CONVERSATION_LIMIT - len(data)
        self.receive(data)
        if not self.is_over and not self.wants_tls:
            self._heard = CONVERSATION_LIMIT
            raise OverlongError

    def _set_aside(self) -> None:
        """What came before the question was put is not its answer; no list is under way, or we would be listening."""
        early = self._inbox.drop()
        self.facts.append(Oddity(OddityName.OUT_OF_STEP, repr(early[:80])))
        self._write_down(_SERVER, early)

    def _leave_clear(self) -> None:
        """STARTTLS was agreed on: bytes that already came in clear could be injected (RFC 2595 section 2.1)."""
        early = self._inbox.drop()
        if early:
            self.facts.append(Oddity(OddityName.BYTES_BEFORE_TLS, repr(early[:80])))
            self._write_down(_SERVER, early)

    def _keep_unfinished(self) -> None:
        is_list, left = self._inbox.is_in_list, self._inbox.drop()
        if left:
            if self.awaits_close:  # it comes after the answer to our goodbye
                self.facts.append(Oddity(OddityName.OUT_OF_STEP, repr(left[:80])))
            for piece in left.split(b"\r\n") if is_list else (left,):
                self._write_down(_SERVER, piece)

    def _write_heard(self, step: HearLine | HearList | HearBytes | HearClose, piece: bytes) -> None:
        if type(step) is HearList:
            for line in (*piece.split(b"\r\n")[:-1], b"."):
                self._write_down(_SERVER, line)
        else:
            self._write_down(_SERVER, piece)

    def _write_down(self, speaker: Speaker, data: bytes) -> None:
        if not self._keeps:
            return
        before = self._kept
        self._kept = before + len(data) + LINE_COST
        if self._kept <= TRANSCRIPT_LIMIT:
            self.transcript.append(Line(speaker, data))
        elif before <= TRANSCRIPT_LIMIT:
            self.facts.append(Oddity(OddityName.TRANSCRIPT_CUT))
