"""Dovecot's listeners behind a proxy: `haproxy = yes`, and the networks whose PROXY header it takes.

Read off Dovecot 2.3.19: with `haproxy = yes` a client that is not in `haproxy_trusted_networks`, which are none unless
they are set, is disconnected, whatever it sends; all others are greeted after their header. The setting counts in a
`protocol` block too, and a name in the list ends it.
"""

from collections.abc import Iterator

from tightlip.model.posture import FromLoopback, Note, NoteKind, ProxyHeader
from tightlip.products._dovecot.values import LONGEST
from tightlip.products._dovecot.view import Setting, View
from tightlip.products._proxy_clients import all_or_none, is_in, networks_of
from tightlip.syntax.edits import words_of

HAPROXY = "haproxy"
_TRUSTED = "haproxy_trusted_networks"
# One for each protocol, and some more; every listener looks through all of them.
_MOST_STATEMENTS = 20
_REACH = {True: FromLoopback.TRUSTED, False: FromLoopback.UNTRUSTED, None: FromLoopback.UNKNOWN}


def proxy_header(view: View, said: Setting | None, protocol: str, address: str) -> ProxyHeader | None:
    """What `haproxy`, as a listener of a protocol on ``address`` has it, comes to; None where it is off."""
    if said is None or (said.is_known and said.word != "yes"):
        return None
    reach = FromLoopback.UNKNOWN
    if said.is_known and _unclear(view) is None:
        trusting = view.get(_TRUSTED, protocol)
        networks = networks_of(words_of(trusting.value)) if trusting else []
        trusted = all_or_none(address, lambda client: is_in(client, networks or ()))
        reach = _REACH[trusted]
    return ProxyHeader(place=said.place, from_loopback=reach)


def notes(view: View) -> Iterator[Note]:
    """A doubt where listeners expect a PROXY header and it could not be told of whom they take it."""
    is_used = any(each.name == HAPROXY and each.word == "yes" for each in view.settings)
    if is_used and (at := _unclear(view)):
        why = f"{_TRUSTED} holds for some connections alone, or is no list of addresses"
        text = f"could not tell whose PROXY header is taken: {why}"
        yield Note(kind=NoteKind.DOUBT, text=text, file=at.file.path, line=at.entry.line)


def _unclear(view: View) -> Setting | None:
    """The first statement of the trusted networks that holds for some connections alone, or is no list of addresses.

    Or that is one too many, or too long.
    """
    said = view.named.get(_TRUSTED, ())
    if len(said) > _MOST_STATEMENTS:
        return said[_MOST_STATEMENTS]
    for each in said:
        is_for_some = any(not step.startswith("protocol ") for step in each.path)
        if is_for_some or not each.is_known or len(each.value) > LONGEST or networks_of(words_of(each.value)) is None:
            return each
    return None
