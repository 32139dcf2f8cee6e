"""What tightlip must say of each real server in each of its configurations.

Written by hand: from what the servers were seen to say in raw conversations, from their configurations, and from
the definitions of the verdicts and rules. Nothing here was copied from tightlip's output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NAMES, EMPTY = ("discloses", "names"), ("offers", "empty_challenge")
REFUSED, TLS_FIRST = ("clean", "refused"), ("clean", "tls_required")

_DISCLOSES, _OFFERED, _BARE = "ntlm-discloses-host", "ntlm-offered", "ntlm-without-tls"
_CLEARTEXT, _CONTRADICTS = "cleartext-login-without-tls", "advertised-contradicts-accepted"
SEVERITIES = {_DISCLOSES: "medium", _OFFERED: "low", _BARE: "medium", _CLEARTEXT: "high", _CONTRADICTS: "info"}


@dataclass(frozen=True)
class State:
    """What is said of one TLS state: verdict and reason, the mechanisms listed, the rules that find something."""

    says: tuple[str, str]
    lists: str
    findings: tuple[str, ...] = ()

    @property
    def accepts(self) -> bool:
        """Whether NTLM is taken, and a challenge given, in this state."""
        return self.says[0] in ("discloses", "offers")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a server's challenge is read as, apart from its clock."""

    implementation: str
    fields: Mapping[str, str]
    has_clock: bool
    oddities: tuple[str, ...] = ()


_ALL = "PLAIN LOGIN NTLM"
_LEAKS = State(NAMES, _ALL, (_DISCLOSES,))
_LEAKS_BARE = State(NAMES, _ALL, (_DISCLOSES, _BARE, _CLEARTEXT))
_MENDED = State(REFUSED, "PLAIN LOGIN")
# Passwords are withheld until TLS is up, and NTLM is the one mechanism left in clear.
_NTLM_ALONE = State(NAMES, "NTLM", (_DISCLOSES, _BARE))
_WANTS_TLS = State(TLS_FIRST, "")
# These servers refuse before TLS as if there were no logins at all, and say nothing of TLS.
_NO_LOGINS = State(REFUSED, "")

_HIDES = State(NAMES, "PLAIN LOGIN", (_DISCLOSES, _CONTRADICTS))
_HIDES_BARE = State(NAMES, "PLAIN LOGIN", (_DISCLOSES, _CONTRADICTS, _BARE, _CLEARTEXT))
# Every plugin of Debian's libsasl2-modules; `noanonymous` keeps ANONYMOUS out.
_PLUGINS = "SCRAM-SHA-512 SCRAM-SHA-384 SCRAM-SHA-256 SCRAM-SHA-224 SCRAM-SHA-1 DIGEST-MD5 CRAM-MD5 NTLM PLAIN LOGIN"

