"""How each protocol's server says what it has to say, and what it makes of a client's line."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from tests.model.manners import GENERIC, TRANSACT

Table = Mapping[bytes, str]


class Asked(NamedTuple):
    """A client's line: ``what`` was asked, by ``name`` where a mechanism is begun, with the base64 that came along."""

    what: str
    name: str = ""
    initial: bytes | None = None


class Dialect(ABC):
    """One protocol; lines are without their end. ``tls`` is the word that stands in a list for STARTTLS, if any."""

    starttls: ClassVar[str] = "STARTTLS"
    # What a verb asks, and for those that begin a login what stands before the mechanism in its name.
    commands: ClassVar[Table]
    logins: ClassVar[Table]

    @abstractmethod
    def greeting(self, names: tuple[str, ...], tls: str) -> str:
        """The server's first words."""

    def asked(self, line: bytes) -> Asked:
        """What a line asks."""
        words = self._words(line)
        verb = words[0].upper() if words else b""
        if verb not in self.logins:
            return Asked(self.commands.get(verb, "unknown"))
        name = words[1].decode("ascii", "replace") if words[1:] else ""
        return Asked("auth", f"{self.logins[verb]} {name}".strip(), words[2] if words[2:] else None)

    @abstractmethod
    def listing(self, names: tuple[str, ...], tls: str) -> str:
        """The list of capabilities, with its end."""

    @abstractmethod
    def prompt(self, data: bytes) -> str:
        """What goes on."""

    @abstractmethod
    def done(self, text: str) -> str:
        """What says that a command was done."""

    def refusal(self, text: str) -> str:
        """A refusal's whole line."""
        return text

    def _words(self, line: bytes) -> list[bytes]:
        """A line's words, the verb first."""
        return line.split()


def _usual(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if " " not in name)


def _by_verb(names: tuple[str, ...], verb: str) -> list[str]:
    return [name.split()[1] for name in names if name.upper().startswith(verb + " ")]


