"""What Exim's files mean: its one service, its listeners, and what each authenticator makes it offer."""

import re
from collections.abc import Iterator
from itertools import islice

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import Listener, Note, NoteKind, Offer, Posture, Service, Tls
from tightlip.products import _gss_mechs
from tightlip.products._exim.acls import unadvertised
from tightlip.products._exim.admitting import admitted
from tightlip.products._exim.asking import as_asked, delegation
from tightlip.products._exim.collecting import DEFAULTS, GENERATED, TEMPLATE, is_fragment, is_generated
from tightlip.products._exim.conditions import Gate, items, of_hosts
from tightlip.products._exim.configuration import Authenticator, Configuration, configuration
from tightlip.products._exim.daemon import PORTS, listening
from tightlip.products._exim.doubts import doubt, doubts
from tightlip.products._exim.generated import as_generated, stale
from tightlip.products._exim.gssapi import answered, as_answered
from tightlip.products._exim.proxying import proxy_header
from tightlip.products._exim.sections_end import misread
from tightlip.products._exim.serving import (
    condition_of,
    gate_of,
    perhaps_let_through,
    serving,
)
from tightlip.products._exim.statements import Statement
from tightlip.products._file_notes import is_unread, notes_of_files
from tightlip.products._product import ConfigFile, Files, Missing

_PORTS = {"smtp": 25, "ssmtp": 465, "smtps": 465, "submissions": 465, "submission": 587}
# [::1]:25, 127.0.0.1:25 or 127.0.0.1.25, which are addresses with a port of their own.
_WITH_PORT = re.compile(r"\[(?P<boxed>[^\]]+)\](?::(?P<one>\d+))?|(?P<v4>(?:\d+\.){3}\d+)(?:[.:](?P<two>\d+))?")
_MX_PORT = 25
_MOST_LISTENERS = 500


def posture(files: Files) -> Posture:
    """The meaning of an instance's files; never raises."""
    known = configuration(files)
    services = _services(files, known)
    runs = as_generated(files)
    unlike = stale(files, runs, _services(runs, configuration(runs)), services) if runs and _is_read(files) else ()
    by_library = [offer for service in services for offer in service.offers if offer.name in answered(serving(known))]
    return Posture(
        product="exim",
        config=files.instance.config,
        # A copy may hold the sources alone, or what was generated of them.
        home=DEFAULTS if is_generated(files.instance) else "",
        version=files.version,
        services=services,
        notes=tuple(dict.fromkeys((*_notes(files, known), *unlike, *_gss_mechs.notes(files, by_library)))),
        beside=_gss_mechs.beside(files),
    )


def place_of(files: Files, known: Configuration, option: str) -> Place:
    """Where a main option stands; without a line where Exim's default holds."""
    if option in known.options:
        return known.options[option].place()
    return Place(main_file(files), None, option, None)


def main_file(files: Files) -> str:
    """The file in which a main option is missing that is not there: of Debian's sources one that is joined.

    What stands in update-exim4.conf.conf, or in the generated file, does not get into effect.
    """
    candidates = [each.path for each in files.files if each.role == "main" or is_of_main(each)]
    return candidates[-1] if candidates else files.instance.config


def is_of_main(file: ConfigFile) -> bool:
    """Whether it is a source of the main options: the template, or a file of conf.d/main."""
    return file.role == "fragment" and (file.path == TEMPLATE or "/main/" in file.path)


def _services(files: Files, known: Configuration) -> tuple[Service, ...]:
    return (_service(files, known),) if any(each.role == "main" or is_fragment(each) for each in files.files) else ()


