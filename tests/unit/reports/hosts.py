"""The example hosts: an Exchange and a Samba server that leak, one that is clean, one that is hostile, one silent."""

from base64 import b64encode
from datetime import UTC, datetime

from tests.unit.reports.challenges import EXCHANGE, EXIM, SAMBA
from tests.unit.reports.examples import entry, finding, lines, pop3
from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.facts import (
    Acceptance,
    Asked,
    Banner,
    Challenge,
    Door,
    LoginCommand,
    Mechanisms,
    Refusal,
    Standing,
    TlsState,
    Upgrade,
)
from tightlip.model.finding import FindingState, Severity
from tightlip.model.observation import Ending
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Assessment, Reason, Verdict

CLOCK = datetime(2026, 12, 4, 9, 0, tzinfo=UTC)
MAIL = "mail.example.org"
TYPE1 = "TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGNFAAAADw=="

EXCHANGE_SAID = Disclosure(
    "CORP",
    "EX01",
    "CORP",
    "ex01.corp.example.org",
    "corp.example.org",
    "example.org",
    "10.0.17763",
    "Windows 10 1809, Server 2019 or Server 1809",
    CLOCK,
)
EXCHANGE_POP3 = pop3(MAIL)
EXCHANGE_LEAK = entry(
    0,
    EXCHANGE_POP3,
    Assessment(Verdict.DISCLOSES, Reason.NAMES),
    [
        Banner("The Microsoft Exchange POP3 service is ready."),
        LoginCommand("USER"),
        Mechanisms(("NTLM", "GSSAPI", "PLAIN")),
        Acceptance(Door.AUTH),
        Challenge(Door.AUTH, EXCHANGE, EXCHANGE_SAID, Implementation.WINDOWS, "AV pairs in the order of Windows"),
    ],
    lines(f"""
        S: +OK The Microsoft Exchange POP3 service is ready.
        C: CAPA
        S: +OK
        S: SASL NTLM GSSAPI PLAIN
        S: .
        C: AUTH NTLM
        S: +
        C: {TYPE1}
        S: + {b64encode(EXCHANGE).decode()}
        C: *
        S: -ERR The AUTH protocol exchange was canceled by the client.
        C: QUIT
    """),
    [
        (
            finding(
                "ntlm-discloses-host",
                EXCHANGE_POP3,
                Severity.MEDIUM,
                "The NTLM challenge names the host EX01 in CORP.",
                "netbios_computer_name: EX01",
                "product_version: 10.0.17763",
            ),
            FindingState.OPEN,
        ),
        (
            finding("ntlm-without-tls", EXCHANGE_POP3, Severity.HIGH, "NTLM is accepted without TLS.", "AUTH NTLM: +"),
            FindingState.REGRESSED,
        ),
        (
            finding(
                "cleartext-login-without-tls",
                EXCHANGE_POP3,
                Severity.HIGH,
                "PLAIN and USER can be used without TLS.",
                "SASL NTLM GSSAPI PLAIN",
            ),
            FindingState.ACCEPTED,
        ),
        (
            finding("tls-obsolete", EXCHANGE_POP3, Severity.LOW, "TLS 1.0 was negotiated.", "TLSv1"),
            FindingState.FIXED,
        ),
    ],
)

SAMBA_POP3 = pop3("files.example.org", Security.STARTTLS)
TLS = TlsState(
    "TLSv1.3",
    "TLS_AES_256_GCM_SHA384",
    ("files.example.org", "*.files.example.org"),
    "CN=Example CA",
    datetime(2027, 3, 1, 12, 0, tzinfo=UTC),
    False,
    True,
)
SAMBA_LEAK = entry(
    1,
    SAMBA_POP3,
    Assessment(Verdict.DISCLOSES, Reason.NAMES),
    [
        Banner("Dovecot ready."),
        Upgrade(True, True, "+OK Begin TLS negotiation now."),
        TLS,
        Mechanisms(("PLAIN", "NTLM")),
        Acceptance(Door.AUTH),
        Challenge(
            Door.AUTH,
            SAMBA,
            Disclosure("FILER", "FILER", "FILER", "filer", None, None, "6.1.0", None, CLOCK),
            Implementation.SAMBA,
            "version 6.1 build 0",
            (Oddity(OddityName.EMPTY_NAME, "DNS domain name", 98),),
        ),
    ],
    lines(f"""
        S: +OK Dovecot ready.
        C: STLS
        S: +OK Begin TLS negotiation now.
        -: TLSv1.3 TLS_AES_256_GCM_SHA384
        C: AUTH NTLM
        S: +
        C: {TYPE1}
        S: + {b64encode(SAMBA).decode()}
        C: *
    """),
    [
        (
            finding("ntlm-discloses-host", SAMBA_POP3, Severity.MEDIUM, "The NTLM challenge names the host FILER."),
            FindingState.OPEN,
        )
    ],
    "192.0.2.11",
)

CLEAN_TLS = entry(
    2,
    pop3(MAIL, Security.IMPLICIT),
    Assessment(Verdict.CLEAN, Reason.REFUSED, "-ERR [AUTH] Unsupported authentication mechanism."),
    [
        TLS,
        Banner("Dovecot ready."),
        Mechanisms(("PLAIN", "LOGIN")),
        Refusal(Asked.MECHANISM, Standing.PERMANENT, "-ERR [AUTH] Unsupported authentication mechanism.", Door.AUTH),
    ],
    lines("""
        -: TLSv1.3 TLS_AES_256_GCM_SHA384
        S: +OK Dovecot ready.
        C: AUTH NTLM
        S: -ERR [AUTH] Unsupported authentication mechanism.
        C: QUIT
    """),
)

OFFERS = entry(
    3,
    Endpoint("relay.example.org", 25, "smtp", Security.PLAIN),
    Assessment(Verdict.OFFERS, Reason.EMPTY_CHALLENGE),
    [
        Mechanisms(("NTLM",)),
        Acceptance(Door.AUTH),
        Challenge(Door.AUTH, EXIM, Disclosure(), Implementation.EXIM, "empty target at offset 10240"),
    ],
    lines("S: 220 relay ESMTP Exim\nC: EHLO [192.0.2.99]\nS: 250 AUTH NTLM\nC: AUTH NTLM"),
    address="192.0.2.12",
)

SILENT = entry(
    4,
    Endpoint("relay.example.org", 143, "imap", Security.PLAIN),
    Assessment(Verdict.UNREACHABLE, Reason.CONNECTION_REFUSED),
    address="192.0.2.12",
    ending=Ending.CONNECTION_REFUSED,
)

ALL = (EXCHANGE_LEAK, SAMBA_LEAK, CLEAN_TLS, OFFERS, SILENT)
