"""What Postfix' files mean: services, the mechanisms of each and in which TLS states they are accepted."""

from collections.abc import Iterator
from itertools import filterfalse

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import NTLM_CARRIERS, USABLE, Bar, Delegation, Note, NoteKind, Offer, Posture, Service, Tls
from tightlip.products import _gss_mechs, _sasl_conf
from tightlip.products._file_notes import is_unread, notes_of_files
from tightlip.products._postfix import distribution
from tightlip.products._postfix.announcing import FILTER, accepted, filter_doubt, hides, security_options
from tightlip.products._postfix.chrooting import root_of
from tightlip.products._postfix.collecting import (
    DOVECOT,
    application_of,
    logins,
    sasl_files,
    sasl_is_unread,
    sasl_path,
)
from tightlip.products._postfix.delegating import asked_at
from tightlip.products._postfix.distribution import Build, build_of, candidates
from tightlip.products._postfix.instances import instance_notes
from tightlip.products._postfix.proxying import proxy_header, proxy_notes
from tightlip.products._postfix.services import (
    CERTIFICATES,
    CLIENT_CERTIFICATE,
    DISCARDED,
    DISCARDED_FOR,
    PUBLIC_MX,
    SmtpService,
    demands_certificate,
    listeners,
    login_states,
    smtp_services,
    tls_of,
)
from tightlip.products._postfix.settings import ALLOWED, Config, Setting, config_of, spelled, words_of
from tightlip.products._product import Files
from tightlip.products._sasl_plugins import as_installed, installed
from tightlip.syntax.reading import effective

_SHOWN = f"if the client shows a trusted certificate ({CLIENT_CERTIFICATE})"
_KNOWN = sorted(USABLE | NTLM_CARRIERS)
# What Dovecot says of its mechanisms on its socket (read off 2.3.19), by the security option that bars them for it.
_GUESSED = frozenset({"NTLM", "CRAM-MD5", "DIGEST-MD5"})
_BARRED = {
    "noplaintext": frozenset({"PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"}),
    "noactive": _GUESSED,
    "nodictionary": _GUESSED,
    "mutual_auth": frozenset(name for name in _KNOWN if not name.startswith(("DIGEST-", "SCRAM-"))),
    "forward_secrecy": frozenset(_KNOWN),
}
_SECURED = (Security.STARTTLS, Security.IMPLICIT)
# What tightlip draws conclusions from; a doubt about any of them is worth a note.
_TELLING = (
    *ALLOWED,
    DISCARDED,
    "inet_interfaces",
    "smtpd_sasl_path",
    "smtpd_sasl_security_options",
    "smtpd_sasl_tls_security_options",
)


def posture(files: Files) -> Posture:
    """The meaning of an instance's files; never raises."""
    config = config_of(files)
    # Without main.cf nothing is known of what decides on any of them.
    known = tuple(smtp_services(config)) if config.main else ()
    services = tuple(map(_service, known))
    by_library = [
        note
        for service, told in zip(known, services, strict=True)
        for note in _gss_mechs.notes(files, told.offers, root_of(service))
    ]
    return Posture(
        product="postfix",
        config=files.instance.config,
        version=files.version,
        services=services,
        notes=tuple(dict.fromkeys((*_notes(config), *by_library))),
        beside=_gss_mechs.beside(files),
    )


def _service(service: SmtpService) -> Service:
    tls = tls_of(service)
    is_dovecot = bool(login_states(service, tls)) and service.get("smtpd_sasl_type").value.lower() == DOVECOT
    return Service(
        name=service.name,
        protocol="smtp",
        listeners=listeners(service, tls, proxy_header(service)),
        offers=() if is_dovecot else tuple(_offers(service, tls)),
        tls=tls,
        delegation=_delegation(service) if is_dovecot else None,
        public_mx=service.port == PUBLIC_MX,
        must_announce=service.takes_logins,
    )


def _offers(service: SmtpService, tls: Tls) -> Iterator[Offer]:
    """What Cyrus SASL accepts, by its own list or, without one, by what is installed."""
    application = application_of(service)
    states = login_states(service, tls)
    if application is None or not states:
        return
    files = service.config.files
    found = sasl_files(files, application)
    reading = found[0].reading if found else None
    entry = effective(reading, _sasl_conf.MECH_LIST) if reading else None
    if sasl_is_unread(files, application):
        return  # without its list nobody knows
    path = sasl_path(files, application)
    place = Place(path, entry.line if entry else None, _sasl_conf.MECH_LIST, entry.value if entry else None)
    by_library = _gss_mechs.carriage(files, root_of(service))
    for name in _sasl_conf.offered(reading, files.seen):
        offer = Offer(
            name=name,
            states=tuple(state for state in states if accepted(service, name, state)),
            place=place,
            hidden_by=service.get(FILTER).place if hides(service, name) else None,
            names_host=name == "NTLM",
            kerberos_only=name in _sasl_conf.KERBEROS_ONLY,
        )
        offer = as_installed(_gss_mechs.carrying(offer, by_library), files.seen)
        yield offer.provided(_SHOWN) if demands_certificate(service) else offer


def _delegation(service: SmtpService) -> Delegation:
    path = service.get("smtpd_sasl_path")
    hidden = tuple(name for name in _KNOWN if hides(service, name))
    return Delegation(
        product=DOVECOT,
        socket=path.value,
        place=path.place,
        at=asked_at(service),
        hides=hidden,
        hidden_by=service.get(FILTER).place if hidden else None,
        bars=tuple(filter(None, (_bar(service, states) for states in ((Security.PLAIN,), _SECURED)))),
    )


