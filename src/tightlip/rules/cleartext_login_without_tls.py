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
from tightlip.model.facts import PasswordWanted
from tightlip.model.finding import Severity
from tightlip.model.host_view import Assessed
from tightlip.rules._facts import cleartext_logins, is_proven_closed, mechanisms
from tightlip.rules._rule import REQUIRE_TLS, RFC_8314, Answer, Holds, Proven, Rule
from tightlip.talk.enforcement import Enforced, password_refusal


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
    return Proven.NOT if is_heard and isinstance(password_refusal(observation), Enforced) else None


RULE = Rule(condition=condition, severity=Severity.HIGH, references=(RFC_8314,))
