"""What Cyrus IMAP's files mean: services, the mechanisms of each and in which TLS states they are accepted."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import Listener, Note, NoteKind, Offer, Posture, Service, Tls
from tightlip.products import _gss_mechs
from tightlip.products._cyrus.bystanders import unaudited
from tightlip.products._cyrus.collecting import config_of, cyrus_conf, listed, services_file
from tightlip.products._cyrus.services import Server, started
from tightlip.products._cyrus.settings import SWITCHES, Setting, View, is_switch, number_of, view
from tightlip.products._file_notes import notes_of_files
from tightlip.products._product import Files
from tightlip.products._sasl_conf import KERBEROS_ONLY, harmless, no_names, offered
from tightlip.products._sasl_conf import listed as listed_in
from tightlip.products._sasl_plugins import as_installed, installed

# "No plain text" covers these alone: NTLM stays, and may become the only one.
_PASSWORDS = frozenset({"PLAIN", "LOGIN"})
# Those that can put a protecting layer around what follows, which sasl_minimum_layer asks for where there is no TLS.
_LAYERED = frozenset({"DIGEST-MD5", "GSSAPI", "GSS-SPNEGO"})
# From here on passwords are taken in a layer of another's as they are under TLS; seen on 3.6.1.
_AS_GOOD_AS_TLS = 2
_VERSIONS = {"ssl3": "SSLv3", "tls1_0": "TLSv1", "tls1_1": "TLSv1.1", "tls1_2": "TLSv1.2", "tls1_3": "TLSv1.3"}

# Started by a distribution's cyrus.conf; what is assumed where that file was not given.
_USUAL = ("pop3", "imap")


class _Asked(Struct, frozen=True):
    """Who is asked for mechanisms: a service's name, its protocol, the strength of a layer of another's around it."""

    name: str
    protocol: str
    outer: int = 0


def posture(files: Files) -> Posture:
    """The meaning of an instance's files; never raises."""
    views = {path: view(files, path) for path in dict.fromkeys([files.instance.config, *_configs(files)])}
    read = {file.path for file in files.files}
    pairs = ((server, views[config_of(server, files.instance)]) for server in listed(files))
    services = [_service(files, known, server) for server, known in pairs if known.main in read]
    if services_file(files) is None and files.instance.config in read:
        services = list(_assumed(files, views[files.instance.config]))
    offers = [offer for service in services for offer in service.offers]
    return Posture(
        product="cyrus",
        config=files.instance.config,
        version=files.version,
        services=tuple(services),
        notes=tuple(dict.fromkeys((*_notes(files, views), *_gss_mechs.notes(files, offers)))),
        beside=_gss_mechs.beside(files),
    )


def is_old(files: Files) -> bool:
    """Whether this is known to be older than 3.0: plain passwords are allowed by default, tls_required is unknown."""
    return files.version is not None and files.version.startswith(("1.", "2."))


def _configs(files: Files) -> Iterator[str]:
    return (config_of(server, files.instance) for server in listed(files))


def _service(files: Files, known: View, server: Server) -> Service:
    tls = _tls(files, known, server.name)
    line = Place(cyrus_conf(files.instance), server.entry.line, f"SERVICES {server.name}", server.entry.value)
    if tls.cleartext is None and server.outer >= _AS_GOOD_AS_TLS:
        tls = replace(tls, cleartext=line)
    states = (Security.IMPLICIT,) if server.implicit else _clear_states(tls)
    states = (Security.PLAIN,) if server.trusting else states
    place = Place(cyrus_conf(files.instance), server.entry.line, f"SERVICES {server.name}", f'listen="{server.listen}"')
    port = [] if server.port is None else [server.port]
    asked = _Asked(server.name, server.protocol, server.outer)
    listeners = (Listener(address=server.address, port=each, states=states, place=place) for each in port)
    offers = () if server.trusting else tuple(_offers(files, known, asked, states))
    return Service(
        name=server.name,
        protocol=server.protocol,
        listeners=tuple(listeners),
        offers=offers,
        tls=_demanded(known, server, tls, offers, line),
    )


def _demanded(known: View, server: Server, tls: Tls, offers: tuple[Offer, ...], line: Place) -> Tls:
    """What makes logins wait for TLS: the ``-s`` of its command, and for LMTP the ban of passwords alone."""
    if server.implicit:
        return replace(tls, required=True, demand=line)
    if server.protocol != "lmtp":
        return tls
    waits = bool(offers) and all(Security.PLAIN not in offer.states for offer in offers)
    return replace(tls, required=waits, demand=known.place("allowplaintext", server.name))


def _assumed(files: Files, known: View) -> Iterator[Service]:
    """The usual services, for an imapd.conf that came without its cyrus.conf: on which ports is not known.

    Whoever it is that has a certificate, TLS there is reckoned with.
    """
    has_certificate = any(name.endswith(("tls_server_cert", "tls_cert_file")) for name in known.all)
    for name in _USUAL:
        tls = _tls(files, known, name)
        states = (Security.PLAIN, Security.STARTTLS) if has_certificate else (Security.PLAIN,)
        offers = tuple(_offers(files, known, _Asked(name, name), states))
        yield Service(name=name, protocol=name, listeners=(), offers=offers, tls=tls)


