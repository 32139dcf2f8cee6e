"""Linking postures: a service that lets another product decide on logins gets the offers that the other makes it."""

import posixpath
from ipaddress import ip_address
from itertools import takewhile

from msgspec.structs import replace

from tightlip.model.endpoint import Security
from tightlip.model.posture import Delegation, Note, NoteKind, Offer, Posture, Service

# Two paths that share no more than /etc or /srv say nothing of belonging together.
_TELLING = 2


def link(postures: tuple[Posture, ...]) -> tuple[Posture, ...]:
    """The same postures with every delegation followed; done twice, it changes nothing.

    Offers keep the place that causes them, in the other product's file, and get the TLS states that the asking
    service lets anybody log in. Where a delegation leads nowhere, or nobody can tell to which of several instances,
    the service keeps its offers and its posture gets a note of kind unknown.
    """
    return tuple(_linked(posture, postures) for posture in postures)


def _linked(posture: Posture, postures: tuple[Posture, ...]) -> Posture:
    services: list[Service] = []
    notes = list(posture.notes)
    for service in posture.services:
        if service.delegation is None or service.offers:
            services.append(service)
            continue
        answer = _answer(service.delegation, posture, postures)
        if isinstance(answer, Note):
            services.append(service)
            notes.append(answer)
        else:
            services.append(replace(service, offers=_offers(service, service.delegation, answer)))
    return replace(posture, services=tuple(services), notes=tuple(dict.fromkeys(notes)))


def _answer(asked: Delegation, posture: Posture, postures: tuple[Posture, ...]) -> tuple[Offer, ...] | Note:
    """What the other product answers this service's clients, or why that cannot be known."""
    others = [other for other in postures if other.product == asked.product and other is not posture]
    if _is_elsewhere(asked.socket):
        return _unknown(asked, "stands on another machine")
    if not others:
        return _unknown(asked, "was not found")
    other = others[0] if len(others) == 1 else _nearest(asked, posture, others)
    if other is None:
        return _unknown(asked, f"is one of {len(others)} instances, and nothing tells which")
    return other.backend or _unknown(asked, "says nothing of what it answers to others")


def _unknown(asked: Delegation, why: str) -> Note:
    text = f"{asked.product}, which is asked for logins at {asked.socket}, {why}: its mechanisms are not known"
    return Note(kind=NoteKind.UNKNOWN, text=text, file=asked.place.file, line=asked.place.line)


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


def _nearest(asked: Delegation, posture: Posture, others: list[Posture]) -> Posture | None:
    """The one instance whose configuration stands beside the socket, or beside the asking product's own."""
    own = posixpath.dirname(posture.config)
    beside = [own, asked.socket] if asked.socket.startswith("/") else [own]
    shares = [max(_shared(posixpath.dirname(other.config), path) for path in beside) for other in others]
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


def _states(service: Service, asked: Delegation, name: str) -> tuple[Security, ...]:
    """The TLS states that the service has and takes this mechanism in: the plain one not where logins wait for TLS."""
    existing = {state for listener in service.listeners for state in listener.states}
    if not service.listeners:
        existing = set(Security) if service.tls.available else {Security.PLAIN}
    if service.tls.required:
        existing.discard(Security.PLAIN)
    barred = {state for bar in asked.bars if name in bar.names for state in bar.states}
    return tuple(state for state in Security if state in existing - barred)
