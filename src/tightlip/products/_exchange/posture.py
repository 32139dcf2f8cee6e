"""What Exchange's settings mean: services per server, what they accept in which TLS state, and what stays unknown."""

from collections.abc import Iterator

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import Accounts, Listener, Note, NoteKind, Offer, Posture, Service, Tls
from tightlip.products._exchange.bindings import binding
from tightlip.products._exchange.certificates import certificates, chosen
from tightlip.products._exchange.collected import Collected, collected
from tightlip.products._exchange.record import CONNECTOR, IMAP, POP, PROBLEM, SERVER, SERVICE, Record, items
from tightlip.products._product import Files

# The front service first; Exchange 2010 has no back end.
WINDOWS_SERVICES = {
    "pop3": ("MSExchangePOP3", "MSExchangePOP3BE"),
    "imap": ("MSExchangeIMAP4", "MSExchangeIMAP4BE"),
}
SETTINGS_OF = {"pop3": POP, "imap": IMAP}

_ALL = (Security.PLAIN, Security.STARTTLS, Security.IMPLICIT)
_TLS_ONLY = (Security.STARTTLS, Security.IMPLICIT)
_UPGRADED = (Security.STARTTLS,)


def posture(files: Files) -> Posture:
    """The posture of all servers in one file that `tightlip collect exchange` has written; never raises."""
    known = collected(files)
    if known.fault:
        why, line = known.fault
        note = Note(kind=NoteKind.UNREAD, text=why, file=known.file, line=line)
        return Posture(product="exchange", config=known.file, version=files.version, services=(), notes=(note,))
    return Posture(
        product="exchange",
        config=known.file,
        # The next collection of the same servers is another file.
        home=",".join(sorted(each.text("Name").lower() for each in known.all(SERVER))),
        version=files.version,
        services=tuple(_services(known)),
        notes=tuple(_notes(known)),
        certificates=tuple(certificates(known, served(known))),
    )


def served(known: Collected) -> Iterator[tuple[str, Record]]:
    """The settings of every POP3 and IMAP service that is not switched off, with its protocol."""
    for protocol, cmdlet in SETTINGS_OF.items():
        for settings in known.all(cmdlet):
            if settings.owner and not is_off(known, settings.owner, protocol):
                yield protocol, settings


def is_off(known: Collected, server: str, protocol: str) -> bool:
    """Whether a server cannot serve a protocol at all: its front service is stopped and disabled."""
    front = windows_service(known, server, WINDOWS_SERVICES[protocol][0])
    return front is not None and front.text("State") == "Stopped" and front.text("StartMode") == "Disabled"


def windows_service(known: Collected, server: str, name: str) -> Record | None:
    """One Windows service of a server, None where it was not found."""
    return next((each for each in known.of(SERVICE, server) if each.text("Name").lower() == name.lower()), None)


def is_public_mx(connector: Record) -> bool:
    """Whether strangers deliver mail here: port 25, open to anonymous senders."""
    ports = {listener.port for listener in _bound(connector, "Bindings", "", (Security.PLAIN,))}
    return 25 in ports and "AnonymousUsers" in connector.words("PermissionGroups")


def _services(known: Collected) -> Iterator[Service]:
    for protocol, settings in served(known):
        yield _mailbox_service(known, settings, protocol)
    for connector in known.all(CONNECTOR):
        if connector.owner and connector.flag("Enabled") is not False:
            yield _connector(known, connector)


def _mailbox_service(known: Collected, settings: Record, protocol: str) -> Service:
    server = settings.owner
    front = windows_service(known, server, WINDOWS_SERVICES[protocol][0])
    host = known.fqdn(server)
    running = front is None or front.text("State") != "Stopped"
    listeners = (
        *_bound(settings, "UnencryptedOrTLSBindings", host, (Security.PLAIN, Security.STARTTLS)),
        *_bound(settings, "SSLBindings", host, (Security.IMPLICIT,)),
    )
    return Service(
        name=f"{server} {protocol}",
        protocol=protocol,
        listeners=_once(listeners) if running else (),
        offers=tuple(_mailbox_offers(settings)),
        tls=_mailbox_tls(known, settings, protocol),
        accounts=_accounts(known, protocol),
    )


def _mailbox_offers(settings: Record) -> Iterator[Offer]:
    """LoginType decides what is accepted before TLS; integrated logins are on unless they were switched off."""
    login = settings.text("LoginType")
    if settings.flag("EnableGSSAPIAndNTLMAuth") is not False:
        place = settings.place("EnableGSSAPIAndNTLMAuth")
        states = _TLS_ONLY if login == "SecureLogin" else _ALL
        yield Offer(name="NTLM", states=states, place=place, names_host=True)
        yield Offer(name="GSSAPI", states=states, place=place)
    yield Offer(
        name="PLAIN", states=_ALL if login == "PlainTextLogin" else _TLS_ONLY, place=settings.place("LoginType")
    )


def _mailbox_tls(known: Collected, settings: Record, protocol: str) -> Tls:
    named = settings.place("X509CertificateName")
    return Tls(
        available=named.value is not None,
        place=named,
        required=settings.text("LoginType") == "SecureLogin",
        demand=settings.place("LoginType"),
        certificate=chosen(known, settings, protocol).path if named.value else None,
        certificate_place=named if named.value else None,
    )


