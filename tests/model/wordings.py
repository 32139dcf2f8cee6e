"""What mail and news servers say when they refuse: of a mechanism, for now, for us, before TLS, or for want of more.

Lines stand as they go over the wire, without the tag of IMAP. They are the words of known products and of their
administrators, gathered for these servers alone: none was taken from the tables that are tested with them.
"""

NUMBERED = ("smtp", "lmtp")

# A mechanism that is not there, said so that nothing else can be meant.
CLEAR = {
    "smtp": (
        "504 5.7.4 Unrecognized authentication type",
        "504 5.5.4 Unrecognized authentication type",
        "504 AUTH mechanism not supported",
        "535 5.7.8 Error: authentication failed: Invalid authentication mechanism",
        "504 5.3.3 AUTH mechanism %s not available",
        "504 %s authentication mechanism not supported",
        "504 5.5.1 Unrecognised authentication mechanism",
    ),
    "pop3": (
        "-ERR Unsupported authentication mechanism.",
        "-ERR [AUTH] unsupported SASL mechanism",
        "-ERR unknown mechanism",
        "-ERR [SYS/PERM] Unknown authentication mechanism %s",
        "-ERR authenticating: no mechanism available",
    ),
    "imap": (
        "NO Unsupported authentication mechanism.",
        "NO no mechanism available",
        "BAD Unsupported authentication mechanism",
        "NO [CANNOT] Unsupported authentication mechanism",
        "NO unknown authentication mechanism %s",
    ),
    "managesieve": (
        'NO "Unsupported authentication mechanism."',
        'NO "no mechanism available"',
        'NO "Unknown SASL mechanism"',
    ),
    "nntp": (
        "503 Mechanism not recognized",
        "503 Unsupported authentication mechanism",
        "503 5.5.4 No such mechanism",
    ),
}

# A refusal that may mean anything.
UNCLEAR = {
    "smtp": (
        "535 5.7.8 Error: authentication failed:",
        "535 5.7.3 Authentication unsuccessful",
        "535 Incorrect authentication data",
        "501 5.5.4 Invalid arguments",
        "550 5.7.1 Access denied",
        "535 5.7.0 Nope",
        "504 5.5.4 Command parameter refused by policy",
        "503 5.5.1 Bad sequence of commands",
    ),
    "pop3": (
        "-ERR",
        "-ERR [AUTH] Authentication failed.",
        "-ERR Permission denied",
        "-ERR Logon failure: unknown user name or bad password.",
        "-ERR Invalid command or argument",
        "-ERR Protocol error. 14",
    ),
    "imap": (
        "NO [AUTHENTICATIONFAILED] Authentication failed.",
        "NO AUTHENTICATE failed.",
        "BAD Command Argument Error. 11",
        "BAD Error in IMAP command received by server.",
        "NO Login failed",
        "NO",
    ),
    "managesieve": ('NO "Authentication failed."', 'NO "Login denied"', "NO", "NO {13}\r\nNot permitted"),
    "nntp": (
        "481 Authentication failed",
        "482 Authentication commands issued out of sequence",
        "502 Access denied",
        "501 Bad AUTHINFO command",
        "480 Authentication required",
    ),
}

NO_COMMAND = {
    "smtp": ("502 5.5.2 Error: command not recognized", "500 5.5.1 Command unrecognized", "500 unknown command"),
    "pop3": ("-ERR Unknown command.", "-ERR unknown command", "-ERR Invalid command in current state."),
    "imap": ("BAD Unknown command.", "BAD Error in IMAP command received by server.", "BAD Unrecognized command"),
    "managesieve": ('NO "Unknown command."', 'NO "Error in MANAGESIEVE command received by server."'),
    "nntp": ("500 What?", "500 Unknown command", "502 Command not implemented"),
}

NO_LOGIN_HERE = {
    "smtp": ("503 5.5.1 Error: authentication not enabled", "503 AUTH command used when not advertised"),
    "pop3": ("-ERR Authentication is not available here",),
    "imap": ("NO Authentication is not enabled.", "BAD SASL is not enabled"),
    "managesieve": ('NO "SASL is not enabled"',),
    "nntp": ("502 Authentication is not available",),
}

TLS_FIRST = {
    "smtp": (
        "530 5.7.0 Must issue a STARTTLS command first",
        "538 5.7.11 Encryption required for requested authentication mechanism",
        "523 5.7.10 Encryption Needed",
    ),
    "pop3": ("-ERR [AUTH] Please use STLS first", "-ERR AUTH command only available under a layer"),
    "imap": (
        "NO [PRIVACYREQUIRED] Cleartext authentication disallowed on non-secure (SSL/TLS) connections.",
        "NO Authenticate only available under a layer",
        "BAD STARTTLS required first",
    ),
    "managesieve": ('NO (ENCRYPT-NEEDED) "Authentication not allowed until SSL/TLS is enabled."',),
    "nntp": ("483 Encryption required", "483 STARTTLS required first"),
}

