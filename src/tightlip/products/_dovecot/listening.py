"""Dovecot's login services: which protocols are switched on, and the sockets they listen on."""

from collections.abc import Iterator
from itertools import islice
from posixpath import basename

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.finding import OPENING, Place
from tightlip.model.posture import Listener
from tightlip.products._dovecot.proxying import HAPROXY, proxy_header
from tightlip.products._dovecot.references import is_open
from tightlip.products._dovecot.view import PROTOCOLS, Dialect, Setting, View
from tightlip.syntax.edits import words_of
from tightlip.syntax.reading import inside


class Login(Struct, frozen=True, kw_only=True):
    """A login service: Dovecot's name for what it speaks, and ours; ``word`` in `protocols` starts it."""

    service: str
    speaks: str
    protocol: str
    word: str

    @property
    def path(self) -> tuple[str, ...]:
        """The block of the service."""
        return (f"service {self.service}",)


class Socket(Struct, frozen=True, kw_only=True):
    """An inet_listener: its port, whether TLS begins at once, and the blocks and settings that say so."""

    login: Login
    name: str
    port: int
    implicit: bool
    addresses: tuple[str, ...] = ()
    block: Setting | None = None
    port_setting: Setting | None = None
    haproxy: Setting | None = None


_LOGINS = (
    Login(service="pop3-login", speaks="pop3", protocol="pop3", word="pop3"),
    Login(service="imap-login", speaks="imap", protocol="imap", word="imap"),
    Login(service="submission-login", speaks="submission", protocol="smtp", word="submission"),
    Login(service="managesieve-login", speaks="sieve", protocol="managesieve", word="sieve"),
)
_SOCKETS = {
    "pop3-login": (("pop3", 110, False), ("pop3s", 995, True)),
    "imap-login": (("imap", 143, False), ("imaps", 993, True)),
    "submission-login": (("submission", 587, False),),
    "managesieve-login": (("sieve", 4190, False),),
}
_OF_ADDRESSES = ("local ", "remote ")
MOST_LISTENERS = 500
MOST_LOGINS = 200
_SINCE_24 = {"submission-login": (("submissions", 465, True),)}


def logins(view: View) -> Iterator[Login]:
    """The login services that are started, Dovecot's own and those that a site made of its programs; MOST_LOGINS."""
    return islice(_logins(view), MOST_LOGINS)


def _logins(view: View) -> Iterator[Login]:
    words = view.words(PROTOCOLS)
    yield from (login for login in _LOGINS if login.word in words)
    by_program = {login.service: login for login in _LOGINS}
    named = dict.fromkeys(each.name for each in view.blocks if not each.path and each.name.startswith("service "))
    programs = [name for name in named if view.at("executable", (name,))]
    for name in programs:
        service = name.partition(" ")[2]
        program = view.at("executable", (name,))
        known = by_program.get(basename(next(iter(program.value.split()), ""))) if program else None
        if known is None or service in by_program:
            continue
        started = view.at("protocol", (name,))
        word = started.value if started else ""
        if not word or word in words:
            yield Login(service=service, speaks=known.speaks, protocol=known.protocol, word=word)


def sockets(view: View, login: Login) -> Iterator[Socket]:
    """The inet_listeners of a login service that are open: Dovecot's own unless closed, and the written ones."""
    own = list(_SOCKETS.get(login.service, ()))
    own += _SINCE_24.get(login.service, ()) if view.dialect is Dialect.SINCE_24 else ()
    written = _written(view, login)
    closed = _is_of_tls_alone(view, login)
    for name, usual, implicit in own:
        port = usual if implicit or not closed else 0
        yield from _socket(view, Socket(login=login, name=name, port=port, implicit=implicit), written.pop(name, []))
    for name, blocks in written.items():
        yield from _socket(view, Socket(login=login, name=name.partition("\n")[0], port=0, implicit=False), blocks)


def _is_of_tls_alone(view: View, login: Login) -> bool:
    """Whether it is started by Dovecot 1's word for its TLS port alone (`imaps`)."""
    said = view.words(PROTOCOLS).get(login.word) if view.dialect is Dialect.BEFORE_24 else None
    written = words_of(said.value.lower()) if said else []
    return f"{login.word}s" in written and login.word not in written


