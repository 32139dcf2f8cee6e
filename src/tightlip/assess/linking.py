"""Linking postures: a service that lets another product decide on logins gets the offers that the other makes it."""

import posixpath
from ipaddress import ip_address
from itertools import takewhile

from msgspec.structs import replace

from tightlip.model.endpoint import Security
from tightlip.model.posture import AND_IF, AuthSocket, Delegation, Note, NoteKind, Offer, Posture, Service

# Two paths that share no more than /etc or /srv say nothing of belonging together.
_TELLING = 2
_EVERY_ADDRESS = ("", "*", "0.0.0.0", "::")


def link(postures: tuple[Posture, ...]) -> tuple[Posture, ...]:
    """The same postures with every delegation followed; done twice, it changes nothing.

    Offers keep the place that causes them, in the other product's file, and get the TLS states that the asking
    service lets anybody log in; what a service announces by itself, and the other does not have, is only listed.
    Where a delegation leads nowhere, or nobody can tell to which of several instances, the service keeps its offers
    and its posture gets a note of kind unknown.
    """
    return tuple(_linked(posture, postures) for posture in postures)


def _linked(posture: Posture, postures: tuple[Posture, ...]) -> Posture:
    services: list[Service] = []
    notes = list(posture.notes)
    for service in posture.services:
        asked = service.delegation
        if asked is None or asked.answered_by or (service.offers and not asked.proviso):
            services.append(service)
            continue
        answer = _answer(asked, posture, postures)
        if isinstance(answer, Note):
            services.append(service)
            notes.append(answer)
        else:
            own = tuple(_answered(each, asked, answer.backend) for each in service.offers)
            offers = own if asked.proviso else _offers(service, asked, answer.backend)
            services.append(replace(service, offers=offers, delegation=replace(asked, answered_by=answer.config)))
    return replace(posture, services=tuple(services), notes=tuple(dict.fromkeys(notes)))


def _answer(asked: Delegation, posture: Posture, postures: tuple[Posture, ...]) -> Posture | Note:
    """The instance that answers this service's clients, or why that cannot be known."""
    others = [other for other in postures if other.product == asked.product and other is not posture]
    there = [other for other in others if any(_is_same(one, at) for one in asked.at for at in other.backend_at)]
    if not there:
        return _nobody(asked, others)
    other = there[0] if len(there) == 1 else _nearest(posture, there)
    if other is None:
        return _unknown(asked, f"is one of {len(there)} instances that listen there, and nothing tells which")
    return other if other.backend else _unknown(asked, "says nothing of what it answers to others")


def _nobody(asked: Delegation, others: list[Posture]) -> Note:
    """Why no instance answers at the socket, as far as that is known."""
    if _is_elsewhere(asked.socket):
        return _unknown(asked, "stands on another machine")
    if not others:
        return _unknown(asked, "was not found")
    product = asked.product.capitalize()
    if not asked.at:
        return _note(
            asked, f"which {product} is meant by {asked.socket} could not be told, so its mechanisms are not known"
        )
    text = f"no {product} that was found listens at {asked.socket}, so its mechanisms are not known"
    unsure = [f"{other.config}: {other.backend_unsure}" for other in others if other.backend_unsure]
    return _note(asked, f"{text}; there may be sockets that were not seen ({unsure[0]})" if unsure else text)


def _unknown(asked: Delegation, why: str) -> Note:
    return _note(
        asked, f"{asked.product}, which is asked for logins at {asked.socket}, {why}: its mechanisms are not known"
    )


def _note(asked: Delegation, text: str) -> Note:
    return Note(kind=NoteKind.UNKNOWN, text=text, file=asked.place.file, line=asked.place.line)


def _is_same(asked: AuthSocket, at: AuthSocket) -> bool:
    """Whether who asks here is answered by who listens there."""
    if asked.path or at.path:
        return asked.path == at.path
    if asked.port != at.port:
        return False
    if asked.address and asked.address != "localhost" and not _is_loopback(asked.address):
        return asked.address == at.address
    if at.address in _EVERY_ADDRESS:
        return True
    here = at.address == "localhost" or _is_loopback(at.address)
    return here and (asked.address == at.address or "localhost" in (asked.address or "localhost", at.address))


def _is_elsewhere(socket: str) -> bool:
    """Postfix and Exim write sockets of other machines as ``inet:host:port``."""
    kind, _, rest = socket.partition(":")
    host = rest.rpartition(":")[0].strip("[]")
    return kind == "inet" and bool(host) and host != "localhost" and not _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _nearest(posture: Posture, others: list[Posture]) -> Posture | None:
    """The one instance whose configuration stands beside the asking product's own."""
    own = posixpath.dirname(posture.config)
    shares = [_shared(posixpath.dirname(other.config), own) for other in others]
    most = max(shares)
    return others[shares.index(most)] if most >= _TELLING and shares.count(most) == 1 else None


def _shared(one: str, other: str) -> int:
    """How many folders two absolute paths have in common from the root on."""
    pairs = zip(one.strip("/").split("/"), other.strip("/").split("/"), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _offers(service: Service, asked: Delegation, backend: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """The other's offers as this service makes them."""
    return tuple(
        replace(
            offer,
            states=_states(service, asked, offer.name),
            hidden_by=asked.hidden_by if offer.name in asked.hides else offer.hidden_by,
        )
        for offer in backend
        if offer.states
    )


def _answered(offer: Offer, asked: Delegation, backend: tuple[Offer, ...]) -> Offer:
    """An offer of the service's own: what the other has to answer, and does not have, is only listed."""
    provisos = offer.proviso.split(AND_IF)
    if asked.proviso not in provisos:
        return offer
    other = next((each for each in backend if each.name == offer.name and each.states), None)
    if other is None:
        return replace(offer, states=(), unsure=(), only_listed=offer.states, proviso="")
    left = [each for each in (*provisos, other.proviso) if each and each != asked.proviso]
    return replace(offer, proviso=AND_IF.join(left))


def _states(service: Service, asked: Delegation, name: str) -> tuple[Security, ...]:
    """The TLS states that the service has and takes this mechanism in: the plain one not where logins wait for TLS."""
    existing = {state for listener in service.listeners for state in listener.states}
    if not service.listeners:
        existing = set(Security) if service.tls.available else {Security.PLAIN}
    if service.tls.required:
        existing.discard(Security.PLAIN)
    barred = {state for bar in asked.bars if name in bar.names for state in bar.states}
    return tuple(state for state in Security if state in existing - barred)
