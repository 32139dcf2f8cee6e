"""What a Dovecot configuration means: services, the mechanisms each accepts in which TLS state, TLS, accounts."""

from collections.abc import Iterator

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import Accounts, Listener, Offer, Posture, Service, Tls
from tightlip.products import _gss_mechs
from tightlip.products._dovecot.answering import Answering, answering
from tightlip.products._dovecot.listening import (
    Login,
    certificate,
    certificate_name,
    certificate_of_some,
    listeners,
    logins,
    sockets,
)
from tightlip.products._dovecot.mechanisms import (
    allows_cleartext,
    cleartext_setting,
    has_winbind,
    is_dead,
    is_kerberos,
    mechanisms,
    winbind_helper,
)
from tightlip.products._dovecot.notes import notes
from tightlip.products._dovecot.view import MECHANISMS, View, for_protocol, view
from tightlip.products._file_notes import is_unread
from tightlip.products._gss_mechs import Carriage
from tightlip.products._product import Files

# The password itself goes over the line; the others are taken before TLS whatever stands in disable_plaintext_auth.
_CLEARTEXT = frozenset({"PLAIN", "LOGIN"})
# Without one the auth process fails every login before its mechanism is asked.
_CLIENT_CERTIFICATE = "auth_ssl_require_client_cert"
_SHOWN = f"if the client shows a valid certificate ({_CLIENT_CERTIFICATE})"
_HELPED = "if its helper ntlm_auth is installed"
# Clients of these networks count as secured.
_TRUSTED = "login_trusted_networks"
_VERSIONS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_ALL = (Security.PLAIN, Security.STARTTLS, Security.IMPLICIT)


class _Asked(Struct, frozen=True):
    """Whom the auth process asks: Kerberos' library, by what it carries, and Samba's helper, if that is there."""

    kerberos: Carriage
    is_helped: bool


def posture(files: Files) -> Posture:
    """The services that are started, each with what it accepts; the auth process' offers for others; never raises."""
    now = view(files)
    found = _Asked(_gss_mechs.carriage(files), is_helped=winbind_helper(now) in files.seen)
    is_read = _is_read(files)
    whole = _is_whole(files, now)
    backend = tuple(_offers(now, "", _ALL, found, is_whole=whole)) if is_read else ()
    behind = answering(now) if is_read else Answering(())
    return Posture(
        product="dovecot",
        config=files.instance.config,
        version=files.version,
        services=tuple(_services(now, found, is_whole=whole)) if is_read else (),
        backend=backend,
        backend_at=behind.sockets,
        backend_unsure=behind.unsure or ("" if whole and is_read else "its files were not read whole"),
        notes=(*notes(files, now), *_gss_mechs.notes(files, _by_kerberos(now, backend))),
        beside=_gss_mechs.beside(files),
    )


def _is_read(files: Files) -> bool:
    """Whether anything is known of the main file: of none, Dovecot's defaults would be told as the site's."""
    main = next((each.reading for each in files.files if each.path == files.instance.config), None)
    return main is not None and bool(main.text.strip()) and (main.is_whole or bool(main.entries))


def _by_kerberos(now: View, offers: tuple[Offer, ...]) -> Iterator[Offer]:
    return (offer for offer in offers if is_kerberos(now, offer.name))


def _is_whole(files: Files, now: View) -> bool:
    """Whether what is not set in the files that were read is not set anywhere."""
    return not (now.cut or any(map(is_unread, files.missing)) or any(each.reading.unread for each in files.files))


def _services(now: View, found: _Asked, *, is_whole: bool) -> Iterator[Service]:
    """Those that have a socket: with each port 0 a login service is closed."""
    return (_service(now, login, found, is_whole=is_whole) for login in logins(now) if any(sockets(now, login)))


def _service(now: View, login: Login, found: _Asked, *, is_whole: bool) -> Service:
    open_ = tuple(listeners(now, login))
    own = login.service == f"{login.speaks}-login" or login.service == "managesieve-login"
    return Service(
        name=login.speaks if own else login.service,
        protocol=login.protocol,
        listeners=open_,
        offers=tuple(_offers(now, login.speaks, _states(open_), found, is_whole=is_whole)),
        tls=_tls(now, login.speaks),
        accounts=_accounts(now, login.speaks),
    )


