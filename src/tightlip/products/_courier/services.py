"""Courier's six servers: which files start each, which variables it looks at, and what those come to."""

from collections.abc import Iterator

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import NTLM_CARRIERS, Listener, Offer, Service, Tls
from tightlip.products._courier.environment import Environment, environment
from tightlip.products._product import Files


class Server(Struct, frozen=True, kw_only=True):
    """One server: the files that its start script reads, in order, and the names of its variables.

    ``listed`` and ``listed_tls`` hold its mechanisms, ``prefix`` stands before each in them. ``implied`` are those
    that it takes whether they are listed or not (the commands USER and LOGIN, and AUTH PLAIN, AUTH LOGIN).
    """

    name: str
    protocol: str
    files: tuple[str, ...]
    address: str
    port: str
    starts: str
    usual_port: int
    listed: str
    listed_tls: str
    security: Security = Security.PLAIN
    starttls: str | None = None
    demand: str | None = None
    prefix: str = ""
    implied: tuple[str, ...] = ()


# Of one list, of capabilities or of ports.
MOST_WORDS = 200

_PASSWORDS = ("PLAIN", "LOGIN")

SERVERS = (
    Server(
        name="imapd",
        protocol="imap",
        files=("imapd", "imapd-ssl"),
        address="ADDRESS",
        port="PORT",
        starts="IMAPDSTART",
        usual_port=143,
        listed="IMAP_CAPABILITY",
        listed_tls="IMAP_CAPABILITY_TLS",
        starttls="IMAPDSTARTTLS",
        demand="IMAP_TLS_REQUIRED",
        prefix="AUTH=",
        implied=_PASSWORDS,
    ),
    Server(
        name="imapd-ssl",
        protocol="imap",
        files=("imapd", "imapd-ssl"),
        address="SSLADDRESS",
        port="SSLPORT",
        starts="IMAPDSSLSTART",
        usual_port=993,
        listed="IMAP_CAPABILITY",
        listed_tls="IMAP_CAPABILITY_TLS",
        security=Security.IMPLICIT,
        prefix="AUTH=",
        implied=_PASSWORDS,
    ),
    Server(
        name="pop3d",
        protocol="pop3",
        files=("pop3d", "pop3d-ssl"),
        address="ADDRESS",
        port="PORT",
        starts="POP3DSTART",
        usual_port=110,
        listed="POP3AUTH",
        listed_tls="POP3AUTH_TLS",
        starttls="POP3_STARTTLS",
        demand="POP3_TLS_REQUIRED",
        implied=_PASSWORDS,
    ),
    Server(
        name="pop3d-ssl",
        protocol="pop3",
        files=("pop3d", "pop3d-ssl"),
        address="SSLADDRESS",
        port="SSLPORT",
        starts="POP3DSSLSTART",
        usual_port=995,
        listed="POP3AUTH",
        listed_tls="POP3AUTH_TLS",
        security=Security.IMPLICIT,
        implied=_PASSWORDS,
    ),
    Server(
        name="esmtpd",
        protocol="smtp",
        files=("esmtpd",),
        address="ADDRESS",
        port="PORT",
        starts="ESMTPDSTART",
        usual_port=25,
        listed="ESMTPAUTH",
        listed_tls="ESMTPAUTH_TLS",
        demand="ESMTP_TLS_REQUIRED",
    ),
    Server(
        name="esmtpd-msa",
        protocol="smtp",
        files=("esmtpd", "esmtpd-msa"),
        address="ADDRESS",
        port="PORT",
        starts="ESMTPDSTART",
        usual_port=587,
        listed="ESMTPAUTH",
        listed_tls="ESMTPAUTH_TLS",
        demand="ESMTP_TLS_REQUIRED",
    ),
    Server(
        name="esmtpd-ssl",
        protocol="smtp",
        files=("esmtpd", "esmtpd-ssl"),
        address="SSLADDRESS",
        port="SSLPORT",
        starts="ESMTPDSSLSTART",
        usual_port=465,
        listed="ESMTPAUTH",
        listed_tls="ESMTPAUTH_TLS",
        security=Security.IMPLICIT,
    ),
)
FILES = tuple(dict.fromkeys(name for server in SERVERS for name in server.files))

