"""A player holds the server's side of one conversation from a .talk script; it touches no socket.

It reacts rather than recites: a client line is answered by the next exchange whose cue it matches, at or after
the place reached, else by the first such exchange from the start of the section, else by the default reply.
So one script serves clients that ask in another order, or only half of it. Whatever a client sends is bounded
in length and number.
"""

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.talk.framing import Inbox, TooLongError
from tightlip.talk.phrases import Phrase
from tightlip.talk.script import Close, Exchange, Pause, Reaction, Silence, Speak, Talk, Upgrade

LINE_LIMIT = 4_096
LINES_LIMIT = 1_000


class Send(Struct, frozen=True):
    """Send these bytes."""

    data: bytes


Act = Send | Pause | Upgrade | Close
"""What the driver does, in order; after Upgrade it brings TLS up and calls ``tls_is_up``."""


class Player:
    """One connection's server side. Call ``begin`` first: for implicit TLS after the handshake."""

    def __init__(self, talk: Talk, security: Security) -> None:
        """Play ``talk`` to a client that connected in the state ``security`` (plain and starttls begin alike)."""
        self._talk = talk
        self._section = talk.implicit if security is Security.IMPLICIT else talk.clear
        self._position = 0
        self._inbox = Inbox(LINE_LIMIT)
        self._lines = 0
        self._tag = b"*"
        self._deaf = False

    def begin(self) -> list[Act]:
        """The greeting."""
        return self._react(self._section.greeting)

    def receive(self, data: bytes) -> list[Act]:
        """Take what the client sent and say what to do; a client out of bounds is closed on."""
        acts: list[Act] = []
        self._inbox.data += data
        try:
            while not self._deaf and (line := self._inbox.take_line()) is not None:
                self._lines += 1
                acts += self._answer(line) if self._lines <= LINES_LIMIT else self._react((Close(),))
        except TooLongError:
            acts += self._react((Close(),))
        if self._deaf:
            self._inbox.drop()
        return acts

    def tls_is_up(self) -> list[Act]:
        """The handshake asked for by Upgrade is done: go on in the section for TLS."""
        self._inbox.drop()
        self._deaf = False
        self._section = self._talk.tls
        self._position = 0
        return self._react(self._section.greeting)

    def _answer(self, line: bytes) -> list[Act]:
        exchanges = self._section.exchanges
        order = [*range(self._position, len(exchanges)), *range(self._position)]
        for place in order:
            if self._is_cue(exchanges[place], line):
                self._position = place + 1
                return self._react(exchanges[place].reactions)
        if self._talk.default is None:
            return []
        self._tag = line.partition(b" ")[0][:64]
        return [self._say(self._talk.default)]

    def _is_cue(self, exchange: Exchange, line: bytes) -> bool:
        found = exchange.cue.match(line)
        if found is not None and "tag" in found.re.groupindex:
            self._tag = found["tag"]
        return found is not None

    def _react(self, reactions: tuple[Reaction, ...]) -> list[Act]:
        acts: list[Act] = []
        for reaction in reactions:
            match reaction:
                case Speak(phrase):
                    _add_said(acts, self._say(phrase))
                case Silence():
                    self._deaf = True
                case Upgrade() | Close():
                    self._deaf = True
                    acts.append(reaction)
                case Pause():
                    acts.append(reaction)
        return acts

    def _say(self, phrase: Phrase) -> Send:
        return Send(self._tag.join(phrase))


def _add_said(acts: list[Act], said: Send) -> None:
    """What is said without a pause between travels in one piece."""
    last = acts[-1] if acts else None
    if isinstance(last, Send):
        acts[-1] = Send(last.data + said.data)
    else:
        acts.append(said)
