"""Dovecot's listeners behind a proxy: `haproxy = yes`, and the networks whose PROXY header it takes.

Read off Dovecot 2.3.19: with `haproxy = yes` a client that is not in `haproxy_trusted_networks`, which are none unless
they are set, is disconnected, whatever it sends; all others are greeted after their header.
"""

from collections.abc import Iterator

from tightlip.model.posture import FromLoopback, Note, NoteKind, ProxyHeader
from tightlip.products._dovecot.view import Setting, View
from tightlip.products._proxy_clients import Network, all_or_none, is_in, networks_of
from tightlip.syntax.edits import words_of

HAPROXY = "haproxy"
_TRUSTED = "haproxy_trusted_networks"


def proxy_header(view: View, said: Setting | None, address: str) -> ProxyHeader | None:
    """What `haproxy`, as a listener on ``address`` has it, comes to; None where it is off."""
    if said is None or (said.is_known and said.word != "yes"):
        return None
    networks = _networks(view)
    trusted = None if networks is None else all_or_none(address, lambda client: is_in(client, networks))
    reach = FromLoopback.UNKNOWN
    if said.is_known and trusted is not None:
        reach = FromLoopback.TRUSTED if trusted else FromLoopback.UNTRUSTED
    return ProxyHeader(place=said.place, from_loopback=reach)


def notes(view: View) -> Iterator[Note]:
    """A doubt where listeners expect a PROXY header and it could not be told of whom they take it."""
    is_used = any(each.name == HAPROXY and each.word == "yes" for each in view.settings)
    if is_used and _networks(view) is None:
        at = view.named[_TRUSTED][-1]
        text = f"could not tell whose PROXY header is taken: {_TRUSTED} is read where it stands outside of all blocks"
        yield Note(kind=NoteKind.DOUBT, text=f"{text}, as addresses", file=at.file.path, line=at.entry.line)


def _networks(view: View) -> list[Network] | None:
    """The trusted networks; None where they are not known: in blocks, in what was not read, or no addresses."""
    said = view.named.get(_TRUSTED, ())
    if any(each.path or not each.is_known for each in said):
        return None
    return networks_of(words_of(said[-1].value)) if said else []