def _bar(service: SmtpService, states: tuple[Security, ...]) -> Bar | None:
    """What the security options of these TLS states keep out of what Dovecot offers."""
    options = security_options(service, states[0])
    barred = {name for option in words_of(options) for name in _BARRED.get(option, ())}
    return Bar(names=tuple(sorted(barred)), states=states, place=options.place) if barred else None


def _notes(config: Config) -> Iterator[Note]:
    files = config.files
    yield from notes_of_files(files)
    for gone in filterfalse(is_unread, files.missing):
        yield Note(kind=NoteKind.MISSING, text=f"{gone.path}: {gone.why}", file=gone.file or gone.path, line=gone.line)
    yield from instance_notes(config)
    for service in smtp_services(config):
        yield from _doubts(service)
        yield from proxy_notes(service)
    yield from _sasl_notes(config)


def _doubts(service: SmtpService) -> Iterator[Note]:
    """What of a service's settings is not certain, or cannot work."""
    names = ("smtpd_sasl_auth_enable", *_TELLING) if service.takes_logins else ("smtpd_sasl_auth_enable",)
    for name in dict.fromkeys(names):
        setting = service.get(name)
        if setting.doubt:
            yield _said(NoteKind.DOUBT, f"{name} depends on {setting.doubt}, which was not worked out", setting)
        elif wrong := _wrong(setting):
            yield _said(NoteKind.DOUBT, wrong, setting)
    if service.port is None:
        place = service.config.master.path if service.config.master else service.config.files.instance.config
        text = f"the port of {service.name} is not known by this name"
        yield Note(kind=NoteKind.DOUBT, text=text, file=place, line=service.front.line)
    if not service.takes_logins:
        return
    for name in CERTIFICATES:
        if (setting := service.get(name)).doubt:
            text = f"the certificate {setting.value} was not looked at: {setting.doubt} was not worked out"
            yield _said(NoteKind.MISSING, text, setting)
    exceptions = service.get("smtpd_sasl_exceptions_networks")
    if exceptions.value:
        text = "clients of these networks are shown no AUTH: asked from there, the service looks clean"
        yield _said(NoteKind.DOUBT, text, exceptions)
    if demands_certificate(service) and service.get("smtpd_sasl_type").value.lower() == DOVECOT:
        text = "who shows no trusted certificate gets no further than the handshake: asked so, the service looks clean"
        yield _said(NoteKind.DOUBT, text, service.get(CLIENT_CERTIFICATE))
    rewriter = service.get("smtpd_command_filter")
    if rewriter.value:
        text = "it rewrites what clients say: whether an AUTH comes through as they send it was not looked into"
        yield _said(NoteKind.DOUBT, text, rewriter)
    if service.discards_auth:
        text = "which clients are told of AUTH, and may use it, is said by a table that was not looked into"
        yield _said(NoteKind.DOUBT, text, service.get(DISCARDED_FOR))
    if why := filter_doubt(service):
        yield _said(NoteKind.DOUBT, f"the filter asks {why}, which was not looked into", service.get(FILTER))


def _sasl_notes(config: Config) -> Iterator[Note]:
    files = config.files
    for application in dict.fromkeys(filter(None, map(application_of, logins(config)))):
        found = sasl_files(files, application)
        yield from _reading_notes(config, application, [file.path for file in found])
        listed = effective(found[0].reading, _sasl_conf.MECH_LIST) if found else None
        if listed:
            place = Place(found[0].path, listed.line, "", None)
            roots = [root_of(service) for service in logins(config) if application_of(service) == application]
            yield from _sasl_conf.harmless(files, _sasl_conf.listed(listed.value), place, roots)
        if listed and (text := _sasl_conf.no_names(listed.value)):
            yield Note(kind=NoteKind.UNREAD, text=text, file=found[0].path, line=listed.line)
        is_absent = listed is None and not sasl_is_unread(files, application)
        if is_absent and installed(files.seen) is None:
            text = "without mech_list every installed SASL plugin is offered, and the plugins could not be seen: "
            yield Note(
                kind=NoteKind.UNKNOWN,
                text=text + "PLAIN, LOGIN and NTLM are reckoned with",
                file=sasl_path(files, application),
            )


def _reading_notes(config: Config, application: str, found: list[str]) -> Iterator[Note]:
    """Whether the file that was taken is the one that Postfix reads."""
    build, beside = build_of(config.files), distribution.beside(config.files, application)
    readings = (Build.DEBIAN, Build.OTHER) if build is Build.UNKNOWN else (build,)
    firsts = {next(filter(found.__contains__, candidates(config, application, each)), None) for each in readings}
    if len(found) > 1 and build is not Build.DEBIAN:
        text = f"which of {', '.join(found)} is read depends on how Postfix was built; the first is taken"
        yield Note(kind=NoteKind.DOUBT, text=text, file=found[0])
    elif len(firsts) > 1:
        text = (
            "whether Postfix reads this file is not known: Debian's looks in the folder sasl beside main.cf, others "
            "where cyrus_sasl_config_path or the SASL library says, and no /etc/os-release tells which it is"
        )
        yield Note(kind=NoteKind.DOUBT, text=text, file=found[0])
    if build is Build.OTHER and beside in config.files.seen:
        text = "this distribution's Postfix does not read it: only that of Debian and its derivatives looks there"
        yield Note(kind=NoteKind.HARMLESS, text=text, file=beside)


def _wrong(setting: Setting) -> str:
    """Why smtpd stops when it reads this value; empty where it does not."""
    allowed = ALLOWED.get(setting.name)
    if allowed is None or setting.value.lower() in allowed:
        return ""
    return f"smtpd does not start with {setting.name} = {setting.value}: it must be {spelled(allowed)}"


def _said(kind: NoteKind, text: str, setting: Setting) -> Note:
    return Note(kind=kind, text=text, file=setting.place.file, line=setting.place.line)