_NAMED_PORTS = {"smtp": 25, "submission": 587, "smtps": 465, "imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}


class Started(Struct, frozen=True):
    """A server with the environment that its files give it."""

    server: Server
    environment: Environment

    @property
    def has_starttls(self) -> bool:
        """Whether TLS can be begun: esmtpd has no switch for it, its certificate is the switch."""
        if self.server.starttls is None:
            return self.server.security is Security.PLAIN and bool(self.environment.text("TLS_CERTFILE"))
        return self.environment.is_on(self.server.starttls)

    @property
    def is_started(self) -> bool:
        """Whether the start scripts start it: not where its switch says something else than yes."""
        return not self.environment.text(self.server.starts) or self.environment.is_on(self.server.starts)

    @property
    def listed_under_tls(self) -> str:
        """The variable that lists mechanisms once TLS is up: where it is empty, that for plain connections."""
        return self.server.listed_tls if self.environment.text(self.server.listed_tls) else self.server.listed


def started(files: Files) -> Iterator[Started]:
    """The servers whose own file is there, which is the last of those that its start script reads."""
    folder = files.instance.config.rpartition("/")[0]
    by_name = {each.path.rpartition("/")[2]: each for each in files.files}
    for server in SERVERS:
        own = [by_name[name] for name in server.files if name in by_name]
        if server.name in by_name:
            yield Started(server, environment(own, by_name[server.name].path, folder))


def service(started: Started) -> Service:
    """What one server offers, on which ports, in which TLS states."""
    listeners = tuple(_listeners(started)) if started.is_started else ()
    return Service(
        name=started.server.name,
        protocol=started.server.protocol,
        listeners=listeners,
        offers=tuple(_offers(started)),
        tls=_tls(started),
        public_mx=started.server.protocol == "smtp" and any(listener.port == 25 for listener in listeners),
    )


def states(started: Started) -> tuple[Security, ...]:
    """The TLS states that a server's ports have."""
    if started.server.security is Security.IMPLICIT:
        return (Security.IMPLICIT,)
    return (Security.PLAIN, Security.STARTTLS) if started.has_starttls else (Security.PLAIN,)


def mechanisms(started: Started, state: Security) -> Iterator[tuple[str, Place]]:
    """The mechanisms that a server lists in a TLS state, each with the variable in which it stands."""
    known, server = started.environment, started.server
    name = server.listed if state is Security.PLAIN else started.listed_under_tls
    for word in known.text(name).upper().split()[:MOST_WORDS]:
        mechanism = word.removeprefix(server.prefix)
        if mechanism and word.startswith(server.prefix):
            yield mechanism, known.origin(name, word)


def _offers(started: Started) -> Iterator[Offer]:
    """Listed ones, and for POP3 and IMAP the passwords that are taken anyway; none before TLS if that is demanded."""
    found: dict[tuple[str, Place], list[Security]] = {}
    for state in states(started):
        if state is Security.PLAIN and _is_demanded(started):
            continue
        name = started.server.listed if state is Security.PLAIN else started.listed_under_tls
        told = dict(mechanisms(started, state))
        for implied in started.server.implied:
            told.setdefault(implied, started.environment.place(name))
        for mechanism, place in told.items():
            found.setdefault((mechanism, place), []).append(state)
    for (mechanism, place), where in found.items():
        if mechanism in NTLM_CARRIERS:
            # Courier has no such mechanism: asked for it, it says no after five seconds.
            yield Offer(name=mechanism, states=(), only_listed=tuple(where), place=place)
        else:
            yield Offer(name=mechanism, states=tuple(where), place=place)


def _is_demanded(started: Started) -> bool:
    return started.server.demand is not None and started.environment.is_on(started.server.demand)


def _tls(started: Started) -> Tls:
    known, server = started.environment, started.server
    wrapped = server.security is Security.IMPLICIT
    switch = known.place(server.starts if wrapped else server.starttls or "TLS_CERTFILE")
    lowest = "TLS_PROTOCOL" if wrapped or not known.text("TLS_STARTTLS_PROTOCOL") else "TLS_STARTTLS_PROTOCOL"
    oldest = known.text(lowest).rstrip("+")
    return Tls(
        available=wrapped or started.has_starttls,
        place=switch,
        required=wrapped or _is_demanded(started),
        demand=switch if server.demand is None else known.place(server.demand),
        certificate=known.text("TLS_CERTFILE") or None,
        certificate_place=known.place("TLS_CERTFILE") if known.text("TLS_CERTFILE") else None,
        oldest=oldest or None,
        oldest_place=known.place(lowest) if oldest else None,
    )


def _listeners(started: Started) -> Iterator[Listener]:
    """``PORT=143,192.0.2.1.1143``: an address may stand before a port, with a dot between."""
    known, server = started.environment, started.server
    default = known.text(server.address)
    for word in (known.text(server.port) or str(server.usual_port)).split(",")[:MOST_WORDS]:
        address, _, port = word.strip().rpartition(".")
        number = _NAMED_PORTS.get(port.lower()) or (int(port) if port.isascii() and port.isdecimal() else 0)
        if 0 < number < 65536:
            where = address or ("" if default in ("", "0") else default)
            yield Listener(address=where, port=number, states=states(started), place=known.place(server.port))
