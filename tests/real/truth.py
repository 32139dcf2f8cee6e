"""What each real server does when it is asked for NTLM, by variant and TLS state: the truth the tests assert.

Written down from the servers' documentation and from watching them; nothing here is computed by tightlip.
"""

from __future__ import annotations

from dataclasses import dataclass

CHALLENGE, REFUSAL = "challenge", "refusal"


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One configuration of one server: what it does in clear and over TLS, and whether it offers NTLM there."""

    server: str
    variant: str
    clear: str
    secured: str
    offered_clear: bool
    offered_secured: bool

    def __str__(self) -> str:
        return f"{self.server}-{self.variant}"


def _both(server: str, variant: str, clear: str, secured: str) -> Truth:
    """A server that offers exactly what it answers."""
    return Truth(
        server=server,
        variant=variant,
        clear=clear,
        secured=secured,
        offered_clear=clear == CHALLENGE,
        offered_secured=secured == CHALLENGE,
    )


def _other(server: str, variant: str, does: str, offered: bool) -> Truth:
    """A server whose list of mechanisms and whose deeds differ, in clear and over TLS alike."""
    return Truth(
        server=server, variant=variant, clear=does, secured=does, offered_clear=offered, offered_secured=offered
    )


# In the order that needs the fewest reloads.
TRUTHS = [
    _both("dovecot", "leaky", CHALLENGE, CHALLENGE),
    _both("dovecot", "tls-required", REFUSAL, CHALLENGE),
    _both("dovecot", "fixed", REFUSAL, REFUSAL),
    _both("dovecot-samba", "leaky", CHALLENGE, CHALLENGE),
    _both("dovecot-2.4", "leaky", CHALLENGE, CHALLENGE),
    _both("dovecot-2.4", "tls-required", REFUSAL, CHALLENGE),
    _both("dovecot-2.4", "fixed", REFUSAL, REFUSAL),
    _both("cyrus", "leaky", CHALLENGE, CHALLENGE),
    _both("cyrus", "no-plaintext", CHALLENGE, CHALLENGE),
    _both("cyrus", "tls-required", REFUSAL, CHALLENGE),
    _both("cyrus", "fixed", REFUSAL, REFUSAL),
    _both("postfix-cyrus-sasl", "leaky", CHALLENGE, CHALLENGE),
    _both("postfix-cyrus-sasl", "unlisted", CHALLENGE, CHALLENGE),
    _both("postfix-cyrus-sasl", "commas", CHALLENGE, CHALLENGE),
    _other("postfix-cyrus-sasl", "hidden", CHALLENGE, offered=False),
    _both("postfix-cyrus-sasl", "tls-required", REFUSAL, CHALLENGE),
    _both("postfix-cyrus-sasl", "fixed", REFUSAL, REFUSAL),
    _both("postfix-dovecot-sasl", "leaky", CHALLENGE, CHALLENGE),
    _other("postfix-dovecot-sasl", "hidden", CHALLENGE, offered=False),
    _both("postfix-dovecot-sasl", "tls-required", REFUSAL, CHALLENGE),
    _both("postfix-dovecot-sasl", "fixed", REFUSAL, REFUSAL),
    _both("exim", "leaky", CHALLENGE, CHALLENGE),
    _both("exim", "tls-required", REFUSAL, CHALLENGE),
    _both("exim", "fixed", REFUSAL, REFUSAL),
    # Courier offers what it is told to offer and knows nothing of NTLM.
    _other("courier", "leaky", REFUSAL, offered=True),
    _both("courier", "fixed", REFUSAL, REFUSAL),
]

# How each server words a refusal: before TLS where that is asked for first, and otherwise.
REFUSALS: dict[str, tuple[str, str]] = {
    "dovecot": (
        r"-ERR \[AUTH\] Authentication not allowed until SSL/TLS is enabled"
        r"|a NO \[PRIVACYREQUIRED\]|530 5\.7\.0|NO \(ENCRYPT-NEEDED\)",
        r"-ERR \[AUTH\] Unsupported|a NO \[ALERT\] Unsupported|504 5\.5\.4|NO \"Unsupported",
    ),
    "dovecot-2.4": (
        r"-ERR \[AUTH\] Authentication disallowed on non-secure|a NO \[PRIVACYREQUIRED\]"
        r"|530 5\.7\.0|NO \(ENCRYPT-NEEDED\)",
        r"-ERR \[AUTH\] Unsupported|a NO \[ALERT\] Unsupported|504 5\.5\.4|NO \"Unsupported",
    ),
    "cyrus": (
        r"(-ERR \[AUTH\] |a NO |483 |NO \")(AUTH|Auth).*only available under a layer",
        r"(-ERR \[AUTH\] authenticating: |a NO |503 )no mechanism available|NO \"Authentication Error\"",
    ),
    "postfix-cyrus-sasl": (r"503 5\.5\.1", r"535 5\.7\.8 .*no mechanism available"),
    "postfix-dovecot-sasl": (r"503 5\.5\.1", r"535 5\.7\.8 .*Invalid authentication mechanism"),
    "exim": (r"503 AUTH command used when not advertised", r"504 NTLM authentication mechanism not supported"),
    "courier": ("", r"-ERR Authentication failed|a NO Login failed"),
}

# What the challenge names: UTF-16 in the target information, or the target name alone.
NAMES: dict[str, tuple[str, ...]] = {
    "dovecot": ("CORPLAB", "POPSRV01", "corp.lab.test", "popsrv01.corp.lab.test"),
    "dovecot-2.4": ("CORPLAB", "POPSRV01", "corp.lab.test", "popsrv01.corp.lab.test"),
    "dovecot-samba": ("LABHOST",),
    "cyrus": ("CYR01.LAB.TEST",),
    "postfix-cyrus-sasl": ("PF01.LAB.TEST",),
    "postfix-dovecot-sasl": ("CORPLAB", "POPSRV01", "corp.lab.test", "popsrv01.corp.lab.test"),
    "exim": (),
}
