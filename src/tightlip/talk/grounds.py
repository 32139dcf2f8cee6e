"""What refusals prove: each path's "no", held against the texts that are understood and against the controls."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    NEGOTIATED,
    Acceptance,
    Asked,
    Challenge,
    Control,
    ControlAnswer,
    Door,
    Fact,
    Kerberos,
    Mechanisms,
    Opening,
    PasswordRefused,
    Refusal,
    Standing,
    TlsOffer,
)
from tightlip.model.verdict import Reason
from tightlip.talk.likeness import are_alike, says_no_command
from tightlip.talk.refusal_gist import speaks_of_another
from tightlip.talk.refusals import asks_for_more, is_error_limit, standing_of

PROVEN = frozenset(
    {Reason.REFUSED, Reason.TLS_REQUIRED, Reason.AUTHENTICATION_NOT_OFFERED, Reason.REFUSED_LIKE_UNKNOWN}
)
"""Reasons for which a path is known to be closed; any other leaves the state in doubt."""

OWN_COMMANDS: Mapping[Door | None, tuple[str, ...]] = {
    Door.GENERIC: ("AUTHINFO", "GENERIC"),
    Door.TRANSACT: ("AUTHINFO", "TRANSACT"),
    Door.X_EXPS: ("X-EXPS",),
}
"""Ways of asking that are commands of their own, which many a server does not know, and the words of each."""

_NOES = (Refusal, PasswordRefused, Kerberos)
# Of these codes of SMTP the credentials are refused, whatever "argument" their text has.
_OF_CREDENTIALS = ("432", "454", "534", "535")
_VERBS = ("AUTH", "AUTHENTICATE", "AUTHINFO")


class Ground(Struct, frozen=True, gc=False):
    """What the refusal of one path proves, or why it proves nothing."""

    refusal: Refusal
    reason: Reason

    @property
    def is_proven(self) -> bool:
        """Whether NTLM is known not to be reached by this path."""
        return self.reason in PROVEN


def grounds_of(protocol: str, security: Security, facts: Sequence[Fact]) -> tuple[Ground, ...]:
    """One ground a path whose mechanism was refused, in the order in which they were asked."""
    heard = _Heard(protocol, security, facts)
    return tuple(Ground(refusal, heard.reason_of(refusal)) for refusal in heard.refusals())


def turned_away(facts: Sequence[Fact]) -> Refusal | None:
    """Who turns our name away and then refuses AUTH may mean the missing EHLO (RFC 5321 section 4.1.4).

    A list that came later says that we were let in after all.
    """
    turned: Refusal | None = None
    for fact in facts:
        if type(fact) is Mechanisms:
            turned = None
        elif type(fact) is Refusal and fact.asked is Asked.CAPABILITIES:
            turned = turned or fact
    return turned


def told_to_wait(facts: Sequence[Fact]) -> bool:
    """Whether the server answered "for now, no" and nothing better was learned; a limit of errors is none of that."""
    waits = was_refused = False
    for fact in facts:
        if type(fact) is Challenge or type(fact) is Acceptance:
            return False
        if type(fact) is Refusal:
            if fact.standing is Standing.TEMPORARY and not (was_refused and is_error_limit(fact.text)):
                waits = True
            was_refused = True
    return waits


def refusals_in(facts: Sequence[Fact]) -> int:
    """How often the server has said no on this connection, cancels aside."""
    return sum(
        type(fact) in _NOES or (type(fact) is ControlAnswer and not fact.taken and fact.sent != "QUIT")
        for fact in facts
    )


class _Heard:
    """The facts of one state, as far as they say what a refusal means."""

    def __init__(self, protocol: str, security: Security, facts: Sequence[Fact]) -> None:
        self._protocol = protocol
        self._security = security
        self._listed: dict[Door, set[str]] = {}
        self._controls: dict[Control, list[ControlAnswer]] = {}
        self._offers_tls = False
        self._refusals: list[Refusal] = []
        self._kerberos: set[Door] = set()
        for fact in facts:
            if type(fact) is Refusal:
                self._refusals.append(fact)
            elif type(fact) is Mechanisms:
                self._listed.setdefault(fact.via, set()).update(fact.names)
            elif type(fact) is ControlAnswer:
                self._controls.setdefault(fact.control, []).append(fact)
            elif type(fact) is TlsOffer:
                self._offers_tls = self._offers_tls or fact.listed
            elif type(fact) is Kerberos:
                self._kerberos.add(fact.via)
        self._were_taken = {each.via for each in self._refusals if each.asked is Asked.MESSAGE} - self._kerberos
        self._with_message = [each for each in self._refusals if each.opening is Opening.INITIAL_RESPONSE]

    def refusals(self) -> Iterator[Refusal]:
        """The refusals of each path by its name alone: with an initial response they may mean the form, not NTLM.

        Unless this asking never used the name. Where several machines answer at one address each may have its own.
        """
        seen: set[tuple[Door | None, str]] = set()
        by_name = {_path_of(each) for each in self._refusals if each.opening is Opening.NAME}
        for each in self._refusals:
            if each.asked is not Asked.MECHANISM:
                continue
            if each.opening is not Opening.NAME and (_path_of(each) in by_name or _may_mean_the_form(each)):
                continue
            if (each.via, each.text) not in seen:
                seen.add((each.via, each.text))
                yield each

    def reason_of(self, refusal: Refusal) -> Reason:
        """The first that applies: its own words, what the initial response was answered, the controls."""
        if self._was_taken(refusal.via) or self._initial_response_contradicts(refusal):
            return Reason.REFUSAL_UNCLEAR
        if (by_words := self._by_words(refusal)) is not None:
            return by_words
        if self._is_no_command(refusal):
            return Reason.AUTHENTICATION_NOT_OFFERED
        if self._initial_response_settles(refusal):
            return Reason.REFUSED
        return self._by_mechanisms(refusal)

    def _was_taken(self, door: Door | None) -> bool:
        """Whether this door was open a moment ago to another first message, and what it carries is not known."""
        return door in self._were_taken

    def _by_words(self, refusal: Refusal) -> Reason | None:
        """What an understood text proves; contradicted by the server's own list it proves nothing by itself."""
        match refusal.standing:
            case Standing.NO_SUCH_MECHANISM if not self._is_listed(refusal):
                return None if speaks_of_another(refusal.text, refusal.mechanism) else Reason.REFUSED
            case Standing.TLS_REQUIRED if self._security is Security.PLAIN:
                return Reason.TLS_REQUIRED if self._offers_tls else Reason.TLS_REQUIRED_BUT_ABSENT
            case Standing.NO_AUTHENTICATION if not self._listed.get(Door.AUTH):
                return Reason.AUTHENTICATION_NOT_OFFERED
            case Standing.UNCLEAR if self._lists_nothing_before_tls() and not asks_for_more(refusal.text):
                return Reason.TLS_REQUIRED
            case Standing.UNCLEAR if self._is_unknown_here(refusal):
                return Reason.REFUSED
            case _:
                return None

    def _is_unknown_here(self, refusal: Refusal) -> bool:
        """Whether a command of its own is none here: its refusal says so and no more, or is that of an invented one."""
        words = OWN_COMMANDS.get(refusal.via, ())
        if not words or refusal.mechanism.upper() in self._listed.get(refusal.via or Door.AUTH, ()):
            return False
        if says_no_command(self._protocol, refusal.text, refusal.mechanism, *words):
            return True
        ours = (refusal.text, refusal.mechanism)
        invented = self._answers(Control.UNKNOWN_COMMAND)
        return any(are_alike(self._protocol, ours, (each.text, each.sent), *words) for each in invented)

    def _lists_nothing_before_tls(self) -> bool:
        """ManageSieve's list may be empty only where TLS has to be negotiated first (RFC 5804 section 1.7)."""
        is_empty = Door.AUTH in self._listed and not self._listed[Door.AUTH]
        return self._protocol == "managesieve" and self._security is Security.PLAIN and is_empty and self._offers_tls

    def _is_listed(self, refusal: Refusal) -> bool:
        door = refusal.via if refusal.via in self._listed else Door.AUTH
        return refusal.mechanism.upper() in self._listed.get(door or Door.AUTH, ())

    def _is_no_command(self, refusal: Refusal) -> bool:
        """Whether AUTH is refused like a command that does not exist and unlike one that does.

        In words that say so: who refuses all but a goodbye may be starting up, or may not want us.
        """
        if not says_no_command(self._protocol, refusal.text, refusal.mechanism, *_VERBS):
            return False
        invented, known = self._answers(Control.UNKNOWN_COMMAND), self._answers(Control.KNOWN_COMMAND)
        if self._listed.get(Door.AUTH) or not (invented and known) or not all(each.taken for each in known):
            return False
        return all(not each.taken and self._alike(refusal, each) for each in invented)

    def _initial_response_settles(self, refusal: Refusal) -> bool:
        """Whether a server that wants the initial response, given one, has no such mechanism, or Kerberos alone.

        Who tells the path by its name from a mechanism that does not exist knows it, and may take back what it says.
        """
        unknown = self._answers(Control.UNKNOWN_MECHANISM)
        is_like_unknown = not unknown or any(self._alike(refusal, each) for each in unknown)
        return refusal.via in self._kerberos or any(
            each.via is refusal.via
            and each.standing is Standing.NO_SUCH_MECHANISM
            and not self._is_listed(each)
            and not speaks_of_another(each.text, each.mechanism)
            and is_like_unknown
            for each in self._with_message
        )

    def _by_mechanisms(self, refusal: Refusal) -> Reason:
        """Refused like a mechanism that does not exist, and unlike one that is listed.

        One that is listed has to be taken, or wait for TLS or for its first message: other words may be those of its
        place on the connection ("one attempt left").
        """
        unknown, listed = self._answers(Control.UNKNOWN_MECHANISM), self._answers(Control.LISTED_MECHANISM)
        if any(each.taken for each in unknown) or not any(self._alike(refusal, each) for each in unknown):
            return Reason.REFUSAL_UNCLEAR
        if listed and all(each.taken or self._is_known(refusal, each) for each in listed):
            return Reason.REFUSED_LIKE_UNKNOWN
        return Reason.EVERYTHING_REFUSED

    def _is_known(self, refusal: Refusal, answer: ControlAnswer) -> bool:
        """Whether the server knows this listed mechanism: it asks for TLS or for the first message, and not of NTLM."""
        is_of_form = "initial" in answer.text.lower() or not answer.text.startswith(_OF_CREDENTIALS)
        if is_of_form and asks_for_more(answer.text) and not self._alike(refusal, answer):
            return True
        is_demanded = standing_of(self._protocol, answer.text) is Standing.TLS_REQUIRED
        return is_demanded and self._security is Security.PLAIN

    def _answers(self, control: Control) -> Sequence[ControlAnswer]:
        """All there are: where several machines answer at one address, each has its own."""
        return self._controls.get(control, ())

    def _initial_response_contradicts(self, refusal: Refusal) -> bool:
        """Whether the same mechanism, given its first message, was refused in other words that prove nothing.

        Who looks into the message knows the mechanism, however plainly its name was refused before. A BAD of IMAP is
        about the form: not every server takes initial responses (RFC 4959).
        """
        if refusal.standing not in (Standing.NO_SUCH_MECHANISM, Standing.UNCLEAR):
            return False
        ours = (refusal.text, refusal.mechanism)
        return any(
            each.via is refusal.via
            and each.standing is Standing.UNCLEAR
            and not each.text.startswith("BAD ")
            and not are_alike(self._protocol, ours, (each.text, each.mechanism), *_VERBS)
            for each in self._with_message
        )

    def _alike(self, refusal: Refusal, other: ControlAnswer) -> bool:
        ours, theirs = (refusal.text, refusal.mechanism), (other.text, other.sent)
        return are_alike(self._protocol, ours, theirs, *_VERBS)


def _path_of(refusal: Refusal) -> tuple[Door | None, str]:
    return refusal.via, refusal.mechanism


def _may_mean_the_form(refusal: Refusal) -> bool:
    """IMAP's BAD may be about the initial response (RFC 4959), and a login by Kerberos fails with our message."""
    return refusal.text.startswith("BAD ") or refusal.via in NEGOTIATED
