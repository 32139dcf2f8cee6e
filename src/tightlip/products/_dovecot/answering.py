"""The sockets at which Dovecot's auth processes answer other programs, such as Postfix and Exim."""

from collections.abc import Iterator, Mapping
from itertools import islice
from posixpath import basename

from msgspec import Struct

from tightlip.model.posture import AuthSocket
from tightlip.products import _auth_sockets
from tightlip.products._dovecot.listening import addresses
from tightlip.products._dovecot.references import is_open
from tightlip.products._dovecot.view import Setting, View
from tightlip.syntax.reading import Entry, inside

MOST_SOCKETS = 500

_AUTH = "service auth"
# Dovecot's own, whatever is written besides (2.3.19 and 2.4.1); relative to base_dir.
_OWN = ("auth-client", "auth-login", "auth-master", "auth-userdb", "login/login", "token-login/tokenlogin")
_BASE_DIR = "/run/dovecot"
# The default of a build from source.
_BUILT = ("/usr/local/", "/usr/local/var/run/dovecot")
# What Dovecot 1 called them inside of `auth default`; 2.2 and 2.3 translate it.
_EARLIER = (("socket listen", "client"), ("socket listen", "master"))


class Answering(Struct, frozen=True):
    """The sockets as far as they are known, and why there may be others; empty where there are none."""

    sockets: tuple[AuthSocket, ...]
    unsure: str = ""


def answering(now: View) -> Answering:
    """The sockets of the service auth, and of those that a site made of its program; MOST_SOCKETS of them."""
    found = list(islice(_found(now), MOST_SOCKETS + 1))
    unsure = [each for each in found if isinstance(each, str)]
    if len(found) > MOST_SOCKETS:
        unsure = [f"it has more than {MOST_SOCKETS}"]
    return Answering(
        sockets=tuple(each for each in found[:MOST_SOCKETS] if isinstance(each, AuthSocket)),
        unsure=next(iter(unsure), ""),
    )


def _found(now: View) -> Iterator[AuthSocket | str]:
    """Each socket, or what of one could not be told."""
    for service in _services(now):
        written = _written(now, service)
        own = dict.fromkeys((f"unix_listener {name}" for name in _OWN) if service == _AUTH else ())
        for key in dict.fromkeys((*own, *written)):
            kind, _, name = key.partition("\n")[0].partition(" ")
            said = _said(written.get(key, []))
            yield from _unix(now, name, said) if kind == "unix_listener" else _inet(now, said)
    for each in now.named.get("path", ()):
        if each.path in _EARLIER:
            yield from _unix(now, "", {"path": each.entry})


def _services(now: View) -> Iterator[str]:
    yield _AUTH
    for name in dict.fromkeys(each.name for each in now.blocks if not each.path and each.name.startswith("service ")):
        program = now.at("executable", (name,))
        if program and name != _AUTH and basename(next(iter(program.value.split()), "")) == "auth":
            yield name


def _written(now: View, service: str) -> dict[str, list[Setting]]:
    """The listeners' blocks by kind and name; those without a name are distinguished by file and line."""
    written: dict[str, list[Setting]] = {}
    for block in now.inner.get((service,), ()):
        kind, _, name = block.name.partition(" ")
        if kind in ("unix_listener", "inet_listener"):
            key = block.name if name else f"{kind}\n{block.file.path}:{block.entry.line}"
            written.setdefault(key, []).append(block)
    return written


def _said(blocks: list[Setting]) -> dict[str, Entry]:
    """What the blocks of one listener say, the last of each."""
    return {entry.name: entry for block in blocks for entry in inside(block.file.reading, block.entry)}


def _unix(now: View, name: str, said: Mapping[str, Entry]) -> Iterator[AuthSocket | str]:
    """A socket by its path, which is the listener's name where it has no other; mode 0 closes it."""
    path, mode = said.get("path"), said.get("mode")
    if mode is not None and not mode.value.strip("0") and mode.value:
        return
    value = path.value if path else name
    if (path and is_open(path)) or _is_worked_out(value):
        yield "the path of one stands elsewhere"
    elif value.startswith("/"):
        yield _auth_sockets.of_path(value)
    elif value:
        yield from _below(now, value)


def _below(now: View, value: str) -> Iterator[AuthSocket | str]:
    base = now.at("base_dir")
    if base is None:
        yield _auth_sockets.of_path(value, _BASE_DIR)
        if now.main.startswith(_BUILT[0]):
            yield _auth_sockets.of_path(value, _BUILT[1])
    elif is_open(base.entry) or _is_worked_out(base.value) or not base.value.startswith("/"):
        yield "base_dir could not be told"
    else:
        yield _auth_sockets.of_path(value, base.value)


def _is_worked_out(value: str) -> bool:
    return "$" in value or "%{" in value


def _inet(now: View, said: Mapping[str, Entry]) -> Iterator[AuthSocket | str]:
    """The port at each of its addresses; without a port, or with 0, it is closed."""
    port, own = said.get("port"), said.get("listen") or said.get("address")
    if any(is_open(each) for each in (port, own) if each):
        yield "the port of one stands elsewhere"
    elif port and (number := _auth_sockets.number_of(port.value)):
        everywhere = now.at("listen")
        words = own.value if own else everywhere.value if everywhere else ""
        for address in addresses(words):
            yield AuthSocket(address=address, port=number)
