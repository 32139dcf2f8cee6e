"""What a server drawn at random is like: its nodes with their mechanisms, and the manners of all of them."""

from enum import Enum
from random import Random

from msgspec import Struct

from tests.model import wordings
from tightlip.model.endpoint import Security

CHANCE = 0.1

PROTOCOLS = ("pop3", "imap", "smtp", "lmtp", "managesieve", "nntp")
SMTP_LIKE = ("smtp", "lmtp")

# Ways to a challenge, named "VERB MECHANISM" where the verb is not the protocol's usual one.
NTLM, MSN, SPNEGO, GSSAPI = "NTLM", "MSN", "GSS-SPNEGO", "GSSAPI"
X_EXPS, GENERIC, TRANSACT = "X-EXPS NTLM", "GENERIC NTLM", "TRANSACT NTLM"

_OTHERS = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-256", "XOAUTH2", "EXTERNAL", "ANONYMOUS")
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


class Node(Struct, frozen=True):
    """One machine behind the address: what it takes in this state, which of it gives a challenge, what it lists.

    ``sites`` are the names under which it gives any; none where it cares for no name.
    """

    taken: frozenset[str]
    giving: frozenset[str]
    listed: tuple[str, ...]
    sites: frozenset[str] = frozenset()

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
    login_first: str | None  # "no authentication here" or "TLS first", said to every AUTH of this state
    offers_tls: bool
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
        """Whether a client that is refused is neither banned nor put off."""
        return self.ban_after is None and self.not_now is None

    @property
    def is_in_step(self) -> bool:
        """Whether every command gets one answer; who says more than that cannot be understood for certain."""
        return self.stray is None and not (self.two_errors or self.two_greetings)

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
        lines += [f"{name} = {getattr(self, name)!r}" for name in self.__struct_fields__ if name not in usual]
        return lines


def drawn(seed: str, chance: float = CHANCE) -> Manners:
    """The server of a seed: each manner with ``chance``."""
    random = Random(seed)
    protocol = random.choice(PROTOCOLS)
    security = random.choice(list(Security))
    return _Draw(random, protocol, security, chance).manners(seed)


class _Draw:
    """One draw."""

    def __init__(self, random: Random, protocol: str, security: Security, chance: float) -> None:
        self._random = random
        self._protocol = protocol
        self._security = security
        self._chance = chance

    def manners(self, seed: str) -> Manners:
        """All of it."""
        has, one_of, random = self._has, self._one_of, self._random
        hides, names_refused = has(), has()
        two_errors = self._protocol == "pop3" and has()
        is_exact = has() and not two_errors  # how a name is spelled stands in the list alone
        is_pool = has()
        nodes = [self._node(hides, names_refused, is_exact) for _ in range(random.choice((2, 3)) if is_pool else 1)]
        nothing_here, nodes = self._nothing_here(nodes)
        commands = wordings.NO_COMMAND[self._protocol]
        return Manners(
            seed=seed,
            protocol=self._protocol,
            security=self._security,
            nodes=tuple(nodes),
            in_turn=random.random() < 0.5,
            banner=has(),
            hides=hides,
            names_refused=names_refused,
            unknown=one_of(self._refusals()),
            no_command=nothing_here if nothing_here in commands else one_of(commands),
            cancelled=one_of(wordings.CANCELLED[self._protocol]),
            bad_message=one_of(wordings.BAD_MESSAGE[self._protocol]),
            refused_sizes=frozenset(name for name in ("SHORT", "LONG") if has()),
            gss_wants_envelope=random.random() < 0.3,
            is_exact=is_exact,
            login_first=nothing_here,
            offers_tls=not has(),
            same_for_all=has(),
            wants_initial=one_of(wordings.WANTS_INITIAL[self._protocol]) if has() else None,
            asks_form_first=random.random() < 0.5,
            not_now=one_of(wordings.at_login(self._protocol)) % one_of(wordings.NOT_NOW) if has() else None,
            not_now_times=random.choice((1, 2, 1_000)),
            ban_after=random.randint(1, 8) if has() else None,
            ban=one_of(tuple(Ban)),
            ban_text=one_of(wordings.NOT_YOU),
            error_limit=random.randint(1, 4) if has() else None,
            farewell=one_of((*wordings.FAREWELLS[self._protocol], "")),
            counts_cancels=random.random() < 0.5,
            forgetting=one_of((Forgetting.CONNECTION, Forgetting.HOST)) if has() else Forgetting.NEVER,
            place=one_of(tuple(Place)[1:]) if has() else Place.USUAL,
            stray=one_of(tuple(Stray)) if has() else None,
            stray_line=one_of(wordings.STRAYS[self._protocol]),
            two_errors=two_errors,
            bare_auth_opens=self._protocol == "pop3" and has(),
            hello_twice=self._protocol in SMTP_LIKE and has(),
            two_greetings=self._protocol in SMTP_LIKE and has(),
            names=(SITE, "*.example.org", OTHER_SITE) if has() else (SITE,),
        )

    def _has(self) -> bool:
        return self._random.random() < self._chance

    def _one_of(self, choices: tuple):  # type: ignore[no-untyped-def, type-arg]  # whatever is in the tuple
        return self._random.choice(choices)

    def _refusals(self) -> tuple[str, ...]:
        """Clear in most."""
        table = wordings.UNCLEAR if self._has() else wordings.CLEAR
        return table[self._protocol]

    def _node(self, hides: bool, names_refused: bool, is_exact: bool) -> Node:
        random, protocol = self._random, self._protocol
        others = {name for name in _OTHERS if random.random() < 0.4}
        giving = {NTLM} if random.random() < 0.3 else set()
        negotiated = {name for name in (SPNEGO, GSSAPI) if random.random() < 0.15}
        if self._has():
            giving |= negotiated
        if NTLM in giving and self._has():
            giving = giving - {NTLM} | {MSN}
        if protocol == "smtp" and random.random() < 0.1:
            giving.add(X_EXPS)
        if protocol == "nntp" and random.random() < 0.2:
            giving = giving - {NTLM} | {GENERIC}
        listed = [*sorted(others), *sorted(negotiated), *sorted(giving - negotiated)]
        if hides:
            listed = [name for name in listed if name in others or random.random() < 0.3]
        if names_refused and NTLM not in listed:
            listed.append(NTLM)
        if is_exact:
            listed = [name.title() if name in giving and name not in (GENERIC, TRANSACT) else name for name in listed]
        random.shuffle(listed)
        sites = frozenset({random.choice((SITE, OTHER_SITE))}) if self._has() else frozenset()
        return Node(frozenset(others | negotiated | giving), frozenset(giving), tuple(listed), sites)

    def _nothing_here(self, nodes: list[Node]) -> tuple[str | None, list[Node]]:
        """A state without AUTH: nothing is listed, and every AUTH is refused with one text."""
        random = self._random
        if self._security is Security.PLAIN and random.random() < 0.2:
            text = self._one_of(wordings.TLS_FIRST[self._protocol])
            is_listed = random.random() < 0.5
        elif random.random() < 0.1:
            text = self._one_of(wordings.NO_LOGIN_HERE[self._protocol] + wordings.NO_COMMAND[self._protocol])
            is_listed = False
        else:
            return None, nodes
        return text, [Node(frozenset(), frozenset(), node.listed if is_listed else ()) for node in nodes]
