"""How each protocol's server says what it has to say, and what it makes of a client's line."""

from typing import NamedTuple, Protocol

from tests.model.manners import GENERIC, TRANSACT


class Asked(NamedTuple):
    """A client's line: ``what`` was asked, by ``name`` where a mechanism is begun, with the base64 that came along."""

    what: str
    name: str = ""
    initial: bytes | None = None


class Dialect(Protocol):
    """One protocol; lines are without their end."""

    def greeting(self, names: tuple[str, ...], tls: bool) -> str:
        """The server's first words."""

    def asked(self, line: bytes) -> Asked:
        """What a line asks."""

    def listing(self, names: tuple[str, ...], tls: bool) -> str:
        """The list of capabilities, with its end."""

    def prompt(self, data: bytes) -> str:
        """What goes on."""

    def done(self, text: str) -> str:
        """What says that a command was done."""

    def refusal(self, text: str) -> str:
        """A refusal's whole line."""


def _usual(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if " " not in name)


def _by_verb(names: tuple[str, ...], verb: str) -> list[str]:
    return [name.split()[1] for name in names if name.upper().startswith(verb + " ")]


def _begun(words: list[bytes], verb: str = "") -> Asked:
    name = words[0].decode("ascii", "replace") if words else ""
    return Asked("auth", f"{verb} {name}".strip(), words[1] if len(words) > 1 else None)


class Smtp:
    """SMTP (RFC 5321, RFC 4954) and LMTP."""

    def __init__(self, is_lmtp: bool) -> None:
        self._hello = b"LHLO" if is_lmtp else b"EHLO"
        self._name = "LMTP" if is_lmtp else "ESMTP"

    def greeting(self, _names: tuple[str, ...], _tls: bool) -> str:
        return f"220 mail.example.org {self._name} ready"

    def asked(self, line: bytes) -> Asked:
        words = line.split()
        match words[0].upper() if words else b"":
            case b"AUTH":
                return _begun(words[1:])
            case b"X-EXPS":
                return _begun(words[1:], "X-EXPS")
            case verb if verb == self._hello:
                return Asked("list")
            case b"STARTTLS" | b"QUIT" | b"NOOP" as verb:
                return Asked(verb.decode().lower())
            case _:
                return Asked("unknown")

    def listing(self, names: tuple[str, ...], tls: bool) -> str:
        lines = ["mail.example.org", "PIPELINING", "SIZE 10240000"]
        if tls:
            lines.append("STARTTLS")
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

    def refusal(self, text: str) -> str:
        return text


class Pop3:
    """POP3 (RFC 1939, RFC 2449, RFC 5034)."""

    def greeting(self, _names: tuple[str, ...], _tls: bool) -> str:
        return "+OK POP3 server ready <1896.697170952@mail.example.org>"

    def asked(self, line: bytes) -> Asked:
        words = line.split()
        match words[0].upper() if words else b"":
            case b"AUTH" if len(words) == 1:
                return Asked("bare")
            case b"AUTH":
                return _begun(words[1:])
            case b"CAPA":
                return Asked("list")
            case b"STLS":
                return Asked("starttls")
            case b"QUIT" | b"NOOP" as verb:
                return Asked(verb.decode().lower())
            case _:
                return Asked("unknown")

    def listing(self, names: tuple[str, ...], tls: bool) -> str:
        lines = ["+OK Capability list follows", "TOP", "UIDL", "USER"]
        if tls:
            lines.append("STLS")
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

    def refusal(self, text: str) -> str:
        return text


