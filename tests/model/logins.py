"""What a server in memory makes of a client that asks for a mechanism: takes it, challenges, refuses or sulks."""

from typing import NamedTuple

from tests.model import wordings
from tests.model.dialects import Asked, Dialect, Nntp
from tests.model.manners import (
    NAMES_ALONE,
    NEGOTIATED,
    SMTP_LIKE,
    Forgetting,
    Form,
    Manners,
    Node,
    Place,
    Sulk,
)
from tests.model.messages import CHALLENGE, KERBEROS_ONLY, WRAPPED_CHALLENGE, First, first_message

_PROMPTS = {"LOGIN": b"VXNlcm5hbWU6", "CRAM-MD5": b"PDE4OTYuNjk3MTcwOTUyQG1haWw+", "DIGEST-MD5": b"cmVhbG09Im1haWwi"}


class Memory:
    """What the host remembers of its client, over all connections."""

    def __init__(self, manners: Manners) -> None:
        """Nobody has come yet."""
        self.manners = manners
        self.refusals = 0
        self.logins = 0

    @property
    def is_banned(self) -> bool:
        """Whether the client has been refused too often."""
        return self.manners.ban_after is not None and self.refusals >= self.manners.ban_after


class Said(NamedTuple):
    """An answer: what is refused in these words, and counts as a refusal; else a whole line."""

    text: str
    is_refusal: bool = False


class Login:
    """The logins of one connection.

    ``is_under_way``: a mechanism was taken, and what the client says next is a message. ``hellos`` are the times that
    it introduced itself. ``sulks`` is what is said to whatever follows a refusal, None while nothing was refused.
    """

    def __init__(self, memory: Memory, node: Node, giving: frozenset[str], dialect: Dialect) -> None:
        """Nothing was asked; ``giving`` are the ways to a challenge of this node for this client."""
        self._memory = memory
        self._manners = memory.manners
        self._node = node
        self._giving = giving
        self._dialect = dialect
        self._exchange = ""
        self._is_challenged = False
        self._asked = 0
        self.hellos = 0
        self.sulks: str | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether an exchange is."""
        return bool(self._exchange)

    def open_nothing(self) -> Said:
        """An exchange of no mechanism."""
        self._exchange = "NOTHING"
        return Said("+ ")

    def begin(self, asked: Asked) -> Said:
        """A mechanism is asked for."""
        manners, memory = self._manners, self._memory
        self._asked += 1
        memory.logins += 1
        if memory.is_banned:  # at the login, or since this very connection began
            return Said(manners.banned(wordings.at_login(manners.protocol)), True)
        if self.sulks is not None:
            return Said(self.sulks, True)
        if manners.not_now is not None and self._node.is_busy and memory.logins <= manners.not_now_times:
            return Said(manners.not_now, True)
        if manners.hello_twice and self.hellos < 2:
            return Said(f"503 5.5.1 Send {'EHLO' if manners.protocol == 'smtp' else 'LHLO'} first", True)
        if self._node.login_first is not None:
            return self._refuse(self._node.login_first)
        is_same_for_all = manners.same_for_all and asked.name.upper() not in self._giving
        if self._forgets() or is_same_for_all:
            return self._refuse(manners.unknown.replace("%s", asked.name))
        return self._open(asked)

    def go_on(self, line: bytes) -> Said:
        """A message of the exchange, or its end."""
        name, words = self._exchange, line.split()
        if line == b"*":
            self._exchange = ""
            text = self._manners.cancelled
            return Said(text, True) if self._manners.counts_cancels else Said(self._dialect.refusal(text))
        encoded = words[-1] if len(words) > (name in NAMES_ALONE) else b""
        first = first_message(encoded)
        if name in NEGOTIATED and name not in self._giving and first is First.WRAPPED:
            return self._prompt(KERBEROS_ONLY)
        if not self._likes(name, first):
            self._exchange = ""
            return self._refuse(self._manners.bad_message)
        self._is_challenged = True
        return self._challenge(WRAPPED_CHALLENGE if first is First.WRAPPED else CHALLENGE)

    def _refuse(self, text: str) -> Said:
        if self._manners.sulk is not Sulk.NEVER:
            self.sulks = text
        return Said(text, True)

    def _forgets(self) -> bool:
        match self._manners.forgetting:
            case Forgetting.CONNECTION:
                return self._asked == 1
            case Forgetting.HOST:
                return self._memory.logins == 1
            case _:
                return False

    def _open(self, asked: Asked) -> Said:
        """Begin what was asked for, if it was asked for in a way that is taken."""
        manners, name = self._manners, asked.name.upper()
        wants = None if asked.initial is not None or name in NAMES_ALONE else manners.wants_initial
        if wants is not None and manners.asks_form_first:
            return self._refuse(wants)
        if not self._takes(asked.name) or not self._likes_form(name, asked.initial):
            return self._refuse(manners.unknown.replace("%s", asked.name))
        if wants is not None:
            return self._refuse(wants)
        self._exchange = name
        self._is_challenged = False
        if asked.initial is not None:
            return self.go_on(asked.initial)
        if name in self._giving:
            return self._prompt(CHALLENGE if manners.place is Place.PROMPT else b"")
        return self._prompt(_PROMPTS.get(name, b""))

    def _takes(self, name: str) -> bool:
        """Whether a name is known, in the spelling that is listed where that matters."""
        if name.upper() not in self._node.taken:
            return False
        listed = {each.split()[-1] for each in self._node.listed if each.upper() == name.upper()}
        return not (self._manners.is_exact and listed) or name.rpartition(" ")[2] in listed

    def _likes_form(self, name: str, initial: bytes | None) -> bool:
        """Whether a mechanism is taken with, or without, its first message in the same line."""
        if name in NAMES_ALONE or not (self._manners.form_of_all or name in self._giving):
            return True
        return self._manners.form is not (Form.AT_ONCE if initial is None else Form.AFTER)

    def _likes(self, name: str, first: First) -> bool:
        manners = self._manners
        if name not in self._giving or first is First.NONE or self._is_challenged:
            return False
        if name not in NEGOTIATED:
            return first is not First.WRAPPED and first.name not in manners.refused_sizes
        if first is First.WRAPPED:  # what is wrapped is the current one
            return not (manners.sizes_of_all and "LONG" in manners.refused_sizes)
        if manners.gss_wants_envelope:
            return False
        return not (manners.sizes_of_all and first.name in manners.refused_sizes)

    def _challenge(self, message: bytes) -> Said:
        match self._manners.place:
            case Place.DONE:
                self._exchange = ""
                return Said(self._dialect.done(message.decode()))
            case Place.REFUSAL:
                self._exchange = ""
                words = wordings.at_login(self._manners.protocol)[0]
                return Said(self._dialect.refusal(words % message.decode()))
            case Place.FIRST_LINE if self._manners.protocol in SMTP_LIKE:
                return Said(f"334-{message.decode()}\r\n334 go on")
            case _:
                return self._prompt(message)

    def _prompt(self, data: bytes) -> Said:
        if isinstance(self._dialect, Nntp) and self._exchange in NAMES_ALONE:
            return Said(self._dialect.wordy_prompt(data))
        return Said(self._dialect.prompt(data))
