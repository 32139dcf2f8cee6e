"""Passwords can be sent in clear text on a connection without TLS.

Flags:
    An endpoint in its plain state that lists PLAIN or LOGIN, or lets the protocol's own login command be used
    (USER in POP3, LOGIN in IMAP). tightlip reads what is listed; it never sends a password.

Why it matters:
    Whoever sees the traffic reads the password. Many clients fall back to this when TLS fails.

Mends it:
    Require TLS before any login, or offer the service on its TLS port only.

References:
    RFC 8314.
"""

from collections.abc import Iterator

from tightlip.model.endpoint import Security
from tightlip.model.finding import Severity
from tightlip.model.host_view import HostView
from tightlip.model.observation import Ending
from tightlip.rules._facts import cleartext_logins, mechanisms
from tightlip.rules._rule import REQUIRE_TLS, RFC_8314, Judgement, Rule, cleared, heard


def cleartext_login_without_tls(view: HostView) -> Iterator[Judgement]:
    """Judge every observation of the view by the condition on the page above."""
    for assessed in view.assessed:
        observation = assessed.observation
        if observation.endpoint.security is not Security.PLAIN:
            continue
        if logins := cleartext_logins(observation):
            yield heard(
                "cleartext-login-without-tls",
                assessed,
                Severity.HIGH,
                f"passwords may be sent in clear: {', '.join(logins)}",
                "listed before TLS",
                (REQUIRE_TLS,),
                (RFC_8314,),
            )
        elif mechanisms(observation) is not None and observation.ending is Ending.COMPLETED:
            yield cleared("cleartext-login-without-tls", assessed)


RULE = Rule(cleartext_login_without_tls, Severity.HIGH)