def _clear_states(tls: Tls) -> tuple[Security, ...]:
    return (Security.PLAIN, Security.STARTTLS) if tls.available else (Security.PLAIN,)


def _offers(files: Files, known: View, asked: _Asked, states: tuple[Security, ...]) -> Iterator[Offer]:
    """Every mechanism of the list, in the states in which it is accepted: none where it waits for TLS in vain."""
    service = asked.name
    found = known.get("sasl_mech_list", service)
    if found is None and not known.is_whole:
        return  # it may stand in what was not read
    names = listed_in(found.entry.value) if found else offered(None, files.seen)
    place = known.place("sasl_mech_list", service)
    # Seen on 3.6: lmtpd does not heed tls_required, and answers NTLM before TLS all the same.
    waits = asked.protocol != "lmtp" and known.is_on("tls_required", service)
    by_library = _gss_mechs.carriage(files)
    for name in names:
        early = not waits and _accepts_early(files, known, asked, name)
        accepted = tuple(state for state in states if state is not Security.PLAIN or early)
        offer = Offer(
            name=name, states=accepted, place=place, names_host=name == "NTLM", kerberos_only=name in KERBEROS_ONLY
        )
        yield as_installed(_gss_mechs.carrying(offer, by_library), files.seen)


def _accepts_early(files: Files, known: View, asked: _Asked, name: str) -> bool:
    """Whether a mechanism is let through before TLS where TLS is not demanded; after it, all are.

    A layer around it counts as far as it is said to be strong.
    """
    has_passwords = asked.outer >= _AS_GOOD_AS_TLS or allows_passwords(files, known, asked.name)
    if name == "EXTERNAL" or (name in _PASSWORDS and not has_passwords):
        return False
    layer = known.get("sasl_minimum_layer", asked.name)
    return layer is None or name in _LAYERED or number_of(layer.entry.value) <= asked.outer


def allows_passwords(files: Files, known: View, service: str) -> bool:
    """Whether PLAIN and LOGIN are accepted before TLS."""
    if known.get("allowplaintext", service) is None:
        return is_old(files)
    return known.is_on("allowplaintext", service)


def _tls(files: Files, known: View, service: str) -> Tls:
    setting = known.get("tls_server_cert", service) or known.get("tls_cert_file", service)
    name = setting.entry.value.partition(",")[0] if setting else "disabled"
    available = name != "disabled"
    place = setting.place if setting else known.place("tls_server_cert", service)
    versions = known.get("tls_versions", service)
    return Tls(
        available=available,
        place=place,
        required=known.is_on("tls_required", service),
        demand=known.place("tls_required", service),
        cleartext=known.place("allowplaintext", service) if allows_passwords(files, known, service) else None,
        certificate=name if available else None,
        certificate_place=place if available else None,
        oldest=_oldest(versions.entry.value) if versions else None,
        oldest_place=known.place("tls_versions", service),
    )


def _oldest(versions: str) -> str | None:
    """The oldest of the listed versions; all that the option knows means the library's own choice."""
    listed_ones = [name for word, name in _VERSIONS.items() if word in versions.replace(",", " ").split()]
    return listed_ones[0] if listed_ones else None


def _notes(files: Files, views: dict[str, View]) -> Iterator[Note]:
    yield from notes_of_files(files)
    for known in views.values():
        yield from _settings_notes(files, known)
    yield from unaudited(files, views)
    services = services_file(files)
    if services and services.reading.text.strip() and services.reading.is_whole and not any(started(services.reading)):
        text = "its SERVICES are empty: what is served is not known"
        yield Note(kind=NoteKind.DOUBT, text=text, file=services.path)
    for server in listed(files):
        if server.port is None:
            text = f'the port of listen="{server.listen}" is a name that is not known here'
            yield Note(kind=NoteKind.UNKNOWN, text=text, file=cyrus_conf(files.instance), line=server.entry.line)


def _settings_notes(files: Files, known: View) -> Iterator[Note]:
    if known.get("sasl_mech_list") is None and known.is_whole and installed(files.seen) is None:
        text = "without sasl_mech_list every SASL plugin that is installed is offered; which are, could not be seen"
        yield Note(kind=NoteKind.UNKNOWN, text=text, file=known.main)
    for name, found in known.all.items():
        if found[-1].entry.name.endswith("sasl_mech_list"):
            yield from _list_notes(files, found[-1])
        place = found[-1].place
        if any(name == each or name.endswith(f"_{each}") for each in SWITCHES) and not is_switch(place.value or ""):
            text = f"{place.setting}: {place.value} is neither yes nor no: Cyrus does not start with that"
            yield Note(kind=NoteKind.DOUBT, text=text, file=place.file, line=place.line)
        if len(found) > 1:
            text = f"{place.setting} is set for the second time: Cyrus does not start with that"
            yield Note(kind=NoteKind.DOUBT, text=text, file=place.file, line=place.line)


def _list_notes(files: Files, setting: Setting) -> Iterator[Note]:
    yield from harmless(files, listed_in(setting.entry.value), setting.place)
    if text := no_names(setting.entry.value):
        yield Note(kind=NoteKind.UNREAD, text=text, file=setting.file.path, line=setting.entry.line)
