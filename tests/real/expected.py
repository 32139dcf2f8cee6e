"""What tightlip must say of each real server in each of its configurations.

Written by hand: from what the servers were seen to say in raw conversations, from their configurations, and from
the definitions of the verdicts and rules. Nothing here was copied from tightlip's output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NAMES, EMPTY = ("discloses", "names"), ("offers", "empty_challenge")
REFUSED, TLS_FIRST = ("clean", "refused"), ("clean", "tls_required")
NOT_OFFERED, LIKE_UNKNOWN = ("clean", "authentication_not_offered"), ("clean", "refused_like_unknown")
OUT_OF_STEP = ("inconclusive", "out_of_step")

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
# These servers list no login before TLS, and say that there is none.
_NO_LOGINS = State(NOT_OFFERED, "")
# This one says of each mechanism that there is none such.
_NO_MECHANISM = State(REFUSED, "")

_HIDES = State(NAMES, "PLAIN LOGIN", (_DISCLOSES, _CONTRADICTS))
_HIDES_BARE = State(NAMES, "PLAIN LOGIN", (_DISCLOSES, _CONTRADICTS, _BARE, _CLEARTEXT))
# The host's GSSAPI carries NTLM; nobody configured NTLM.
_CARRIES = State(NAMES, "PLAIN LOGIN GSSAPI", (_DISCLOSES,))
# Every plugin of Debian's libsasl2-modules; `noanonymous` keeps ANONYMOUS out.
_PLUGINS = "SCRAM-SHA-512 SCRAM-SHA-384 SCRAM-SHA-256 SCRAM-SHA-224 SCRAM-SHA-1 DIGEST-MD5 CRAM-MD5 NTLM PLAIN LOGIN"

# By server and variant: the state in clear, and the states with TLS.
STATES: Mapping[str, tuple[State, State]] = {
    "dovecot-leaky": (_LEAKS_BARE, _LEAKS),
    "dovecot-tls-required": (_WANTS_TLS, _LEAKS),
    "dovecot-fixed": (_WANTS_TLS, _MENDED),
    "dovecot-gssapi": (_WANTS_TLS, State(NAMES, "PLAIN GSSAPI", (_DISCLOSES,))),
    "dovecot-gssapi-keytab": (_WANTS_TLS, State(NAMES, "PLAIN GSSAPI", (_DISCLOSES,))),
    # The same list, and no plugin beside it.
    "dovecot-kerberos": (_WANTS_TLS, State(REFUSED, "PLAIN GSSAPI")),
    "dovecot-samba-leaky": (_LEAKS_BARE, _LEAKS),
    "dovecot-2.4-leaky": (_LEAKS_BARE, _LEAKS),
    "dovecot-2.4-tls-required": (_WANTS_TLS, _LEAKS),
    "dovecot-2.4-fixed": (_WANTS_TLS, _MENDED),
    "cyrus-leaky": (_LEAKS_BARE, _LEAKS),
    "cyrus-no-plaintext": (_NTLM_ALONE, _LEAKS),
    "cyrus-tls-required": (_WANTS_TLS, _LEAKS),
    "cyrus-fixed": (_NO_MECHANISM, _MENDED),
    "postfix-cyrus-sasl-leaky": (_LEAKS_BARE, _LEAKS),
    "postfix-cyrus-sasl-unlisted": (
        State(NAMES, _PLUGINS, (_DISCLOSES, _BARE, _CLEARTEXT)),
        State(NAMES, _PLUGINS, (_DISCLOSES,)),
    ),
    "postfix-cyrus-sasl-commas": (_NTLM_ALONE, State(NAMES, "NTLM", (_DISCLOSES,))),
    "postfix-cyrus-sasl-hidden": (_HIDES_BARE, _HIDES),
    "postfix-cyrus-sasl-tls-required": (_NO_LOGINS, _LEAKS),
    "postfix-cyrus-sasl-fixed": (_NO_LOGINS, _MENDED),
    "postfix-cyrus-sasl-gssapi": (_NO_LOGINS, _CARRIES),
    "postfix-cyrus-sasl-gssapi-hidden": (_NO_LOGINS, _HIDES),
    "postfix-cyrus-sasl-gssapi-keytab": (_NO_LOGINS, _CARRIES),
    "postfix-cyrus-sasl-gss-spnego": (_NO_LOGINS, State(NAMES, "PLAIN LOGIN GSS-SPNEGO", (_DISCLOSES,))),
    "postfix-cyrus-sasl-kerberos": (_NO_LOGINS, State(REFUSED, "PLAIN LOGIN GSSAPI")),
    "postfix-dovecot-sasl-leaky": (_LEAKS_BARE, _LEAKS),
    "postfix-dovecot-sasl-hidden": (_HIDES_BARE, _HIDES),
    "postfix-dovecot-sasl-tls-required": (_NO_LOGINS, _LEAKS),
    "postfix-dovecot-sasl-fixed": (_NO_LOGINS, _MENDED),
    "postfix-dovecot-sasl-gssapi": (_NO_LOGINS, State(NAMES, "PLAIN GSSAPI", (_DISCLOSES,))),
    "exim-leaky": (State(EMPTY, "NTLM PLAIN", (_OFFERED, _BARE, _CLEARTEXT)), State(EMPTY, "NTLM PLAIN", (_OFFERED,))),
    "exim-tls-required": (_NO_LOGINS, State(EMPTY, "NTLM PLAIN", (_OFFERED,))),
    "exim-fixed": (_NO_LOGINS, State(REFUSED, "PLAIN")),
    "exim-msn": (_NO_LOGINS, State(EMPTY, "MSN PLAIN", (_OFFERED,))),
    # It says "Authentication failed." to whatever it does not have, and takes what it lists.
    "courier-leaky": (
        State(LIKE_UNKNOWN, _ALL, (_CONTRADICTS, _CLEARTEXT)),
        State(LIKE_UNKNOWN, _ALL, (_CONTRADICTS,)),
    ),
    "courier-fixed": (State(LIKE_UNKNOWN, "PLAIN LOGIN", (_CLEARTEXT,)), State(LIKE_UNKNOWN, "PLAIN LOGIN")),
}

# By server, variant and protocol, where one protocol of a server is an exception.
EXCEPTIONS: Mapping[tuple[str, str], tuple[State, State]] = {
    # timsieved says "Authentication Error" to everything; in clear its list is empty, which is TLS first by RFC 5804.
    ("cyrus-fixed", "managesieve"): (State(TLS_FIRST, ""), State(LIKE_UNKNOWN, "PLAIN LOGIN")),
    # It answers AUTHENTICATE twice: the mechanism's name is read as a command of its own.
    ("cyrus-tls-required", "managesieve"): (State(TLS_FIRST, ""), _LEAKS),
}

# Courier is given two lists by its configuration, and that of IMAP has no LOGIN.
LISTED_OTHERWISE = {
    ("courier-leaky", "imap"): "PLAIN NTLM",
    ("courier-fixed", "imap"): "PLAIN",
}

# The door by which NTLM is accepted: of those that are open a scan asks for the first alone.
USUAL_DOORS = ["auth"]
# By server and variant, where NTLM goes by another name.
CARRIED = {
    "dovecot-gssapi": ["gssapi"],
    "dovecot-gssapi-keytab": ["gssapi"],
    "postfix-cyrus-sasl-gssapi": ["gssapi"],
    "postfix-cyrus-sasl-gssapi-hidden": ["gssapi"],
    "postfix-cyrus-sasl-gssapi-keytab": ["gssapi"],
    "postfix-cyrus-sasl-gss-spnego": ["spnego"],
    "postfix-dovecot-sasl-gssapi": ["gssapi"],
    "exim-msn": ["msn"],
}

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


def _by_gss_ntlmssp(host: str, domain: str, service: str = "") -> Told:
    """The host's names, a constant for a version, no DNS domain; the service where one was configured (pair 9)."""
    fields = {
        "target_name": host.upper(),
        "netbios_computer_name": host.upper(),
        # Its constant for a host without winbind.
        "netbios_domain_name": "WORKSTATION",
        "dns_computer_name": f"{host}.{domain}",
        "product_version": "6.2.0",
    }
    if service:
        fields["service_name"] = f"{service}/{host}.{domain}"
    return Told(implementation="gss-ntlmssp", fields=fields, has_clock=True)


