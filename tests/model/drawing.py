"""Draws the server of a seed: each manner by itself, most of them with the same small chance."""

from random import Random

from msgspec.structs import replace

from tests.model import wordings
from tests.model.manners import (
    GENERIC,
    GSSAPI,
    MSN,
    NTLM,
    OTHER_SITE,
    PROTOCOLS,
    SITE,
    SMTP_LIKE,
    SPNEGO,
    TRANSACT,
    X_EXPS,
    Ban,
    Forgetting,
    Form,
    Manners,
    Node,
    Place,
    Shown,
    Stray,
    Sulk,
)
from tightlip.model.endpoint import Security

CHANCE = 0.1

_OTHERS = ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-256", "XOAUTH2", "EXTERNAL", "ANONYMOUS")


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
        nodes = self._with_tls(nodes)
        nothing_here, nodes = self._nothing_here(nodes)
        commands = wordings.NO_COMMAND[self._protocol]
        unknown, bad_messages = one_of(self._refusals()), wordings.BAD_MESSAGE[self._protocol]
        wants_initial = one_of(wordings.WANTS_INITIAL[self._protocol]) if has() else None
        shown = one_of((Shown.LEFT_OUT, Shown.OVERWRITTEN)) if has() else Shown.LISTED
        return Manners(
            seed=seed,
            protocol=self._protocol,
            security=self._security,
            nodes=tuple(nodes),
            in_turn=random.random() < 0.5,
            banner=has(),
            hides=hides,
            names_refused=names_refused,
            unknown=unknown,
            no_command=nothing_here if nothing_here in commands else one_of(commands),
            cancelled=one_of(wordings.CANCELLED[self._protocol]),
            bad_message=unknown.replace("%s", NTLM) if has() else one_of(bad_messages),
            refused_sizes=frozenset(name for name in ("SHORT", "LONG") if has()),
            gss_wants_envelope=random.random() < 0.3,
            is_exact=is_exact,
            shown=shown,
            tls_is_stopped=shown is not Shown.LISTED and random.random() < 0.5,
            sulk=one_of((Sulk.LOGINS, Sulk.COMMANDS)) if has() else Sulk.NEVER,
            form=self._form(wants_initial),
            form_of_all=random.random() < 0.5,
            sizes_of_all=has(),
            same_for_all=has(),
            wants_initial=wants_initial,
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

    def _form(self, wants_initial: str | None) -> Form:
        if not self._has():
            return Form.EITHER
        return Form.AT_ONCE if wants_initial is not None else self._one_of((Form.AT_ONCE, Form.AFTER))

    def _with_tls(self, nodes: list[Node]) -> list[Node]:
        """Most take STARTTLS; of a pool some may and others not, and some may be busy where others are not."""
        offers_tls = not self._has()
        if len(nodes) > 1 and self._has():
            nodes = [replace(node, is_busy=number > 0) for number, node in enumerate(nodes)]
        if len(nodes) > 1 and self._has():
            return [replace(node, takes_tls=offers_tls is (number == 0)) for number, node in enumerate(nodes)]
        return [replace(node, takes_tls=offers_tls) for node in nodes]

    def _nothing_here(self, nodes: list[Node]) -> tuple[str | None, list[Node]]:
        """A state without AUTH: nothing is listed, and every AUTH is refused with one text.

        Of a pool of which some take STARTTLS only they may ask for it first.
        """
        random = self._random
        concerned = [True for _ in nodes]
        if self._security is Security.PLAIN and random.random() < 0.2:
            text = self._one_of(wordings.TLS_FIRST[self._protocol])
            is_listed = random.random() < 0.5
            if len({node.takes_tls for node in nodes}) > 1 and random.random() < 0.5:
                concerned = [node.takes_tls for node in nodes]
        elif random.random() < 0.1:
            text = self._one_of(wordings.NO_LOGIN_HERE[self._protocol] + wordings.NO_COMMAND[self._protocol])
            is_listed = False
        else:
            return None, nodes
        return text, [
            replace(node, giving=frozenset(), listed=node.listed if is_listed else (), login_first=text)
            if here
            else node
            for node, here in zip(nodes, concerned, strict=True)
        ]
