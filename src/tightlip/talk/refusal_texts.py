"""The refusals that prove something, one table a protocol, each text with where it is known from."""

from typing import final

from msgspec import Struct

from tightlip.model.facts import Standing
from tightlip.talk.refusal_gist import gist

TLS, NO_MECHANISM, NO_AUTH = Standing.TLS_REQUIRED, Standing.NO_SUCH_MECHANISM, Standing.NO_AUTHENTICATION

_PLAIN_WORDING = "no product; how an administrator would word it"


@final
class Row(Struct, frozen=True):
    """A text, without code and status, that means ``standing`` as a whole; ``source`` says where it is said."""

    text: str
    standing: Standing
    source: str


def _rows(standing: Standing, texts: dict[str, str]) -> tuple[Row, ...]:
    return tuple(Row(text, standing, source) for text, source in texts.items())


# Said alike in several protocols: by a server of all of them, or by the SASL library below it.
_EVERYWHERE = (
    *_rows(
        NO_MECHANISM,
        {
            "Unsupported authentication mechanism.": "Dovecot 2.2-2.4, login-common",
            "no mechanism available": "Cyrus SASL, SASL_NOMECH",
            "authenticating: no mechanism available": "Cyrus IMAP 3, pop3d",
            "Error: authentication failed: no mechanism available": "Postfix with Cyrus SASL",
            "Error: authentication failed: Invalid authentication mechanism: 'NTLM'": "Postfix with Dovecot SASL",
            "Error: authentication failed: Invalid authentication mechanism": "Postfix 3 with Dovecot SASL",
            "NTLM authentication mechanism not supported": "Exim 4, smtp_in.c",
            "Authentication mechanism not supported.": "Stalwart",
            "Unrecognized Authentication Type": "Exchange; Apache James; aiosmtpd; Gmail",
            "failed. Authentication mechanism is unsupported.": "Apache James, HumanReadableText",
            "Unsupported Authenticate mechanism.": "hMailServer, IMAP",
            "Unsupported authentication method": _PLAIN_WORDING,
            "unsupported SASL mechanism": "WildDuck, POP3",
            "SASL mechanism not supported": "go-imap, imapserver",
            "mechanism NTLM not supported": "mox, smtpserver",
            "mechanism not supported: NTLM": "Zimbra, ImapHandler",
            "Unimplemented authentication mechanism: NTLM": "qpsmtpd",
            "auth type unimplemented (#5.5.1)": "qmail with the AUTH patches, indimail",
            "Invalid authentication mechanism specified": "DBMail, IMAP",
            "Invalid authenticate mechanism": "Cyrus IMAP 3, imapd",
            "NTLM mechanism not supported, mate": "perdition, IMAP",
            "Unknown SASL mechanism, mate": "perdition, ManageSieve",
            'AUTH method "NTLM" not supported': "OpenSMTPD, smtp_session.c",
            "NTLM authentication is not enabled": _PLAIN_WORDING,
            "AUTH NTLM unsupported": "the lab's conversations",
            "mechanism not supported": "Zimbra, Pop3Handler",
            "unsupported mechanism": "the lab's conversations",
            "no such mechanism": "the lab's conversations",
            "unknown mechanism": _PLAIN_WORDING,
            "No such authentication mechanism": _PLAIN_WORDING,
            "Unknown authentication mechanism": _PLAIN_WORDING,
            "Unknown SASL mechanism": _PLAIN_WORDING,
            "Mechanism not recognized": "RFC 4643 section 2.4.2",
            "mechanism unknown": _PLAIN_WORDING,
            "Server does not support NTLM": _PLAIN_WORDING,
            "NTLM not supported by this server": _PLAIN_WORDING,
            "Authentication mechanism not supported by server": _PLAIN_WORDING,
            "Authentication failed: mechanism not supported": _PLAIN_WORDING,
            "Authentication failed: unknown mechanism": _PLAIN_WORDING,
            "Unsupported or unknown authentication mechanism": _PLAIN_WORDING,
            "Unknown or unsupported authentication mechanism": _PLAIN_WORDING,
            "The requested authentication mechanism is not supported": _PLAIN_WORDING,
            "Nicht unterstützter Authentifizierungsmechanismus": "German; " + _PLAIN_WORDING,
            "Authentifizierungsmethode wird nicht unterstützt": "German; " + _PLAIN_WORDING,
            "Unbekannter Authentifizierungsmechanismus": "German; " + _PLAIN_WORDING,
            "Mécanisme d'authentification non supporté": "French; " + _PLAIN_WORDING,
            "Mécanisme d'authentification inconnu": "French; " + _PLAIN_WORDING,
            "Mecanismo de autenticación no soportado": "Spanish; " + _PLAIN_WORDING,
            "Mecanismo de autenticación desconocido": "Spanish; " + _PLAIN_WORDING,
            "Meccanismo di autenticazione non supportato": "Italian; " + _PLAIN_WORDING,
            "Nieobsługiwany mechanizm uwierzytelniania": "Polish; " + _PLAIN_WORDING,
            "Nieznany mechanizm uwierzytelniania": "Polish; " + _PLAIN_WORDING,
            "Механизм аутентификации не поддерживается": "Russian; " + _PLAIN_WORDING,
            "Неподдерживаемый механизм аутентификации": "Russian; " + _PLAIN_WORDING,
            "Неизвестный механизм аутентификации": "Russian; " + _PLAIN_WORDING,
            "不支持的认证机制": "Chinese; " + _PLAIN_WORDING,
            "不支持的认证方式": "Chinese; " + _PLAIN_WORDING,
            "未知的认证机制": "Chinese; " + _PLAIN_WORDING,
            "サポートされていない認証方式です": "Japanese; " + _PLAIN_WORDING,
            "認証方式がサポートされていません": "Japanese; " + _PLAIN_WORDING,
        },
    ),
    *_rows(
        TLS,
        {
            "Authentication not allowed until SSL/TLS is enabled.": "Dovecot 2.2-2.3, login-common",
            "Authentication disallowed on non-secure (SSL/TLS) connections.": "Dovecot 2.4, login-common",
            "Plaintext authentication disallowed on non-secure (SSL/TLS) connections.": "Dovecot 2.2-2.3",
            "Cleartext authentication disallowed on non-secure (SSL/TLS) connections.": "Dovecot 2.4",
            "AUTH command only available under a layer": "Cyrus IMAP 3, pop3d",
            "USER command only available under a layer": "Cyrus IMAP 3, pop3d",
            "Authenticate only available under a layer": "Cyrus IMAP 3, imapd and timsieved",
            "Login only available under a layer": "Cyrus IMAP 3, imapd",
            "AUTHINFO SASL command only available under a layer": "Cyrus IMAP 3, nntpd",
            "AUTHINFO USER command only available under a layer": "Cyrus IMAP 3, nntpd",
            "encryption needed to use mechanism": "Cyrus SASL, SASL_ENCRYPT",
            "authenticating: encryption needed to use mechanism": "Cyrus IMAP 3, pop3d",
            "Must issue a STARTTLS command first": "Postfix, Dovecot submission, RFC 3207 section 4",
            "You must issue a STARTTLS command first": _PLAIN_WORDING,
            "Encryption required for requested authentication mechanism": "RFC 4954 section 6; Postfix",
            "Encryption required": "INN, nnrpd",
            "Encryption Needed": "RFC 5248",
            "A SSL/TLS-connection is required for authentication.": "hMailServer",
            "STLS is required.": "hMailServer, POP3",
            "STARTTLS is required.": "hMailServer",
            "TLS required.": "the lab's conversations",
            "STARTTLS required first": "the lab's conversations",
            "SSL required": "Dovecot 2.2, director",
            "Please use STLS first": _PLAIN_WORDING,
            "Use STARTTLS first": _PLAIN_WORDING,
            "Please start TLS first": _PLAIN_WORDING,
            "STARTTLS first": _PLAIN_WORDING,
            "only valid after entering TLS mode": "Zimbra, Pop3Handler",
            "Run STARTTLS first": "WildDuck, IMAP",
            "try STARTTLS first": "DBMail, IMAP",
            "TLS is required": "go-smtp",
            "TLS is required to authenticate": "go-imap, imapserver",
            "tls required for login": "mox, imapserver",
            "authentication requires tls": "mox, smtpserver",
            "SSL/TLS required before AUTH": "qpsmtpd",
            "must issue STARTTLS first (#5.7.0)": "indimail",
            "auth not available without TLS (#5.3.3)": "qmail with the AUTH patches",
            "TLS required to log in": "Courier, pop3login.c",
            "this mechanism requires a secure connection": _PLAIN_WORDING,
            "this mechanism requires TLS": _PLAIN_WORDING,
            "Authentication requires TLS": _PLAIN_WORDING,
            "Authentication requires a secure connection": _PLAIN_WORDING,
            "requires TLS": _PLAIN_WORDING,
            "You must use TLS": _PLAIN_WORDING,
            "You must use TLS before authentication": _PLAIN_WORDING,
            "TLS required for authentication": _PLAIN_WORDING,
            "TLS required before authentication": _PLAIN_WORDING,
            "STARTTLS required before authentication": _PLAIN_WORDING,
            "STARTTLS required before AUTH command": _PLAIN_WORDING,
            "AUTH not allowed before STARTTLS": _PLAIN_WORDING,
            "Authentication is only allowed over TLS": _PLAIN_WORDING,
            "Authentication only allowed on secure connections": _PLAIN_WORDING,
            "Authentication not allowed on insecure connection": _PLAIN_WORDING,
            "Authentication not allowed without TLS": _PLAIN_WORDING,
            "Secure connection required": _PLAIN_WORDING,
            "SSL connection required": _PLAIN_WORDING,
            "Encrypted connection required": _PLAIN_WORDING,
            "This server requires an encrypted connection": _PLAIN_WORDING,
            "Please use SSL": _PLAIN_WORDING,
            "Please enable SSL/TLS": _PLAIN_WORDING,
            "Secure connection is required for authentication": _PLAIN_WORDING,
            "Authentication is allowed only over TLS": _PLAIN_WORDING,
            "Authentication only allowed after STARTTLS": _PLAIN_WORDING,
            "Cannot authenticate without TLS": _PLAIN_WORDING,
            "You must negotiate TLSv1.2 (or newer)": _PLAIN_WORDING,
            "Verschlüsselung erforderlich": "German; " + _PLAIN_WORDING,
            "STARTTLS erforderlich": "German; " + _PLAIN_WORDING,
            "Sie müssen TLS verwenden": "German; " + _PLAIN_WORDING,
            "Anmeldung nur über eine verschlüsselte Verbindung möglich": "German; " + _PLAIN_WORDING,
            "Connexion sécurisée requise": "French; " + _PLAIN_WORDING,
            "Chiffrement requis": "French; " + _PLAIN_WORDING,
            "Vous devez utiliser TLS": "French; " + _PLAIN_WORDING,
            "Se requiere TLS": "Spanish; " + _PLAIN_WORDING,
            "Se requiere cifrado": "Spanish; " + _PLAIN_WORDING,
            "Debe usar TLS": "Spanish; " + _PLAIN_WORDING,
            "È richiesto TLS": "Italian; " + _PLAIN_WORDING,
            "Wymagane szyfrowanie": "Polish; " + _PLAIN_WORDING,
            "Требуется шифрование": "Russian; " + _PLAIN_WORDING,
            "Требуется TLS": "Russian; " + _PLAIN_WORDING,
            "Необходимо использовать TLS": "Russian; " + _PLAIN_WORDING,
            "需要TLS": "Chinese; " + _PLAIN_WORDING,
            "必须使用加密连接": "Chinese; " + _PLAIN_WORDING,
            "请先启用TLS": "Chinese; " + _PLAIN_WORDING,
            "暗号化が必要です": "Japanese; " + _PLAIN_WORDING,
            "TLSが必要です": "Japanese; " + _PLAIN_WORDING,
        },
    ),
    *_rows(
        NO_AUTH,
        {
            "Error: authentication not enabled": "Postfix, smtpd_sasl_proto.c",
            "Authentication not enabled.": "hMailServer, SMTP",
            "IMAP AUTHENTICATE is not enabled.": "hMailServer, IMAP",
            "SASL is not enabled": _PLAIN_WORDING,
        },
    ),
)

