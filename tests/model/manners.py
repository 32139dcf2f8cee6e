"""What a server drawn at random is like: its nodes with their mechanisms, and the manners of all of them."""

from enum import Enum

from msgspec import Struct

from tightlip.model.endpoint import Security

PROTOCOLS = ("pop3", "imap", "smtp", "lmtp", "managesieve", "nntp")
SMTP_LIKE = ("smtp", "lmtp")

# Ways to a challenge, named "VERB MECHANISM" where the verb is not the protocol's usual one.
NTLM, MSN, SPNEGO, GSSAPI = "NTLM", "MSN", "GSS-SPNEGO", "GSSAPI"
X_EXPS, GENERIC, TRANSACT = "X-EXPS NTLM", "GENERIC NTLM", "TRANSACT NTLM"

NEGOTIATED = (SPNEGO, GSSAPI)
# Of these each message is a command of its own.
NAMES_ALONE = (GENERIC, TRANSACT)

SITE, OTHER_SITE = "mail.example.org", "www.example.net"


class Ban(Enum):
    """How a ban shows."""

    AT_LOGIN = "every AUTH is refused with a text"
    AT_GREETING = "the greeting is a text, and the connection is closed"
    CLOSES = "the connection is closed before a greeting"
    REFUSES = "no connection is taken"


class Place(Enum):
    """Where a challenge stands."""

    USUAL = "after the type 1"
    PROMPT = "in the answer to the mechanism's name"
    DONE = "behind what says that all is done"
    REFUSAL = "in the text of a refusal"
    FIRST_LINE = "in the first of several lines"


class Stray(Enum):
    """After what a line too many comes, and when."""

    GREETING = "with the greeting"
    LIST = "with the list of capabilities"
    LATE_LIST = "after the list, before the next answer"
    LATE_GREETING = "after the greeting, before the next answer"


class Forgetting(Enum):
    """When the first AUTH is refused that would be taken a second time."""

    NEVER = "never"
    CONNECTION = "on each connection"
    HOST = "once and for all"


class Sulk(Enum):
    """What is refused in the same words once a login was refused on a connection."""

    NEVER = "nothing"
    LOGINS = "every login"
    COMMANDS = "every command"


class Form(Enum):
    """How a mechanism has to be begun; in the other way it is refused as one that is not there."""

    EITHER = "by its name, or with its first message"
    AT_ONCE = "with its first message"
    AFTER = "by its name"


class Shown(Enum):
    """What something on the way leaves of STARTTLS in the list."""

    LISTED = "the word"
    LEFT_OUT = "nothing"
    OVERWRITTEN = "as many letters X"


class Node(Struct, frozen=True):
    """One machine behind the address: what it takes in this state, which of it gives a challenge, what it lists.

    ``sites`` are the names under which it gives any; none where it cares for no name. ``login_first`` is "no
    authentication here" or "TLS first", said to every AUTH of this state. ``is_busy``: it says "not now" if any does.
    """

    taken: frozenset[str]
    giving: frozenset[str]
    listed: tuple[str, ...]
    sites: frozenset[str] = frozenset()
    takes_tls: bool = True
    is_busy: bool = True
    login_first: str | None = None

    def gives(self, server_name: str | None) -> frozenset[str]:
        """The ways to a challenge for a client that sends this name by SNI."""
        return self.giving if not self.sites or server_name in self.sites else frozenset()


class Manners(Struct, frozen=True):
    """All that is drawn; texts are whole lines, None where the server has not got that manner."""

    seed: str
    protocol: str
    security: Security
    nodes: tuple[Node, ...]
    in_turn: bool
    banner: bool
    hides: bool
    names_refused: bool
    unknown: str
    no_command: str
    cancelled: str
    bad_message: str
    refused_sizes: frozenset[str]
    gss_wants_envelope: bool
    is_exact: bool
    shown: Shown
    tls_is_stopped: bool
    sulk: Sulk
    form: Form
    form_of_all: bool
    sizes_of_all: bool
    same_for_all: bool
    wants_initial: str | None
    asks_form_first: bool
    not_now: str | None
    not_now_times: int
    ban_after: int | None
    ban: Ban
    ban_text: str
    error_limit: int | None
    farewell: str
    counts_cancels: bool
    forgetting: Forgetting
    place: Place
    stray: Stray | None
    stray_line: str
    two_errors: bool
    bare_auth_opens: bool
    hello_twice: bool
    two_greetings: bool
    names: tuple[str, ...]

    @property
    def is_patient(self) -> bool:
        """Whether a client that is refused is neither banned nor put off, nor refused whatever it asks after that."""
        return self.ban_after is None and self.not_now is None and self.sulk is Sulk.NEVER

    @property
    def is_in_step(self) -> bool:
        """Whether every command gets one answer, the server's own.

        Who says more than that, or whose list something on the way has changed, cannot be understood for certain.
        """
        is_tampered_with = self.shown is not Shown.LISTED
        return self.stray is None and not (self.two_errors or self.two_greetings or is_tampered_with)

    def banned(self, ways: tuple[str, ...]) -> str:
        """The text of the ban, in one of the ways to say it."""
        return ways[len(self.ban_text) % len(ways)] % self.ban_text

    @property
    def shows_tls(self) -> bool:
        """Whether a list before TLS shows that there is STARTTLS, or that there was."""
        is_seen = self.shown is Shown.LISTED or (self.shown is Shown.OVERWRITTEN and self.protocol in SMTP_LIKE)
        return is_seen and any(node.takes_tls for node in self.nodes)

    @property
    def machines_seem_alike(self) -> bool:
        """Whether there are several, no list tells them apart, and none that gives a challenge does so by NTLM."""
        told_apart = not self.two_errors and not self.hides and len({frozenset(node.listed) for node in self.nodes}) > 1
        return len(self.nodes) > 1 and not told_apart and not any(NTLM in node.giving for node in self.nodes)

    def told(self) -> list[str]:
        """What is out of the ordinary, a line each."""
        usual = {"banner", "seed", "protocol", "security", "nodes"}
        lines = [f"{self.protocol}, {self.security}, seed {self.seed}"]
        for node in self.nodes:
            lines.append(f"node: takes {sorted(node.taken)}, a challenge by {sorted(node.giving)}")
            lines.append(f"      lists {node.listed}, for {sorted(node.sites) or 'every name'}")
            lines.append(f"      takes STARTTLS: {node.takes_tls}; busy: {node.is_busy}; to AUTH: {node.login_first}")
        lines += [f"{name} = {getattr(self, name)!r}" for name in self.__struct_fields__ if name not in usual]
        return lines
