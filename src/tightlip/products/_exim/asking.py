"""Authenticators that ask Dovecot: at which socket, and what of their offers is Dovecot's to answer."""

from msgspec.structs import replace

from tightlip.model.posture import Delegation, Offer
from tightlip.products import _auth_sockets
from tightlip.products._exim.configuration import Authenticator, Configuration
from tightlip.products._exim.serving import serving

_DRIVER = "dovecot"
# Exim announces what its own block is called. Where Dovecot does not have it, a login ends with 435, unanswered.
_IF_OFFERED = "if the Dovecot that it asks offers it"
_IF_OFFERED_ELSEWHERE = "if another Dovecot, which it asks, offers it"


def delegation(known: Configuration) -> Delegation | None:
    """The socket of the first of them; others at the same one are asked with it."""
    block = _first(known)
    if block is None:
        return None
    socket = block.options["server_socket"]
    is_path = socket.value.startswith("/") and "$" not in socket.value
    return Delegation(
        product="dovecot",
        socket=socket.value,
        place=socket.place(f"{block.name} server_socket"),
        at=(_auth_sockets.of_path(socket.value),) if is_path else (),
        proviso=_IF_OFFERED,
    )


def as_asked(known: Configuration, block: Authenticator, offer: Offer) -> Offer:
    """An authenticator's offer, on the proviso that Dovecot has it, too."""
    first = _first(known)
    if block.driver != _DRIVER or first is None:
        return offer
    is_same = block.get("server_socket") == first.get("server_socket")
    return replace(offer, proviso=_IF_OFFERED if is_same else _IF_OFFERED_ELSEWHERE)


def _first(known: Configuration) -> Authenticator | None:
    return next((each for each in serving(known) if each.driver == _DRIVER), None)