# AUTHINFO has ways besides SASL, so that NNTP has a row of its own for the like.
_MAIL = _rows(
    NO_AUTH,
    {
        "Authentication not implemented": "WildDuck",
        "Authentication not supported": "go-smtp",
        "no AUTH mechanisms supported": "DBMail, POP3",
    },
)

_SMTP = _rows(
    NO_AUTH,
    {
        "AUTH command used when not advertised": "Exim 4, smtp_in.c",
        "AUTH not advertised": _PLAIN_WORDING,
        "Authentication not advertised": _PLAIN_WORDING,
        "AUTH not available": "sendmail 8, srvrsmtp.c",
        "Authentication not available": _PLAIN_WORDING,
        "AUTH command is not available": _PLAIN_WORDING,
        "AUTH command is not enabled": _PLAIN_WORDING,
        "AUTH not supported": _PLAIN_WORDING,
        "AUTH not allowed.": "Stalwart, to AUTH before TLS",
        "AUTH command not supported": _PLAIN_WORDING,
        "Invalid command: Command not supported": "OpenSMTPD, smtp_session.c, to AUTH on a listener without it",
    },
)

# What adds nothing to a 504 of SMTP, by which RFC 4954 section 4 refuses a mechanism; by itself it would be too little.
BESIDE_504 = _rows(
    NO_MECHANISM,
    {
        "": "RFC 5321 section 4.2 lets the text be left out",
        "no": "the lab's conversations",
        "unsupported": _PLAIN_WORDING,
        "NTLM": _PLAIN_WORDING,
        "AUTH mechanism NTLM not available": "sendmail 8, srvrsmtp.c",
        "Command parameter not implemented": "RFC 5321 section 4.2.3",
        "Auth type unimplemented - weren't you listening?": "Java practice servers for SMTP",
        "Authentication mechanism disabled": _PLAIN_WORDING,
        "Authentication mechanism not allowed": _PLAIN_WORDING,
    },
)

