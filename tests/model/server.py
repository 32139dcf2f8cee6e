"""A server in memory: connections to the nodes behind one address, which speak a protocol with the manners drawn."""

from enum import Enum
from random import Random

from tests.model import wordings
from tests.model.dialects import Asked, Nntp, Pop3, dialect_of
from tests.model.manners import (
    GENERIC,
    GSSAPI,
    SMTP_LIKE,
    SPNEGO,
    TRANSACT,
    Ban,
    Forgetting,
    Manners,
    Node,
    Place,
    Stray,
)
from tests.model.messages import CHALLENGE, KERBEROS_ONLY, WRAPPED_CHALLENGE, First, first_message
from tightlip.model.endpoint import Security

_PROMPTS = {"LOGIN": b"VXNlcm5hbWU6", "CRAM-MD5": b"PDE4OTYuNjk3MTcwOTUyQG1haWw+", "DIGEST-MD5": b"cmVhbG09Im1haWwi"}


class Act(Enum):
    """What a server does besides talking."""

    CLOSE = "close"
    TLS = "start TLS"


Acts = list[bytes | Act]


class Server:
    """All that is behind the address; ``met`` are the nodes to which a connection was made and under which name."""

    def __init__(self, manners: Manners) -> None:
        """Nobody has come yet."""
        self.manners = manners
        self.met: set[tuple[Node, str | None]] = set()
        self.refusals = 0
        self.logins = 0
        self._random = Random(manners.seed + " connections")
        self._connections = 0

    def connect(self, server_name: str | None) -> "Connection | None":
        """A connection, None where none is taken."""
        nodes = self.manners.nodes
        node = nodes[self._connections % len(nodes)] if self.manners.in_turn else self._random.choice(nodes)
        self._connections += 1
        if self.is_banned and self.manners.ban is Ban.REFUSES:
            return None
        if not self.is_banned or self.manners.ban is Ban.AT_LOGIN:
            self.met.add((node, server_name))
        return Connection(self, node, server_name)

    @property
    def is_banned(self) -> bool:
        """Whether the client has been refused too often."""
        return self.manners.ban_after is not None and self.refusals >= self.manners.ban_after

    def gives_challenges(self) -> bool:
        """The truth: whether a node that was met gives a challenge in this state, by any path, to any client."""
        manners = self.manners
        if manners.security is Security.STARTTLS and not manners.offers_tls:
            return False  # there is no such state
        if manners.forgetting is Forgetting.CONNECTION and manners.error_limit == 1:
            return False  # nobody gets as far as a second AUTH
        if {"SHORT", "LONG"} <= manners.refused_sizes and manners.place is not Place.PROMPT:
            return any(node.gives(name) & {SPNEGO, GSSAPI} for node, name in self.met)
        return any(node.gives(name) for node, name in self.met)