class Imap:
    """IMAP (RFC 3501, RFC 4959)."""

    def __init__(self) -> None:
        self._tag = "*"

    def greeting(self, names: tuple[str, ...], tls: bool) -> str:
        return f"* OK [CAPABILITY {self._capabilities(names, tls)}] ready"

    def asked(self, line: bytes) -> Asked:
        words = line.split()
        if len(words) < 2:
            return Asked("unknown")
        self._tag = words[0].decode("ascii", "replace")
        match words[1].upper():
            case b"AUTHENTICATE":
                return _begun(words[2:])
            case b"CAPABILITY":
                return Asked("list")
            case b"LOGOUT":
                return Asked("quit")
            case b"STARTTLS" | b"NOOP" as verb:
                return Asked(verb.decode().lower())
            case _:
                return Asked("unknown")

    def listing(self, names: tuple[str, ...], tls: bool) -> str:
        return f"* CAPABILITY {self._capabilities(names, tls)}\r\n{self._tag} OK done"

    def prompt(self, data: bytes) -> str:
        return f"+ {data.decode()}"

    def done(self, text: str) -> str:
        bye = "* BYE logging out\r\n" if text == "quit" else ""
        return f"{bye}{self._tag} OK {text}"

    def refusal(self, text: str) -> str:
        return f"{self._tag} {text}"

    def _capabilities(self, names: tuple[str, ...], tls: bool) -> str:
        auths = [f"AUTH={name}" for name in _usual(names)]
        return " ".join(["IMAP4rev1", "SASL-IR", *(["STARTTLS"] if tls else []), *auths])


class Sieve:
    """ManageSieve (RFC 5804)."""

    def greeting(self, names: tuple[str, ...], tls: bool) -> str:
        return self.listing(names, tls)

    def asked(self, line: bytes) -> Asked:
        words = line.split()
        match words[0].upper() if words else b"":
            case b"AUTHENTICATE":
                return _begun([word.strip(b'"') for word in words[1:]])
            case b"LOGOUT":
                return Asked("quit")
            case b"CAPABILITY":
                return Asked("list")
            case b"STARTTLS" | b"NOOP" as verb:
                return Asked(verb.decode().lower())
            case _:
                return Asked("unknown")

    def listing(self, names: tuple[str, ...], tls: bool) -> str:
        lines = ['"IMPLEMENTATION" "sieved"', f'"SASL" "{" ".join(_usual(names))}"', '"SIEVE" "fileinto"']
        return "\r\n".join([*lines, *(['"STARTTLS"'] if tls else []), 'OK "ready"'])

    def prompt(self, data: bytes) -> str:
        return f'"{data.decode()}"' if len(data) < 100 else f"{{{len(data)}}}\r\n{data.decode()}"

    def done(self, text: str) -> str:
        return f'OK "{text}"'

    def refusal(self, text: str) -> str:
        return text


class Nntp:
    """NNTP (RFC 3977, RFC 4643) and its older AUTHINFO GENERIC and TRANSACT."""

    def greeting(self, _names: tuple[str, ...], _tls: bool) -> str:
        return "200 news.example.org ready"

    def asked(self, line: bytes) -> Asked:
        words = line.split()
        verb = words[0].upper() if words else b""
        if verb == b"AUTHINFO" and len(words) > 1:
            kind = words[1].upper()
            if kind == b"SASL":
                return _begun(words[2:])
            if kind in (b"GENERIC", b"TRANSACT"):
                return _begun(words[2:], kind.decode())
            return Asked("unknown")
        names = {b"CAPABILITIES": "list", b"STARTTLS": "starttls", b"QUIT": "quit", b"DATE": "noop"}
        return Asked(names.get(verb, "unknown"))

    def listing(self, names: tuple[str, ...], tls: bool) -> str:
        lines = ["101 Capability list:", "VERSION 2", "READER", *(["STARTTLS"] if tls else [])]
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

    def refusal(self, text: str) -> str:
        return text


def dialect_of(protocol: str) -> Dialect:
    """A server's side of a protocol, for one connection."""
    match protocol:
        case "smtp" | "lmtp":
            return Smtp(is_lmtp=protocol == "lmtp")
        case "pop3":
            return Pop3()
        case "imap":
            return Imap()
        case "managesieve":
            return Sieve()
        case _:
            return Nntp()