_NNTP = _rows(
    NO_MECHANISM,
    {
        # Of this command alone: AUTHINFO GENERIC may know more.
        "SASL authentication unsupported": "INN, nnrpd/commands.c built without SASL",
        "No such authenticator ntlm": "INN, nnrpd/commands.c",
        "Bad AUTHINFO param": "INN, innd/nc.c, and nnrpd/commands.c built without SASL",
        "package not supported": "the lab's conversations, Exchange 2003",
    },
)

TABLES: dict[str, tuple[Row, ...]] = {
    "pop3": (*_EVERYWHERE, *_MAIL),
    "imap": (*_EVERYWHERE, *_MAIL),
    "smtp": (*_EVERYWHERE, *_MAIL, *_SMTP),
    "lmtp": (*_EVERYWHERE, *_MAIL, *_SMTP),
    "managesieve": (*_EVERYWHERE, *_MAIL),
    "nntp": (*_EVERYWHERE, *_NNTP),
}


def _by_gist(rows: tuple[Row, ...]) -> dict[str, Standing]:
    return {gist(row.text.lower()): row.standing for row in rows}


# What a text as a whole proves, by its gist.
PROVEN = {protocol: _by_gist(rows) for protocol, rows in TABLES.items()}
PROVEN_BESIDE_504 = _by_gist(BESIDE_504)