WANTS_INITIAL = {
    "smtp": (
        "501 5.5.4 Syntax: AUTH mechanism initial-response",
        "535 5.7.8 Initial response required",
        "501 5.5.2 Missing argument",
        "504 5.5.4 initial response expected",
    ),
    "pop3": ("-ERR missing initial response", "-ERR Syntax: AUTH mechanism initial-response", "-ERR Missing argument"),
    "imap": ("BAD Missing SASL initial response", "NO initial response required", "BAD Missing parameter"),
    "managesieve": ('NO "Initial response required"', 'NO "Missing argument"'),
    "nntp": ("482 SASL protocol error: no initial response", "501 Syntax: AUTHINFO SASL mechanism initial-response"),
}

# To a first message that is not to the server's liking.
BAD_MESSAGE = {
    "smtp": ("535 5.7.8 Error: authentication failed: Failed to decode data", "501 5.5.2 Invalid base64 data"),
    "pop3": ("-ERR [AUTH] Authentication failed.", "-ERR Failed to decode data"),
    "imap": ("NO [AUTHENTICATIONFAILED] Authentication failed.", "BAD Failed to decode data"),
    "managesieve": ('NO "Authentication failed."',),
    "nntp": ("481 Authentication failed", "482 Failed to decode data"),
}

CANCELLED = {
    "smtp": ("501 5.7.0 Authentication aborted", "501 5.5.4 Authentication cancelled"),
    "pop3": ("-ERR Authentication aborted", "-ERR authentication exchange cancelled"),
    "imap": ("BAD Authentication aborted", "NO Client canceled authentication"),
    "managesieve": ('NO "Authentication aborted"',),
    "nntp": ("481 Authentication aborted", "481 cancelled"),
}

NOT_NOW = (
    "Temporary authentication failure",
    "rate limit exceeded",
    "server is shutting down",
    "Internal error, please try again later",
    "Maximum number of connections reached",
    "Zu viele Verbindungen, bitte versuchen Sie es später erneut",
    "Trop de connexions, réessayez plus tard",
    "Demasiadas conexiones, inténtelo más tarde",
    "Troppe connessioni, riprova più tardi",
    "Сервер временно недоступен, попробуйте позже",
    "系统繁忙，请稍后再试",
    "しばらくしてからもう一度お試しください",
)

NOT_YOU = (
    "Your IP address has been blocked",
    "Too many failed logins, your address is banned",
    "Access denied for your network",
    "Client host rejected: listed by our abuse desk",
    "Ihre IP-Adresse wurde gesperrt",
    "Votre adresse IP est bloquée",
    "Su dirección IP ha sido bloqueada",
    "Il tuo indirizzo IP è stato bloccato",
    "Twój adres IP został zablokowany",
    "Ваш IP-адрес заблокирован",
    "您的IP地址已被封禁",
    "あなたのIPアドレスはブロックされています",
)

FAREWELLS = {
    "smtp": ("421 4.7.0 Error: too many errors", "421 Too many unauthenticated commands"),
    "pop3": ("-ERR Too many errors, bye", ""),
    "imap": ("* BYE Too many invalid IMAP commands.", ""),
    "managesieve": ('BYE "Too many invalid MANAGESIEVE commands."', ""),
    "nntp": ("400 Too many unrecognized commands", ""),
}

# A line too many: an answer that belongs to nobody's question, or to the one before.
STRAYS = {
    "smtp": (
        "250 2.0.0 Ok",
        "220 mail ready",
        "500 5.5.1 Command unrecognized",
        "504 5.7.4 Unrecognized authentication type",
    ),
    "pop3": ("+OK", "-ERR Unknown command.", "-ERR Unsupported authentication mechanism.", "Welcome!"),
    "imap": ("* OK Still here", "a1 NO Unsupported authentication mechanism.", "* NO Disk is nearly full", "a1 BAD no"),
    "managesieve": ('NO "Unsupported authentication mechanism."', "OK", '"NOTIFY" "mailto"'),
    "nntp": ("500 What?", "503 Mechanism not recognized", "200 hello"),
}
for _table in (CLEAR, UNCLEAR, NO_COMMAND, NO_LOGIN_HERE, TLS_FIRST, WANTS_INITIAL, BAD_MESSAGE, CANCELLED):
    _table["lmtp"] = _table["smtp"]
FAREWELLS["lmtp"], STRAYS["lmtp"] = FAREWELLS["smtp"], STRAYS["smtp"]

_AT_LOGIN = {
    "smtp": ("535 5.7.8 %s", "550 5.7.1 %s", "454 4.7.0 %s"),
    "lmtp": ("535 5.7.8 %s", "550 5.7.1 %s"),
    "pop3": ("-ERR %s", "-ERR [AUTH] %s"),
    "imap": ("NO %s", "NO [AUTHENTICATIONFAILED] %s", "BAD %s"),
    "managesieve": ('NO "%s"',),
    "nntp": ("502 %s", "481 %s"),
}
_AT_GREETING = {
    "smtp": ("554 5.7.1 %s", "421 4.7.0 %s"),
    "lmtp": ("554 5.7.1 %s", "421 4.7.0 %s"),
    "pop3": ("-ERR %s",),
    "imap": ("* BYE %s",),
    "managesieve": ('BYE "%s"',),
    "nntp": ("502 %s", "400 %s"),
}


def at_login(protocol: str) -> tuple[str, ...]:
    """The ways to put a text into a refusal of a login."""
    return _AT_LOGIN[protocol]


def at_greeting(protocol: str) -> tuple[str, ...]:
    """The ways to put a text where the greeting belongs."""
    return _AT_GREETING[protocol]