# By server and variant: the state in clear, and the states with TLS.
STATES: Mapping[str, tuple[State, State]] = {
    "dovecot-leaky": (_LEAKS_BARE, _LEAKS),
    "dovecot-tls-required": (_WANTS_TLS, _LEAKS),
    "dovecot-fixed": (_WANTS_TLS, _MENDED),
    "dovecot-samba-leaky": (_LEAKS_BARE, _LEAKS),
    "dovecot-2.4-leaky": (_LEAKS_BARE, _LEAKS),
    "dovecot-2.4-tls-required": (_WANTS_TLS, _LEAKS),
    "dovecot-2.4-fixed": (_WANTS_TLS, _MENDED),
    "cyrus-leaky": (_LEAKS_BARE, _LEAKS),
    "cyrus-no-plaintext": (_NTLM_ALONE, _LEAKS),
    "cyrus-tls-required": (_WANTS_TLS, _LEAKS),
    "cyrus-fixed": (_NO_LOGINS, _MENDED),
    "postfix-cyrus-sasl-leaky": (_LEAKS_BARE, _LEAKS),
    "postfix-cyrus-sasl-unlisted": (
        State(NAMES, _PLUGINS, (_DISCLOSES, _BARE, _CLEARTEXT)),
        State(NAMES, _PLUGINS, (_DISCLOSES,)),
    ),
    "postfix-cyrus-sasl-commas": (_NTLM_ALONE, State(NAMES, "NTLM", (_DISCLOSES,))),
    "postfix-cyrus-sasl-hidden": (_HIDES_BARE, _HIDES),
    "postfix-cyrus-sasl-tls-required": (_NO_LOGINS, _LEAKS),
    "postfix-cyrus-sasl-fixed": (_NO_LOGINS, _MENDED),
    "postfix-dovecot-sasl-leaky": (_LEAKS_BARE, _LEAKS),
    "postfix-dovecot-sasl-hidden": (_HIDES_BARE, _HIDES),
    "postfix-dovecot-sasl-tls-required": (_NO_LOGINS, _LEAKS),
    "postfix-dovecot-sasl-fixed": (_NO_LOGINS, _MENDED),
    "exim-leaky": (State(EMPTY, "NTLM PLAIN", (_OFFERED, _BARE, _CLEARTEXT)), State(EMPTY, "NTLM PLAIN", (_OFFERED,))),
    "exim-tls-required": (_NO_LOGINS, State(EMPTY, "NTLM PLAIN", (_OFFERED,))),
    "exim-fixed": (_NO_LOGINS, State(REFUSED, "PLAIN")),
    "courier-leaky": (State(REFUSED, _ALL, (_CONTRADICTS, _CLEARTEXT)), State(REFUSED, _ALL, (_CONTRADICTS,))),
    "courier-fixed": (State(REFUSED, "PLAIN LOGIN", (_CLEARTEXT,)), _MENDED),
}

# Courier is given two lists by its configuration, and that of IMAP has no LOGIN.
LISTED_OTHERWISE = {
    ("courier-leaky", "imap"): "PLAIN NTLM",
    ("courier-fixed", "imap"): "PLAIN",
}

# The doors by which NTLM is accepted; Cyrus' NNTP opens the older one as well.
DOORS = {"nntp": ["auth", "generic"]}
USUAL_DOORS = ["auth"]

_DOMAIN_MEMBER = Told(
    implementation="windows",
    fields={
        "target_name": "CORPLAB",
        "netbios_computer_name": "POPSRV01",
        "netbios_domain_name": "CORPLAB",
        "dns_computer_name": "popsrv01.corp.lab.test",
        "dns_domain_name": "corp.lab.test",
        "dns_tree_name": "corp.lab.test",
        "product_version": "10.0.17763",
        # Several releases share build 17763; naming one of them would be a guess.
        "product": "Windows 10 1809, Server 2019 or Server 1809",
    },
    has_clock=True,
)
CHALLENGES: Mapping[str, Told] = {
    "dovecot": _DOMAIN_MEMBER,
    "dovecot-2.4": _DOMAIN_MEMBER,
    "postfix-dovecot-sasl": _DOMAIN_MEMBER,
    # A standalone Samba: domain, computer and target are one name, the DNS domain is there and empty, and
    # version 6.1.0 is a constant of its code, no build of Windows.
    "dovecot-samba": Told(
        implementation="samba",
        fields={
            "target_name": "LABHOST",
            "netbios_computer_name": "LABHOST",
            "netbios_domain_name": "LABHOST",
            "dns_computer_name": "labhost",
            "product_version": "6.1.0",
        },
        has_clock=True,
        oddities=("empty_name",),
    ),
    "cyrus": Told(implementation="cyrus", fields={"target_name": "CYR01.LAB.TEST"}, has_clock=False),
    "postfix-cyrus-sasl": Told(implementation="cyrus", fields={"target_name": "PF01.LAB.TEST"}, has_clock=False),
    # An empty target name at offset 0x2800 of 48 bytes, and a prompt of words where base64 belongs.
    "exim": Told(
        implementation="exim",
        fields={},
        has_clock=False,
        oddities=("field_out_of_range", "text_in_prompt"),
    ),
}
NO_CHALLENGE = Told(implementation="unknown", fields={}, has_clock=False)
