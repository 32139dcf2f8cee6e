"""Passwords can be sent in clear text on a connection without TLS.

Flags:
    An endpoint in its plain state that lists PLAIN or LOGIN, or lets the protocol's own login command be used
    (USER in POP3, LOGIN in IMAP). A scan reads what is listed; verify also begins a login, and never sends a
    password. What a configuration says of it is flagged by plaintext-without-tls. The finding is closed by a
    thorough clean asking that reads the list and has the server's word for it: TLS first, no authentication here,
    or verify's question for a password refused by words that are understood. A list without logins is no proof.

Why it matters:
    Whoever sees the traffic reads the password. Many clients fall back to this when TLS fails.

Mends it:
    Require TLS before any login, or offer the service on its TLS port only.

References:
    RFC 8314.
"""

from tightlip.model.endpoint import Security
from tightlip.model.facts import Door, PasswordRefused, PasswordWanted, Standing
from tightlip.model.finding import Severity
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Observation
from tightlip.model.verdict import Reason
from tightlip.rules._facts import cleartext_logins, is_proven_closed, mechanisms
from tightlip.rules._rule import REQUIRE_TLS, RFC_8314, Answer, Holds, Proven, Rule
from tightlip.talk.grounds import grounds_of

_USER = "USER"
_TAKES_USER = frozenset({"nntp", "pop3"})
_HAS_LOGIN_COMMAND = _TAKES_USER | {"imap"}
_NOT_NOW = frozenset({Standing.BANNED, Standing.TEMPORARY})
_UNDERSTOOD = frozenset({Standing.NO_AUTHENTICATION, Standing.NO_SUCH_MECHANISM, Standing.TLS_REQUIRED})


def condition(assessed: Assessed) -> Answer:
    """Whether a clear-text login is listed or taken in the plain state; a list without one proves nothing alone."""
    observation = assessed.observation
    if observation.endpoint.security is not Security.PLAIN:
        return None
    if wanted := [fact.by for fact in observation.facts if type(fact) is PasswordWanted]:
        return Holds(
            summary=f"passwords may be sent in clear: {', '.join(wanted)}",
            proof="asked for before TLS, and the password was waited for",
            remediations=(REQUIRE_TLS,),
        )
    if logins := cleartext_logins(observation):
        return Holds(
            summary=f"passwords may be sent in clear: {', '.join(logins)}",
            proof="listed before TLS",
            remediations=(REQUIRE_TLS,),
        )
    is_heard = is_proven_closed(assessed) and mechanisms(observation) is not None
    return Proven.NOT if is_heard and _are_logins_refused(observation) else None


def _are_logins_refused(observation: Observation) -> bool:
    """Whether the server says itself that passwords have to wait: servers take what they do not list."""
    asked = [fact for fact in observation.facts if type(fact) is PasswordRefused]
    if any(fact.standing in _NOT_NOW for fact in asked):
        return False
    if _are_all_refused(observation):
        return True
    by = {fact.by for fact in asked}
    is_whole = bool(by) and (_USER in by or observation.endpoint.protocol not in _TAKES_USER)
    return is_whole and all(fact.standing in _UNDERSTOOD for fact in asked)


def _are_all_refused(observation: Observation) -> bool:
    """Whether NTLM was refused in words that hold for any login: TLS first, or no authentication here."""
    endpoint = observation.endpoint
    grounds = grounds_of(endpoint.protocol, endpoint.security, observation.facts)
    reasons = {ground.reason for ground in grounds if ground.refusal.via is Door.AUTH}
    # Without AUTH there are still USER and LOGIN.
    sufficient = {Reason.TLS_REQUIRED}
    if endpoint.protocol not in _HAS_LOGIN_COMMAND:
        sufficient.add(Reason.AUTHENTICATION_NOT_OFFERED)
    return bool(reasons) and reasons <= sufficient


RULE = Rule(condition=condition, severity=Severity.HIGH, references=(RFC_8314,))