def _states(sockets: tuple[Listener, ...]) -> tuple[Security, ...]:
    there = {state for socket in sockets for state in socket.states}
    return tuple(state for state in _ALL if state in there)


def _offers(
    now: View, protocol: str, states: tuple[Security, ...], found: _Asked, *, is_whole: bool
) -> Iterator[Offer]:
    """Every mechanism of the list; for a protocol, in the states in which it is taken."""
    if is_dead(now):
        states = ()
    locked = protocol and (now.value("ssl", "yes", protocol) == "required" or _is_ssl_unknown(now, protocol))
    clear = not protocol or allows_cleartext(now, protocol)
    for name, said in mechanisms(now).items():
        if said is None and not is_whole:
            continue  # the list may be set in what was not read
        barred = locked or (name in _CLEARTEXT and not clear)
        offer = Offer(
            name=name,
            states=tuple(state for state in states if state is not Security.PLAIN or not barred),
            place=said.place if said else now.absent(MECHANISMS),
            names_host=name == "NTLM" or (name == "GSS-SPNEGO" and has_winbind(now)),
            kerberos_only=is_kerberos(now, name),
        )
        offer = _gss_mechs.carrying(offer, found.kerberos) if is_kerberos(now, name) else offer
        if has_winbind(now) and not is_kerberos(now, name) and not found.is_helped:
            offer = offer.provided(_HELPED)
        yield offer.provided(_SHOWN) if now.value(_CLIENT_CERTIFICATE, "no", protocol) == "yes" else offer


def _is_ssl_unknown(now: View, protocol: str) -> bool:
    """Whether `ssl` stands in a file that was not read: nothing is said of what is taken before TLS."""
    said = now.get("ssl", protocol)
    return said is not None and not said.is_known


def _tls(now: View, protocol: str) -> Tls:
    """`ssl`, unless it is on without any certificate, when no handshake succeeds."""
    switched = now.value("ssl", "yes", protocol)
    shown = certificate(now, protocol)
    # Of one that only some clients are shown nothing is said: a note doubts it.
    named = shown or certificate_of_some(now, protocol)
    is_on = switched != "no" and named is not None
    unset = None if switched == "no" or named else now.absent(certificate_name(now))
    oldest, oldest_place = _oldest(now, protocol)
    cleartext = now.place(cleartext_setting(now), protocol)
    return Tls(
        available=is_on,
        place=unset or now.place("ssl", protocol),
        required=switched == "required",
        demand=now.place("ssl", protocol),
        cleartext=cleartext if allows_cleartext(now, protocol) else None,
        withholds=None if allows_cleartext(now, protocol) else cleartext,
        exempts=now.place(_TRUSTED, protocol) if now.value(_TRUSTED, "", protocol) else None,
        certificate=shown.value.lstrip("<").strip() if shown else None,
        certificate_place=shown.place if shown else unset,
        oldest=oldest,
        oldest_place=oldest_place,
    )


def _oldest(now: View, protocol: str) -> tuple[str | None, Place | None]:
    """ssl_min_protocol (2.3 and later), or the first that 2.2's ssl_protocols leaves."""
    if lowest := now.get("ssl_min_protocol", protocol):
        return lowest.value, lowest.place
    listed = now.get("ssl_protocols", protocol)
    if listed is None:
        return None, None
    words = listed.value.split()
    taken = [each for each in words if each[:1] != "!"] or [each for each in _VERSIONS if f"!{each}" not in words]
    return next((each for each in _VERSIONS if each in taken), None), listed.place


def _accounts(now: View, protocol: str) -> Accounts:
    """Whether a passdb inside of the protocol's own block turns accounts away."""
    for setting in now.settings:
        within = for_protocol(setting.path[:1], protocol) and setting.path[1:] and _is_passdb(setting.path[-1])
        if within and (setting.name == "username_filter" or (setting.name, setting.value) == ("deny", "yes")):
            return Accounts(limited=True, place=setting.place)
    # A passdb may well stand there: what is missing is a list of accounts in it.
    return Accounts(limited=False, place=now.absent(f"protocol {protocol} {{ passdb {{ username_filter }} }}"))


def _is_passdb(block: str) -> bool:
    return block.partition(" ")[0] == "passdb"