def _accounts(known: Collected, protocol: str) -> Accounts | None:
    mailboxes = known.mailboxes
    name = "PopEnabled" if protocol == "pop3" else "ImapEnabled"
    if mailboxes is None or (enabled := mailboxes.number(name)) is None:
        return None
    everybody = mailboxes.number("Mailboxes")
    line = mailboxes.values[name].line
    place = Place(known.file, line, f"Get-CASMailbox {name}", f"{enabled} of {everybody} mailboxes")
    return Accounts(limited=everybody is not None and enabled < everybody, place=place)


def _connector(known: Collected, connector: Record) -> Service:
    mechanisms = connector.words("AuthMechanism")
    host = known.fqdn(connector.text("Server") or connector.owner.split("\\")[0])
    states = (Security.PLAIN, Security.STARTTLS) if "Tls" in mechanisms else (Security.PLAIN,)
    demanded = connector.flag("RequireTLS") is True
    offers = tuple(_connector_offers(connector, mechanisms))
    waits = bool(offers) and all(Security.PLAIN not in offer.states for offer in offers)
    return Service(
        name=connector.owner,
        protocol="smtp",
        listeners=_once(tuple(_bound(connector, "Bindings", host, states))),
        offers=offers,
        tls=Tls(
            available="Tls" in mechanisms,
            place=connector.place("AuthMechanism"),
            required=demanded or waits,
            demand=connector.place("RequireTLS" if demanded else "AuthMechanism"),
        ),
        public_mx=is_public_mx(connector),
    )


def _connector_offers(connector: Record, mechanisms: tuple[str, ...]) -> Iterator[Offer]:
    place = connector.place("AuthMechanism")
    upgraded = _UPGRADED if "Tls" in mechanisms else ()
    anywhere = upgraded if connector.flag("RequireTLS") is True else (Security.PLAIN, *upgraded)
    if "Integrated" in mechanisms:
        yield Offer(name="NTLM", states=anywhere, place=place, names_host=True)
        if connector.flag("EnableAuthGSSAPI"):
            yield Offer(name="GSSAPI", states=anywhere, place=connector.place("EnableAuthGSSAPI"))
    if "BasicAuth" in mechanisms:
        states = upgraded if "BasicAuthRequireTLS" in mechanisms else anywhere
        yield Offer(name="LOGIN", states=states, place=place)


def _bound(record: Record, name: str, host: str, states: tuple[Security, ...]) -> Iterator[Listener]:
    """Listeners out of bindings; a socket on every address is called by its server's name, not by this machine's."""
    for item in items(record, name):
        if found := binding(item.value):
            address, port = found
            yield Listener(address=address or host, port=port, states=states, place=record.item_place(name, item))


def _once(listeners: tuple[Listener, ...]) -> tuple[Listener, ...]:
    """Without those that say the same once more, for IPv6."""
    return tuple({(each.address, each.port): each for each in reversed(listeners)}.values())[::-1]


def _notes(known: Collected) -> Iterator[Note]:
    for problem in known.all(PROBLEM):
        line = next((entry.line for entry in problem.values.values()), None)
        text = f"{problem.text('Server')}: {problem.text('What')} could not be collected: {problem.text('Why')}"
        yield Note(kind=NoteKind.UNREAD, text=text, file=known.file, line=line)
    for gap in known.gaps:
        yield Note(kind=NoteKind.UNREAD, text=gap.text, file=known.file, line=gap.line)
    for protocol, cmdlet in SETTINGS_OF.items():
        for settings in known.all(cmdlet):
            yield from _settings_notes(known, settings, protocol)
    for connector in known.all(CONNECTOR):
        if "ExchangeServer" in connector.words("AuthMechanism") and connector.flag("Enabled") is not False:
            yield _note(
                known,
                NoteKind.DOUBT,
                connector.place("AuthMechanism"),
                "X-EXPS may go on answering NTLM while ExchangeServer is set, which other Exchange servers need: "
                "ask this port; narrow its RemoteIPRanges, or accept it",
            )
    if known.mailboxes is None:
        text = "mailboxes were not collected: who may use POP3 and IMAP is not known"
        yield Note(kind=NoteKind.UNKNOWN, text=text, file=known.file)


def _settings_notes(known: Collected, settings: Record, protocol: str) -> Iterator[Note]:
    server = settings.owner
    if settings.flag("EnableGSSAPIAndNTLMAuth") is False and not is_off(known, server, protocol):
        yield _note(
            known,
            NoteKind.UNKNOWN,
            settings.place("EnableGSSAPIAndNTLMAuth"),
            "documented for connections without TLS; that it refuses NTLM under TLS too has to be proved on every port",
        )
    front = windows_service(known, server, WINDOWS_SERVICES[protocol][0])
    if front is None:
        text = f"{server}: the state of {WINDOWS_SERVICES[protocol][0]} is not known; taken as running"
        yield Note(kind=NoteKind.UNKNOWN, text=text, file=known.file)
    elif front.text("State") == "Stopped" and front.text("StartMode") != "Disabled":
        text = "stopped today, and starts again when somebody, or a restart, starts it"
        yield _note(known, NoteKind.DOUBT, front.place("StartMode"), f"{front.text('Name')}: {text}")


def _note(known: Collected, kind: NoteKind, place: Place, text: str) -> Note:
    return Note(kind=kind, text=f"{place.setting}: {text}", file=known.file, line=place.line)