def _service(files: Files, known: Configuration) -> Service:
    starttls = _offers_starttls(files, known)
    listeners = tuple(_listeners(files, known, tls=starttls))
    there = {each for listener in listeners for each in listener.states}
    if any(_unknown_ports(known)):
        there |= {Security.PLAIN, *((Security.STARTTLS,) * starttls)}
    if _opened_elsewhere(files, known):
        there.add(Security.IMPLICIT)
    states = tuple(each for each in Security if each in there)
    offers = tuple(_offers(known, states, _gss_mechs.carriage(files)))
    certificate = known.options.get("tls_certificate")
    literal = certificate is not None and certificate.value.startswith("/") and "$" not in certificate.value
    wrapped = Security.IMPLICIT in states
    tls = Tls(
        available=starttls or wrapped,
        place=place_of(files, known, "tls_on_connect_ports" if wrapped and not starttls else "tls_advertise_hosts"),
        required=_is_read(files)
        and not any(perhaps_let_through(known))
        and bool(offers)
        and all(Security.PLAIN not in each.states for each in offers),
        demand=place_of(files, known, "auth_advertise_hosts"),
        certificate=certificate.value if certificate and literal else None,
        certificate_place=certificate.place() if certificate else None,
    )
    return Service(
        name="smtp",
        protocol="smtp",
        listeners=listeners,
        offers=offers,
        tls=tls,
        delegation=delegation(known),
        public_mx=any(each.port == _MX_PORT for each in listeners),
    )


def _is_read(files: Files) -> bool:
    """Whether nothing was left out that could offer logins, or take the demand for TLS away."""
    return all(each.reading.is_whole for each in files.files) and not _gone(files)


def _gone(files: Files) -> list[Missing]:
    return [each for each in files.missing if is_unread(each)]


def _offers_starttls(files: Files, known: Configuration) -> bool:
    """It is offered to all since 4.87, with a certificate of Exim's own making where none is set."""
    if "tls_advertise_hosts" in known.options:
        return of_hosts(known.options["tls_advertise_hosts"].value, known.lists) is not Gate.NEVER
    found = re.match(r"4\.(\d+)", files.version or "")
    return found is None or int(found[1]) >= 87


def _listeners(files: Files, known: Configuration, *, tls: bool) -> Iterator[Listener]:
    return islice(_every_listener(files, known, tls=tls), _MOST_LISTENERS)


def _every_listener(files: Files, known: Configuration, *, tls: bool) -> Iterator[Listener]:
    place = place_of(files, known, "daemon_smtp_ports")
    ports = [_port(each) for each in _items(known, "daemon_smtp_ports", "smtp")]
    implicit = {_port(each) for each in _items(known, "tls_on_connect_ports", "")}
    given = listening(files.instance)
    if given.ports:
        place, ports = given.place, [_port(each) for each in given.ports]
    for item in given.interfaces or _items(known, "local_interfaces", "*"):
        found = _WITH_PORT.fullmatch(item)
        own = found and (found["one"] or found["two"])
        address = (found["boxed"] or found["v4"]) if found else item
        for port in dict.fromkeys([int(own)] if own else ports):
            if port is None:
                continue
            is_wrapped = given.on_connect or port in implicit
            states = (Security.IMPLICIT,) if is_wrapped else (Security.PLAIN, *((Security.STARTTLS,) * tls))
            name = "" if address in ("*", "0.0.0.0", "::0", "::") else address
            interface = given.place if given.interfaces else place_of(files, known, "local_interfaces")
            where = interface if own else place
            header = proxy_header(known, name)
            yield Listener(address=name, port=port, states=states, place=where, proxy_header=header)


def _items(known: Configuration, option: str, default: str) -> list[str]:
    """The items of an option that is a list."""
    return items(known.options[option].value if option in known.options else default)


def _unknown_ports(known: Configuration) -> Iterator[Statement]:
    """The options that name a port which is not known by this name: something listens there all the same."""
    for option in ("daemon_smtp_ports", "tls_on_connect_ports"):
        if any(_port(each) is None for each in _items(known, option, "")):
            yield known.options[option]


def _opened_elsewhere(files: Files, known: Configuration) -> Statement | None:
    """The option that names TLS ports on which nothing listens by these files, where no daemon told all of its own."""
    if files.instance.pid is not None or listening(files.instance).ports:
        return None
    opened = {each.port for each in _listeners(files, known, tls=True)}
    named = {_port(each) for each in _items(known, "tls_on_connect_ports", "")} - {None}
    return known.options["tls_on_connect_ports"] if named - opened else None