def listeners(view: View, login: Login) -> Iterator[Listener]:
    """The sockets with the TLS states that they have, each address a listener of its own; at most MOST_LISTENERS."""
    return islice(_listeners(view, login), MOST_LISTENERS)


def addresses(words: str) -> tuple[str, ...]:
    """Those of a list; "" for every one there is."""
    found = tuple(dict.fromkeys(word.strip("[]") for word in words_of(words)))
    return ("",) if not found or {"*", "::"} <= set(found) else found


def certificate(view: View, protocol: str) -> Setting | None:
    """The setting that names the certificate file, if it names one."""
    name = certificate_name(view)
    found = view.get(name, protocol)
    return found if found and found.value.lstrip("<").strip() else None


def certificate_of_some(view: View, protocol: str) -> Setting | None:
    """Where no other names one: the setting that does for clients of some addresses, or at some, alone.

    What stands in a ``local_name`` block brings no TLS up without such a one (2.3.19).
    """
    if certificate(view, protocol):
        return None
    named = (each for each in view.named.get(certificate_name(view), ()) if each.value.lstrip("<").strip())
    return next((each for each in named if any(step.startswith(_OF_ADDRESSES) for step in each.path)), None)


def certificate_name(view: View) -> str:
    """What the setting is called in this dialect."""
    return "ssl_server_cert_file" if view.dialect is Dialect.SINCE_24 else "ssl_cert"


def _listeners(view: View, login: Login) -> Iterator[Listener]:
    named = certificate(view, login.speaks) or certificate_of_some(view, login.speaks)
    tls_here = view.value("ssl", "yes", login.speaks) != "no" and named is not None
    for socket in sockets(view, login):
        if socket.implicit and not (tls_here and view.value("ssl", "yes") != "no"):
            continue
        upgrade = (Security.STARTTLS,) if tls_here else ()
        states = (Security.IMPLICIT,) if socket.implicit else (Security.PLAIN, *upgrade)
        place = _place(view, socket)
        for address in socket.addresses:
            header = proxy_header(view, socket.haproxy, login.speaks, address)
            yield Listener(address=address, port=socket.port, states=states, place=place, proxy_header=header)


def _written(view: View, login: Login) -> dict[str, list[Setting]]:
    """The blocks of each inet_listener by name; those without one are told apart by where they stand."""
    written: dict[str, list[Setting]] = {}
    for block in view.inner.get(login.path, ()):
        kind, _, name = block.name.partition(" ")
        if kind == "inet_listener":
            key = name or f"\n{block.file.path}:{block.entry.line}"
            written.setdefault(key, []).append(block)
    return written


def _socket(view: View, default: Socket, blocks: list[Setting]) -> Iterator[Socket]:
    said = dict[str, Setting]()
    for block in blocks:
        for entry in inside(block.file.reading, block.entry):
            if is_open(entry) and entry.name != HAPROXY:
                continue  # it is noted as unread, and Dovecot's own value is reckoned with
            said[entry.name] = Setting(
                file=block.file,
                entry=entry,
                path=(*block.path, block.name),
                name=entry.name,
                value=entry.value.strip(),
                is_known=not is_open(entry),
            )
    port = said.get("port")
    number = _number(port.value) if port else default.port
    implicit = said["ssl"].word == "yes" if "ssl" in said else default.implicit
    if number:
        yield Socket(
            login=default.login,
            name=default.name,
            port=number,
            implicit=implicit,
            addresses=_addresses(view, said),
            block=blocks[-1] if blocks else None,
            port_setting=port,
            haproxy=said.get(HAPROXY),
        )


def _number(value: str) -> int:
    """A port; 0, which closes, for what is none."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 5 else 0


def _addresses(view: View, said: dict[str, Setting]) -> tuple[str, ...]:
    """Where it listens: its own addresses, else those of everything; "" for every one there is."""
    own = said.get("listen") or said.get("address") or view.at("listen")
    return addresses(own.value if own else "")


def _place(view: View, socket: Socket) -> Place:
    """What opens it: its port, else its block, else the word in `protocols`."""
    if socket.port_setting:
        return socket.port_setting.place
    if socket.block:
        return Place(socket.block.file.path, socket.block.entry.line, socket.block.name, OPENING)
    started = view.words(PROTOCOLS).get(socket.login.word)
    return started.place if started else view.absent(PROTOCOLS)
