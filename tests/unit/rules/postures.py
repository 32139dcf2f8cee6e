"""Postures for the tests of rules, linking and joining: a POP3 service as it usually is, and what differs in a test."""

from datetime import UTC, datetime

from tightlip.assess.judge import judge
from tightlip.assess.verdict import assess
from tightlip.model.endpoint import Security
from tightlip.model.finding import Cleared, Finding, Place
from tightlip.model.host_view import Assessed, HostView
from tightlip.model.observation import Observation
from tightlip.model.posture import (
    Accounts,
    AuthSocket,
    Certificate,
    Delegation,
    Listener,
    Note,
    NoteKind,
    Offer,
    Posture,
    Service,
    Tls,
)

HOST = "mail.example.org"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
PLAIN, STARTTLS, IMPLICIT = Security.PLAIN, Security.STARTTLS, Security.IMPLICIT
EVERY = (PLAIN, STARTTLS, IMPLICIT)

AUTH_FILE = "/etc/dovecot/conf.d/10-auth.conf"
MECHANISMS = Place(AUTH_FILE, 100, "auth_mechanisms", "plain ntlm")
SSL_ON = Place("/etc/dovecot/conf.d/10-ssl.conf", 6, "ssl", "yes")
DEMAND = Place(AUTH_FILE, 10, "disable_plaintext_auth", "no")
CERTIFICATE = Place("/etc/dovecot/conf.d/10-ssl.conf", 12, "ssl_cert", "</etc/dovecot/private/dovecot.pem")
CERTIFICATE_FILE = "/etc/dovecot/private/dovecot.pem"
PROTOCOLS = Place("/etc/dovecot/dovecot.conf", 24, "protocols", "imap pop3")
MAIN_CF = "/etc/postfix/main.cf"
AT = AuthSocket(path="/var/spool/postfix/private/auth")
FILTER = Place(MAIN_CF, 31, "smtpd_sasl_mechanism_filter", "!ntlm, static:rest")

USUAL_TLS = Tls(
    available=True,
    place=SSL_ON,
    required=False,
    demand=DEMAND,
    certificate=CERTIFICATE_FILE,
    certificate_place=CERTIFICATE,
)


def offer(name: str, *states: Security, place: Place = MECHANISMS) -> Offer:
    """A mechanism that names nothing; no states given: it is accepted in every one."""
    return Offer(name=name, states=states or EVERY, place=place)


def naming(name: str, *states: Security, place: Place = MECHANISMS) -> Offer:
    """A mechanism whose first answer names the machine."""
    return Offer(name=name, states=states or EVERY, place=place, names_host=True)


def listeners(*ports: int, address: str = "") -> tuple[Listener, ...]:
    """Sockets: those of ports 995, 993 and 465 have TLS from the first byte."""
    return tuple(
        Listener(
            address=address,
            port=port,
            states=(IMPLICIT,) if port in {995, 993, 465} else (PLAIN, STARTTLS),
            place=PROTOCOLS,
        )
        for port in ports
    )


def service(
    *offers: Offer,
    name: str = "pop3",
    protocol: str = "pop3",
    sockets: tuple[Listener, ...] = listeners(110, 995),
    tls: Tls = USUAL_TLS,
    accounts: Accounts | None = None,
    delegation: Delegation | None = None,
) -> Service:
    """A service with these offers."""
    return Service(
        name=name,
        protocol=protocol,
        listeners=sockets,
        offers=offers,
        tls=tls,
        accounts=accounts,
        delegation=delegation,
    )


def imap(*offers: Offer) -> Service:
    """An IMAP service on its usual ports."""
    return service(*offers, name="imap", protocol="imap", sockets=listeners(143, 993))


def posture(
    *services: Service,
    product: str = "dovecot",
    config: str = "/etc/dovecot/dovecot.conf",
    backend: tuple[Offer, ...] = (),
    backend_at: tuple[AuthSocket, ...] = (AT,),
    notes: tuple[Note, ...] = (),
    certificates: tuple[Certificate, ...] = (),
) -> Posture:
    """One instance."""
    return Posture(
        product=product,
        config=config,
        version="2.3.19",
        services=services,
        backend=backend,
        backend_at=backend_at,
        notes=notes,
        certificates=certificates,
    )


def note(kind: NoteKind, text: str = "something", file: str = AUTH_FILE, line: int | None = 100) -> Note:
    """A note, at the line of ``auth_mechanisms`` unless told otherwise."""
    return Note(kind=kind, text=text, file=file, line=line)


def postfix(
    *,
    socket: str = "private/auth",
    at: tuple[AuthSocket, ...] = (AT,),
    config: str = MAIN_CF,
    hides: tuple[str, ...] = (),
    demand: str = "no",
) -> Posture:
    """A submission service that asks Dovecot; ``demand`` is what it says of TLS before logins."""
    asked = Delegation(
        product="dovecot",
        socket=socket,
        place=Place(config, 20, "smtpd_sasl_path", socket),
        at=at,
        hides=hides,
        hidden_by=FILTER if hides else None,
    )
    tls = Tls(
        available=True,
        place=Place(config, 8, "smtpd_tls_security_level", "may"),
        required=demand == "yes",
        demand=Place(config, 9, "smtpd_tls_auth_only", demand),
    )
    submission = service(
        name="submission/inet", protocol="smtp", sockets=listeners(587, 465), tls=tls, delegation=asked
    )
    return posture(submission, product="postfix", config=config)


def view(*postures: Posture, heard: tuple[Observation, ...] = (), now: datetime | None = NOW) -> HostView:
    """The host with these postures, and what was heard of it (``run/0``, ``run/1``, …)."""
    assessed = tuple(Assessed(each, assess(each), f"run/{number}") for number, each in enumerate(heard))
    return HostView(assessed, postures, HOST, now)


def findings(rule: str, host: HostView) -> list[Finding]:
    """What a rule flags of a view."""
    return [said for said in judge(host) if isinstance(said, Finding) and said.rule == rule]


def finding(rule: str, *postures: Posture) -> Finding:
    """The one thing that a rule flags of these postures."""
    (only,) = findings(rule, view(*postures))
    return only


def silent(rule: str, *postures: Posture) -> bool:
    """Whether a rule says nothing at all of these postures."""
    return not [said for said in judge(view(*postures)) if said.rule == rule]


def cleared(rule: str, host: HostView) -> list[str]:
    """The subjects that a rule is proven not to hold of."""
    return [said.subject for said in judge(host) if isinstance(said, Cleared) and said.rule == rule]