_POSTFIX_CARRIES = _by_gss_ntlmssp("pf01", "lab.test", "smtp")
_DOVECOT_CARRIES = _by_gss_ntlmssp("popsrv01", "lab.test")
# By server, and where it differs by server and variant, and by protocol.
CHALLENGES: Mapping[str, Told] = {
    "dovecot-gssapi": _DOVECOT_CARRIES,
    "postfix-dovecot-sasl-gssapi": _DOVECOT_CARRIES,
    "dovecot-gssapi-keytab-pop3": _by_gss_ntlmssp("popsrv01", "lab.test", "pop"),
    "dovecot-gssapi-keytab-imap": _by_gss_ntlmssp("popsrv01", "lab.test", "imap"),
    "dovecot-gssapi-keytab-smtp": _by_gss_ntlmssp("popsrv01", "lab.test", "submission"),
    "dovecot-gssapi-keytab-managesieve": _by_gss_ntlmssp("popsrv01", "lab.test", "sieve"),
    "postfix-cyrus-sasl-gssapi": _POSTFIX_CARRIES,
    "postfix-cyrus-sasl-gssapi-hidden": _POSTFIX_CARRIES,
    "postfix-cyrus-sasl-gssapi-keytab": _POSTFIX_CARRIES,
    "postfix-cyrus-sasl-gss-spnego": _POSTFIX_CARRIES,
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
# The answer to the goodbye is another's, and its own comes late.
NO_ORDER = Told(implementation="unknown", fields={}, has_clock=False, oddities=("out_of_step", "out_of_step"))
