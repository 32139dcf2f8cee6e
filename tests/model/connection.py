"""One connection to a node of a server in memory: greeting, lists, STARTTLS and goodbye, with the manners drawn."""

from enum import Enum

from tests.model import wordings
from tests.model.dialects import Pop3, dialect_of
from tests.model.logins import Login, Memory, Said
from tests.model.manners import Ban, Node, Shown, Stray, Sulk
from tightlip.model.endpoint import Security


class Act(Enum):
    """What a server does besides talking."""

    CLOSE = "close"
    TLS = "start TLS"


Acts = list[bytes | Act]


class Connection:
    """What is said on it."""

    def __init__(self, memory: Memory, node: Node, server_name: str | None) -> None:
        """It has been taken; the host remembers what happened before."""
        manners = memory.manners
        self._memory = memory
        self._manners = manners
        self._node = node
        self._dialect = dialect_of(manners.protocol)
        self._login = Login(memory, node, node.gives(server_name), self._dialect)
        self._is_secure = manners.security is Security.IMPLICIT
        self._buffer = b""
        self._refusals = 0
        self._late: list[bytes] = []

    def begin(self) -> Acts:
        """The greeting."""
        manners = self._manners
        if self._memory.is_banned and manners.ban is not Ban.AT_LOGIN:
            if manners.ban is not Ban.AT_GREETING:
                return [Act.CLOSE]
            return [_line(manners.banned(wordings.at_greeting(manners.protocol))), Act.CLOSE]
        greeting = _line(self._dialect.greeting(self._node.listed, self._listed_tls()))
        if manners.two_greetings:
            return [greeting, greeting] if manners.in_turn else [greeting + greeting]
        return self._with_stray([greeting], Stray.GREETING, Stray.LATE_GREETING)

    def receive(self, data: bytes) -> Acts:
        """What it says to what the client says."""
        acts: Acts = []
        self._buffer += data
        while b"\r\n" in self._buffer and Act.CLOSE not in acts:
            line, _, self._buffer = self._buffer.partition(b"\r\n")
            before, self._late = self._late, []
            acts += before
            acts += self._answer(line)
        return acts

    def tls_is_up(self) -> Acts:
        """TLS came up; ManageSieve then lists once more."""
        self._is_secure = True
        if self._manners.protocol != "managesieve":
            return []
        return [_line(self._dialect.listing(self._node.listed, self._listed_tls()))]

    def _answer(self, line: bytes) -> Acts:
        login, manners = self._login, self._manners
        if login.is_under_way:
            return self._say(login.go_on(line.strip(b'"') if manners.protocol == "managesieve" else line))
        asked = self._dialect.asked(line)
        if login.sulks is not None and manners.sulk is Sulk.COMMANDS and asked.what not in ("auth", "quit"):
            return self._refuse(login.sulks)
        match asked.what:
            case "auth":
                was_banned = self._memory.is_banned and manners.ban is not Ban.AT_LOGIN
                acts = self._say(login.begin(asked))
                return [*acts, Act.CLOSE] if was_banned and Act.CLOSE not in acts else acts
            case "list":
                return self._list()
            case "bare":
                return self._bare()
            case "starttls" if self._takes_tls():
                return [_line(self._dialect.done("starttls")), Act.TLS]
            case "quit":
                return [_line(self._dialect.done("quit")), Act.CLOSE]
            case "noop":
                return [_line(self._dialect.done("noop"))]
            case _:
                return self._refuse(manners.no_command)

    def _list(self) -> Acts:
        self._login.hellos += 1
        if self._manners.two_errors:
            line = _line(self._manners.no_command)
            return [line + line]
        listing = _line(self._dialect.listing(self._node.listed, self._listed_tls()))
        return self._with_stray([listing], Stray.LIST, Stray.LATE_LIST)

    def _with_stray(self, acts: Acts, at_once: Stray, late: Stray) -> Acts:
        stray = self._manners.stray
        line = _line(self._manners.stray_line)
        if stray is at_once and isinstance(acts[-1], bytes):
            return [*acts[:-1], acts[-1] + line]
        if stray is late:
            self._late.append(line)
        return acts

    def _bare(self) -> Acts:
        """A bare AUTH lists (older than RFC 5034), or opens an exchange of no mechanism."""
        if self._manners.bare_auth_opens:
            return self._say(self._login.open_nothing())
        if self._manners.two_errors or not isinstance(self._dialect, Pop3):
            return self._refuse(self._manners.no_command)
        return [_line(self._dialect.bare_listing(self._node.listed))]

    def _say(self, said: Said) -> Acts:
        return self._refuse(said.text) if said.is_refusal else [_line(said.text)]

    def _refuse(self, text: str) -> Acts:
        """Say no, and close where it was one too many."""
        manners, memory = self._manners, self._memory
        self._refusals += 1
        memory.refusals += 1
        acts: Acts = [_line(self._dialect.refusal(text))]
        if memory.is_banned and manners.ban in (Ban.CLOSES, Ban.REFUSES):
            return [*acts, Act.CLOSE]
        if manners.error_limit is not None and self._refusals >= manners.error_limit:
            return [*acts, *([_line(manners.farewell)] if manners.farewell else []), Act.CLOSE]
        return acts

    def _takes_tls(self) -> bool:
        return self._node.takes_tls and not self._is_secure and not self._manners.tls_is_stopped

    def _listed_tls(self) -> str:
        """The word that stands in the list for STARTTLS; what is on the way sees no list under TLS."""
        if self._is_secure or not self._node.takes_tls or self._manners.shown is Shown.LEFT_OUT:
            return ""
        word = self._dialect.starttls
        return word if self._manners.shown is Shown.LISTED else "X" * (len(word) - 1) + "A"


def _line(text: str) -> bytes:
    return text.encode() + b"\r\n"