class Connection:
    """One connection to one node."""

    def __init__(self, server: Server, node: Node, server_name: str | None) -> None:
        """It has been taken."""
        manners = server.manners
        self._server = server
        self._manners = manners
        self._node = node
        self._name = server_name
        self._giving = node.gives(server_name)
        self._dialect = dialect_of(manners.protocol)
        self._is_secure = manners.security is Security.IMPLICIT
        self._buffer = b""
        self._exchange: str | None = None
        self._is_challenged = False
        self._refusals = 0
        self._logins = 0
        self._hellos = 0
        self._late: list[bytes] = []

    def begin(self) -> Acts:
        """The greeting."""
        manners = self._manners
        if self._server.is_banned and manners.ban is not Ban.AT_LOGIN:
            if manners.ban is not Ban.AT_GREETING:
                return [Act.CLOSE]
            return [_line(self._ban(wordings.at_greeting(manners.protocol))), Act.CLOSE]
        greeting = _line(self._dialect.greeting(self._node.listed, self._offers_tls()))
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
        return [_line(self._dialect.listing(self._node.listed, self._offers_tls()))]

    def _answer(self, line: bytes) -> Acts:
        if self._exchange is not None:
            return self._go_on(line.strip(b'"') if self._manners.protocol == "managesieve" else line)
        asked = self._dialect.asked(line)
        match asked.what:
            case "auth":
                return self._login(asked)
            case "list":
                return self._list()
            case "bare":
                return self._bare()
            case "starttls":
                return self._start_tls()
            case "quit":
                return [_line(self._dialect.done("quit")), Act.CLOSE]
            case "noop" if self._manners.protocol != "pop3":  # it is only known after the login there
                return [_line(self._dialect.done("noop"))]
            case _:
                return self._refuse(self._manners.no_command)

    def _list(self) -> Acts:
        self._hellos += 1
        if self._manners.two_errors:
            line = _line(self._manners.no_command)
            return [line + line]
        listing = _line(self._dialect.listing(self._node.listed, self._offers_tls()))
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
            self._exchange = "NOTHING"
            return [_line("+ ")]
        if self._manners.two_errors or not isinstance(self._dialect, Pop3):
            return self._refuse(self._manners.no_command)
        return [_line(self._dialect.bare_listing(self._node.listed))]

    def _start_tls(self) -> Acts:
        if not self._offers_tls():
            return self._refuse(self._manners.no_command)
        return [_line(self._dialect.done("starttls")), Act.TLS]

    def _login(self, asked: Asked) -> Acts:
        """A mechanism is asked for."""
        manners, server = self._manners, self._server
        self._logins += 1
        server.logins += 1
        if server.is_banned:  # at the login, or since this very connection began
            text = self._ban(wordings.at_login(manners.protocol))
            if manners.ban is Ban.AT_LOGIN:
                return self._refuse(text)
            return [_line(self._dialect.refusal(text)), Act.CLOSE]
        if manners.not_now is not None and server.logins <= manners.not_now_times:
            return self._refuse(manners.not_now)
        if manners.hello_twice and self._hellos < 2:
            return self._refuse("503 5.5.1 Send EHLO first" if manners.protocol == "smtp" else "503 5.5.1 LHLO first")
        if manners.login_first is not None:
            return self._refuse(manners.login_first)
        if self._forgets() or (manners.same_for_all and asked.name.upper() not in self._giving):
            return self._refuse(manners.unknown.replace("%s", asked.name))
        return self._begin(asked)

    def _ban(self, ways: tuple[str, ...]) -> str:
        text = self._manners.ban_text
        return ways[len(text) % len(ways)] % text

    def _forgets(self) -> bool:
        match self._manners.forgetting:
            case Forgetting.CONNECTION:
                return self._logins == 1
            case Forgetting.HOST:
                return self._server.logins == 1
            case _:
                return False

    def _begin(self, asked: Asked) -> Acts:
        manners = self._manners
        has_form = asked.initial is None and not asked.name.upper().startswith(("GENERIC", "TRANSACT"))
        wants = manners.wants_initial if has_form else None
        if wants is not None and manners.asks_form_first:
            return self._refuse(wants)
        if not self._takes(asked.name):
            return self._refuse(manners.unknown.replace("%s", asked.name))
        if wants is not None:
            return self._refuse(wants)
        self._exchange = asked.name.upper()
        self._is_challenged = False
        if asked.initial is not None:
            return self._go_on(asked.initial)
        if self._exchange in self._giving:
            return self._prompt(CHALLENGE if manners.place is Place.PROMPT else b"")
        return self._prompt(_PROMPTS.get(self._exchange, b""))

    def _takes(self, name: str) -> bool:
        """Whether a name is known, in the spelling that is listed where that matters."""
        if name.upper() not in self._node.taken:
            return False
        listed = {each.split()[-1] for each in self._node.listed if each.upper() == name.upper()}
        return not (self._manners.is_exact and listed) or name.rpartition(" ")[2] in listed

    def _go_on(self, line: bytes) -> Acts:
        """A message of the exchange, or its end."""
        if line == b"*":
            self._exchange = None
            if self._manners.counts_cancels:
                return self._refuse(self._manners.cancelled)
            return [_line(self._dialect.refusal(self._manners.cancelled))]
        name = self._exchange or ""
        first = first_message(line.split()[-1] if line.strip() else b"")
        if name.startswith(("GENERIC", "TRANSACT")):
            first = first_message(line.split()[-1] if len(line.split()) > 1 else b"")
        if name in (SPNEGO, GSSAPI) and name not in self._giving and first is First.WRAPPED:
            return self._prompt(KERBEROS_ONLY)
        if not self._likes(name, first):
            self._exchange = None
            return self._refuse(self._manners.bad_message)
        self._is_challenged = True
        return self._challenge(WRAPPED_CHALLENGE if first is First.WRAPPED else CHALLENGE)

    def _likes(self, name: str, first: First) -> bool:
        if name not in self._giving or first is First.NONE or self._is_challenged:
            return False
        if name in (SPNEGO, GSSAPI):
            return first is First.WRAPPED or not self._manners.gss_wants_envelope
        return first is not First.WRAPPED and first.name not in self._manners.refused_sizes

    def _challenge(self, message: bytes) -> Acts:
        match self._manners.place:
            case Place.DONE:
                self._exchange = None
                return [_line(self._dialect.done(message.decode()))]
            case Place.REFUSAL:
                self._exchange = None
                words = wordings.at_login(self._manners.protocol)[0]
                return [_line(self._dialect.refusal(words % message.decode()))]
            case Place.FIRST_LINE if self._manners.protocol in SMTP_LIKE:
                return [_line(f"334-{message.decode()}\r\n334 go on")]
            case _:
                return self._prompt(message)

    def _prompt(self, data: bytes) -> Acts:
        if isinstance(self._dialect, Nntp) and self._exchange in (GENERIC, TRANSACT):
            return [_line(self._dialect.wordy_prompt(data))]
        return [_line(self._dialect.prompt(data))]

    def _refuse(self, text: str) -> Acts:
        """Say no, and close where it was one too many."""
        self._refusals += 1
        self._server.refusals += 1
        acts: Acts = [_line(self._dialect.refusal(text))]
        if self._server.is_banned and self._manners.ban in (Ban.CLOSES, Ban.REFUSES):
            return [*acts, Act.CLOSE]
        if self._manners.error_limit is not None and self._refusals >= self._manners.error_limit:
            farewell = self._manners.farewell
            return [*acts, *([_line(farewell)] if farewell else []), Act.CLOSE]
        return acts

    def _offers_tls(self) -> bool:
        return self._manners.offers_tls and not self._is_secure


def _line(text: str) -> bytes:
    return text.encode() + b"\r\n"
