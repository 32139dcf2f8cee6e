"""What a Dovecot-format file means to the practice server: the conversation that it holds from now on."""

from base64 import b64encode

from tightlip.syntax.lenses.blocks import DOVECOT
from tightlip.syntax.reading import Reading, effective
from tightlip.talk.script import Talk
from tightlip.talk.script_text import read_talk

_TYPE_2 = (
    "+ <type2 target=CORP version=10.0.17763 nb_domain=CORP nb_computer=MAIL01 dns_domain=corp.example"
    " dns_computer=mail01.corp.example dns_tree=corp.example time=2024-05-01T12:00:00Z>"
)
_TLS_FIRST = "-ERR [AUTH] Authentication not allowed until SSL/TLS is enabled."
_UNKNOWN = "-ERR [AUTH] Unsupported authentication mechanism."
_PASSWORDS = frozenset({"PLAIN", "LOGIN"})
USER, PASSWORD = "tour", "guided"
# The message of PLAIN (RFC 4616).
_LOGIN = b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()


class Unreadable(Exception):
    """The file cannot be read; what is wrong, with its line."""


def practice_talk(config: bytes) -> Talk:
    """The talk of a server with this configuration; Unreadable where Dovecot would not take it either."""
    reading = DOVECOT.read(config)
    if not reading.is_whole:
        raise Unreadable(f"line {reading.unread[0].line}: {reading.unread[0].why}")
    mechanisms = _value(reading, "auth_mechanisms", "plain").upper().split()
    if not mechanisms:
        raise Unreadable("auth_mechanisms is empty")
    needs_tls = _value(reading, "ssl", "yes") == "required"
    hides_passwords = _value(reading, "disable_plaintext_auth", "yes") == "yes"
    before = [] if needs_tls else [each for each in mechanisms if not (hides_passwords and each in _PASSWORDS)]
    refusal = _TLS_FIRST if needs_tls else _UNKNOWN
    return read_talk(
        "practice", "\n".join([*_HEAD, *_state(before, refusal, "STLS"), *_BETWEEN, *_secured(mechanisms)])
    )


def _value(reading: Reading, name: str, default: str) -> str:
    entry = effective(reading, name)
    return default if entry is None else entry.value


_HEAD = [
    "A practice server that reads a Dovecot-format file, and reads it again when it is told to.",
    "",
    "protocol: pop3",
    "source: written for the tour",
    "default: -ERR Unknown command.",
    "",
    # What it is expected to say follows from the file; these lines only name the states that it has.
    "expect plain starttls: clean refused",
    "",
    "S: +OK Practice server ready.",
]
_BETWEEN = ["C: STLS", "S: +OK Begin TLS negotiation now.", "-- tls --"]


def _state(mechanisms: list[str], refusal: str, *capabilities: str) -> list[str]:
    """CAPA and AUTH as one state answers them: NTLM tells its names, PLAIN logs the tour in, all else is refused."""
    listed = [f"SASL {' '.join(mechanisms)}"] if mechanisms else []
    user = ["USER"] if _PASSWORDS & set(mechanisms) else []
    lines = ["C: CAPA", "S: +OK", *(f"S: {each}" for each in ("CAPA", "UIDL", *capabilities, *user, *listed)), "S: ."]
    if "NTLM" in mechanisms:
        lines += ["C: AUTH NTLM", "S: +\\x20", "C: <type1>", f"S: {_TYPE_2}"]
    if "PLAIN" in mechanisms:
        lines += ["C: AUTH PLAIN", "S: +\\x20", f"C: {_LOGIN}", "S: +OK Logged in."]
    if mechanisms:
        lines += ["C: *", "S: -ERR [AUTH] Authentication aborted by client."]
    return [*lines, "C: AUTH <any>", f"S: {refusal}", "C: QUIT", "S: +OK Logging out", "-- close --"]


def _secured(mechanisms: list[str]) -> list[str]:
    """The state below TLS, where the tour's account may log in."""
    login = [f"C: USER {USER}", "S: +OK", f"C: PASS {PASSWORD}", "S: +OK Logged in."]
    return [*_state(mechanisms, _UNKNOWN), *login, ""]