def _port(name: str) -> int | None:
    if name.isascii() and name.isdigit():
        return int(name) if len(name) < 6 and 0 < int(name) < 65536 else None
    return _PORTS.get(name)


def _offers(known: Configuration, states: tuple[Security, ...], by_library: _gss_mechs.Carriage) -> Iterator[Offer]:
    """What answers clients; what waits for a TLS that there is not is kept, accepted in no state."""
    for block in serving(known) if states else ():
        offer = as_answered(_offer(known, block, states), block, by_library)
        offer = admitted(known, as_asked(known, block, offer))
        if offer.states or Gate.NEVER not in (condition_of(block), gate_of(known)):
            yield offer


def _offer(known: Configuration, block: Authenticator, states: tuple[Security, ...]) -> Offer:
    """What a client may use: the unadvertised is refused, unless an ACL lets it through."""
    driver = block.options["driver"]
    place = driver.place(f"{block.name} driver")
    advertised = _let_through(condition_of(block), _let_through(gate_of(known), states))
    leak = unadvertised(known)
    is_unsure = leak is None and Gate.UNCERTAIN in (condition_of(block), gate_of(known))
    hiding = block.options.get("server_advertise_condition") or known.options.get("auth_advertise_hosts")
    hidden = hiding.place() if leak is not None and hiding and advertised != states else None
    return Offer(
        name=block.mechanism,
        states=advertised if leak is None else states,
        place=place,
        hidden_by=hidden,
        called="" if block.public_name == block.mechanism else block.public_name,
        unsure=tuple(each for each in advertised if each is Security.PLAIN) if is_unsure else (),
        names_host=block.mechanism in ("NTLM", "GSS-SPNEGO") and block.driver != "spa",
    )


def _let_through(gate: Gate, states: tuple[Security, ...]) -> tuple[Security, ...]:
    match gate:
        case Gate.NEVER:
            return ()
        case Gate.UNDER_TLS:
            return tuple(each for each in states if each is not Security.PLAIN)
        case Gate.ALWAYS | Gate.UNCERTAIN:
            return states


def _notes(files: Files, known: Configuration) -> Iterator[Note]:
    yield from notes_of_files(files)
    yield from misread(files)
    for gone in files.missing:
        if gone.file and not is_unread(gone):
            text = f"{gone.path} is not there: {gone.why}"
            yield Note(kind=NoteKind.MISSING, text=text, file=gone.file or gone.path, line=gone.line)
    if is_generated(files.instance) and any(map(is_fragment, files.files)):
        text = "update-exim4.conf generates this file: what causes something is named, and changed, in its sources"
        yield Note(kind=NoteKind.MANAGED, text=text, file=GENERATED)
    if known.cut:
        yield Note(kind=NoteKind.UNREAD, text=f"not followed to its end: {known.cut}", file=files.instance.config)
    if len(tuple(_listeners(files, known, tls=True))) == _MOST_LISTENERS:
        text = f"there are more sockets than the {_MOST_LISTENERS} that are told"
        yield Note(kind=NoteKind.UNREAD, text=text, file=files.instance.config)
    if files.files and not _is_read(files):
        yield _left_out(files)
    for name in (each for each in listening(files.instance).ports if _port(each) is None):
        text = f"Exim is started with {PORTS}, which names a port that is not known by this name: {name}"
        yield Note(kind=NoteKind.UNREAD, text=text, file=files.instance.config)
    if option := _opened_elsewhere(files, known):
        yield doubt(option, "names a port that these files open nowhere: a daemon may be started on it (-oX)")
    for each in _unknown_ports(known):
        yield doubt(each, f"{each.entry.name} names a port that is not known by this name")
    yield from doubts(known)


def _left_out(files: Files) -> Note:
    """A doubt on all that is told, at the first line that was not read or that names what is not there."""
    text = "what was not read may offer logins, and before TLS: what is told of them may be wrong"
    for file in files.files:
        if not file.reading.is_whole:
            return Note(kind=NoteKind.DOUBT, text=text, file=file.path, line=file.reading.unread[0].line)
    gone = _gone(files)[0]
    return Note(kind=NoteKind.DOUBT, text=text, file=gone.file or gone.path, line=gone.line)