class Smtp(Dialect):
    """SMTP (RFC 5321, RFC 4954)."""

    commands: ClassVar[Table] = {b"EHLO": "list", b"STARTTLS": "starttls", b"QUIT": "quit", b"NOOP": "noop"}
    logins: ClassVar[Table] = {b"AUTH": "", b"X-EXPS": "X-EXPS"}
    _name = "ESMTP"

    def greeting(self, _names: tuple[str, ...], _tls: str) -> str:
        return f"220 mail.example.org {self._name} ready"

    def listing(self, names: tuple[str, ...], tls: str) -> str:
        lines = ["mail.example.org", "PIPELINING", "SIZE 10240000"]
        if tls:
            lines.append(tls)
        if usual := _usual(names):
            lines += ["AUTH " + " ".join(usual), "AUTH=" + " ".join(usual)]
        if x_exps := _by_verb(names, "X-EXPS"):
            lines.append("X-EXPS " + " ".join(x_exps))
        lines.append("8BITMIME")
        return "\r\n".join([f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"])

    def prompt(self, data: bytes) -> str:
        return f"334 {data.decode()}"

    def done(self, text: str) -> str:
        codes = {"starttls": "220 2.0.0 Ready to start TLS", "quit": "221 2.0.0 Bye", "noop": "250 2.0.0 Ok"}
        return codes.get(text, f"235 2.7.0 {text}")


class Lmtp(Smtp):
    """LMTP (RFC 2033)."""

    commands: ClassVar[Table] = {b"LHLO": "list", b"STARTTLS": "starttls", b"QUIT": "quit", b"NOOP": "noop"}
    _name = "LMTP"


class Pop3(Dialect):
    """POP3 (RFC 1939, RFC 2449, RFC 5034), where NOOP is known after the login alone."""

    starttls = "STLS"
    commands: ClassVar[Table] = {
        b"CAPA": "list",
        b"STLS": "starttls",
        b"QUIT": "quit",
    }  # NOOP is known after the login alone
    logins: ClassVar[Table] = {b"AUTH": ""}

    def greeting(self, _names: tuple[str, ...], _tls: str) -> str:
        return "+OK POP3 server ready <1896.697170952@mail.example.org>"

    def asked(self, line: bytes) -> Asked:
        asked = super().asked(line)
        return Asked("bare") if asked.what == "auth" and not asked.name else asked

    def listing(self, names: tuple[str, ...], tls: str) -> str:
        lines = ["+OK Capability list follows", "TOP", "UIDL", "USER"]
        if tls:
            lines.append(tls)
        if names:
            lines.append("SASL " + " ".join(_usual(names)))
        return "\r\n".join([*lines, "."])

    def bare_listing(self, names: tuple[str, ...]) -> str:
        """What a bare AUTH lists."""
        return "\r\n".join(["+OK", *_usual(names), "."])

    def prompt(self, data: bytes) -> str:
        return f"+ {data.decode()}"

    def done(self, text: str) -> str:
        return f"+OK {text}"


class Imap(Dialect):
    """IMAP (RFC 3501, RFC 4959)."""

    commands: ClassVar[Table] = {b"CAPABILITY": "list", b"STARTTLS": "starttls", b"LOGOUT": "quit", b"NOOP": "noop"}
    logins: ClassVar[Table] = {b"AUTHENTICATE": ""}

    def __init__(self) -> None:
        self._tag = "*"

    def greeting(self, names: tuple[str, ...], tls: str) -> str:
        return f"* OK [CAPABILITY {self._capabilities(names, tls)}] ready"

    def listing(self, names: tuple[str, ...], tls: str) -> str:
        return f"* CAPABILITY {self._capabilities(names, tls)}\r\n{self._tag} OK done"

    def prompt(self, data: bytes) -> str:
        return f"+ {data.decode()}"

    def done(self, text: str) -> str:
        bye = "* BYE logging out\r\n" if text == "quit" else ""
        return f"{bye}{self._tag} OK {text}"

    def refusal(self, text: str) -> str:
        return f"{self._tag} {text}"

    def _words(self, line: bytes) -> list[bytes]:
        tag, *words = line.split() or (b"*",)
        self._tag = tag.decode("ascii", "replace")
        return words

    def _capabilities(self, names: tuple[str, ...], tls: str) -> str:
        auths = [f"AUTH={name}" for name in _usual(names)]
        return " ".join(["IMAP4rev1", "SASL-IR", *([tls] if tls else []), *auths])


class Sieve(Dialect):
    """ManageSieve (RFC 5804)."""

    commands: ClassVar[Table] = {b"CAPABILITY": "list", b"STARTTLS": "starttls", b"LOGOUT": "quit", b"NOOP": "noop"}
    logins: ClassVar[Table] = {b"AUTHENTICATE": ""}

    def greeting(self, names: tuple[str, ...], tls: str) -> str:
        return self.listing(names, tls)

    def listing(self, names: tuple[str, ...], tls: str) -> str:
        lines = ['"IMPLEMENTATION" "sieved"', f'"SASL" "{" ".join(_usual(names))}"', '"SIEVE" "fileinto"']
        return "\r\n".join([*lines, *([f'"{tls}"'] if tls else []), 'OK "ready"'])

    def prompt(self, data: bytes) -> str:
        return f'"{data.decode()}"' if len(data) < 100 else f"{{{len(data)}}}\r\n{data.decode()}"

    def done(self, text: str) -> str:
        return f'OK "{text}"'

    def _words(self, line: bytes) -> list[bytes]:
        return line.replace(b'"', b"").split()


class Nntp(Dialect):
    """NNTP (RFC 3977, RFC 4643) and its older AUTHINFO GENERIC and TRANSACT."""

    commands: ClassVar[Table] = {b"CAPABILITIES": "list", b"STARTTLS": "starttls", b"QUIT": "quit", b"DATE": "noop"}
    logins: ClassVar[Table] = {b"AUTHINFO SASL": "", b"AUTHINFO GENERIC": "GENERIC", b"AUTHINFO TRANSACT": "TRANSACT"}

    def greeting(self, _names: tuple[str, ...], _tls: str) -> str:
        return "200 news.example.org ready"

    def listing(self, names: tuple[str, ...], tls: str) -> str:
        lines = ["101 Capability list:", "VERSION 2", "READER", *([tls] if tls else [])]
        if usual := _usual(names):
            lines.append("SASL " + " ".join(usual))
        kinds = [name.split()[0] for name in (GENERIC, TRANSACT) if name in names]
        lines.append(" ".join(["AUTHINFO", *(["SASL"] if usual else []), *kinds]))
        return "\r\n".join([*lines, "."])

    def prompt(self, data: bytes) -> str:
        return f"383 {data.decode() or '='}"

    def wordy_prompt(self, data: bytes) -> str:
        """How GENERIC and TRANSACT go on."""
        return f"381 {data.decode() or 'NTLM ok'}"

    def done(self, text: str) -> str:
        codes = {"starttls": "382 Continue with TLS", "quit": "205 Bye", "noop": "111 20240101000000"}
        return codes.get(text, f"281 {text}")

    def _words(self, line: bytes) -> list[bytes]:
        words = line.split()
        is_login = words[0].upper() == b"AUTHINFO" if words else False
        return [b" ".join(words[:2]), *words[2:]] if is_login else words


_DIALECTS: Mapping[str, type[Dialect]] = {
    "smtp": Smtp,
    "lmtp": Lmtp,
    "pop3": Pop3,
    "imap": Imap,
    "managesieve": Sieve,
    "nntp": Nntp,
}


def dialect_of(protocol: str) -> Dialect:
    """A server's side of a protocol, for one connection."""
    return _DIALECTS[protocol]()
