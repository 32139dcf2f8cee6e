"""What each real server does when it is asked for NTLM, by any name, by variant and TLS state: what the tests assert.

Written down from the servers' documentation and from watching them; nothing here is computed by tightlip.
"""

from __future__ import annotations

from dataclasses import dataclass

CHALLENGE, REFUSAL = "challenge", "refusal"


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One configuration of one server: what it does in clear and over TLS, and whether it offers NTLM there.

    NTLM goes by the name of `carrier`: what is asked for, and looked for in the offers.
    """

    server: str
    variant: str
    clear: str
    secured: str
    offered_clear: bool
    offered_secured: bool
    carrier: str = "NTLM"

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


def _under_tls(server: str, variant: str, carrier: str, offered: str = "offered") -> Truth:
    """A server that refuses in clear, and with TLS gives the challenge to whoever asks for another mechanism."""
    return Truth(
        server=server,
        variant=variant,
        clear=REFUSAL,
        secured=CHALLENGE,
        offered_clear=False,
        offered_secured=offered == "offered",
        carrier=carrier,
    )


# In the order that needs the fewest reloads.
TRUTHS = [
    _both("dovecot", "leaky", CHALLENGE, CHALLENGE),
    _both("dovecot", "tls-required", REFUSAL, CHALLENGE),
    _both("dovecot", "fixed", REFUSAL, REFUSAL),
    _under_tls("dovecot", "gssapi", "GSSAPI"),
    _under_tls("dovecot", "gssapi-keytab", "GSSAPI"),
    _both("dovecot", "kerberos", REFUSAL, REFUSAL),
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
    _under_tls("postfix-cyrus-sasl", "gssapi", "GSSAPI"),
    _under_tls("postfix-cyrus-sasl", "gssapi-hidden", "GSSAPI", offered="hidden"),
    _under_tls("postfix-cyrus-sasl", "gssapi-keytab", "GSSAPI"),
    _under_tls("postfix-cyrus-sasl", "gss-spnego", "GSS-SPNEGO"),
    _both("postfix-cyrus-sasl", "kerberos", REFUSAL, REFUSAL),
    _both("postfix-dovecot-sasl", "leaky", CHALLENGE, CHALLENGE),
    _other("postfix-dovecot-sasl", "hidden", CHALLENGE, offered=False),
    _both("postfix-dovecot-sasl", "tls-required", REFUSAL, CHALLENGE),
    _both("postfix-dovecot-sasl", "fixed", REFUSAL, REFUSAL),
    _under_tls("postfix-dovecot-sasl", "gssapi", "GSSAPI"),
    _both("exim", "leaky", CHALLENGE, CHALLENGE),
    _both("exim", "tls-required", REFUSAL, CHALLENGE),
    _both("exim", "fixed", REFUSAL, REFUSAL),
    _under_tls("exim", "msn", "MSN"),
    # Courier offers what it is told to offer and knows nothing of NTLM.
    _other("courier", "leaky", REFUSAL, offered=True),
    _both("courier", "fixed", REFUSAL, REFUSAL),
]

# What is asked for in each configuration.
CARRIERS = {(truth.server, truth.variant): truth.carrier for truth in TRUTHS}

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
NAMES: dict[tuple[str, str], tuple[str, ...]] = {
    ("dovecot", "leaky"): ("CORPLAB", "POPSRV01", "corp.lab.test", "popsrv01.corp.lab.test"),
    ("dovecot-2.4", "leaky"): ("CORPLAB", "POPSRV01", "corp.lab.test", "popsrv01.corp.lab.test"),
    ("dovecot-samba", "leaky"): ("LABHOST",),
    ("cyrus", "leaky"): ("CYR01.LAB.TEST",),
    ("postfix-cyrus-sasl", "leaky"): ("PF01.LAB.TEST",),
    ("postfix-dovecot-sasl", "leaky"): ("CORPLAB", "POPSRV01", "corp.lab.test", "popsrv01.corp.lab.test"),
    ("exim", "leaky"): (),
    ("exim", "msn"): (),
    ("dovecot", "gssapi"): ("POPSRV01", "WORKSTATION", "popsrv01.lab.test"),
    # With a name of its own configured it says for which service as well.
    ("dovecot", "gssapi-keytab"): ("POPSRV01", "WORKSTATION", "popsrv01.lab.test", "/popsrv01.lab.test"),
    ("postfix-cyrus-sasl", "gssapi"): ("PF01", "WORKSTATION", "pf01.lab.test", "smtp/pf01.lab.test"),
    ("postfix-cyrus-sasl", "gssapi-hidden"): ("PF01", "WORKSTATION", "pf01.lab.test", "smtp/pf01.lab.test"),
    ("postfix-cyrus-sasl", "gssapi-keytab"): ("PF01", "WORKSTATION", "pf01.lab.test", "smtp/pf01.lab.test"),
    ("postfix-cyrus-sasl", "gss-spnego"): ("PF01", "WORKSTATION", "pf01.lab.test", "smtp/pf01.lab.test"),
    ("postfix-dovecot-sasl", "gssapi"): ("POPSRV01", "WORKSTATION", "popsrv01.lab.test"),
}
