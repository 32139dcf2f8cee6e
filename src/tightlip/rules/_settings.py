"""Questions rules ask of a posture: which services accept what, in which TLS states, and where that is set."""

from collections.abc import Container, Iterator
from ipaddress import ip_address

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.observation import Observation
from tightlip.model.posture import Offer, Posture, Service


def offered(offers: tuple[Offer, ...], names: Container[str]) -> list[Offer]:
    """The offers of these mechanisms that are accepted in any TLS state."""
    return [offer for offer in offers if offer.name in names and offer.states]


def carrying_ntlm(offers: tuple[Offer, ...]) -> list[Offer]:
    """The offers of what NTLM can come in, accepted in any TLS state."""
    return [offer for offer in offers if offer.carries_ntlm and offer.states]


def by_setting(offers: list[Offer]) -> dict[str, list[Offer]]:
    """The same offers by the setting that makes them, in their order."""
    grouped: dict[str, list[Offer]] = {}
    for offer in offers:
        grouped.setdefault(offer.place.setting, []).append(offer)
    return grouped


def ntlm_offers(posture: Posture) -> Iterator[tuple[Service | None, list[Offer]]]:
    """What carries NTLM, service by service; None stands for what is answered to other products."""
    for service in posture.services:
        yield service, carrying_ntlm(service.offers)
    yield None, carrying_ntlm(posture.backend)


def places_of(offers: list[Offer]) -> tuple[Place, ...]:
    """Where the offers are set, each place once; behind them what NTLM comes in by, where that is set elsewhere."""
    through = (offer.through for offer in offers if offer.through)
    return tuple(dict.fromkeys([*(offer.place for offer in offers), *through]))


def states_of(offers: list[Offer]) -> tuple[Security, ...]:
    """The TLS states in which any of the offers is accepted."""
    return tuple(state for state in Security if any(state in offer.states for offer in offers))


def names_of(offers: list[Offer]) -> str:
    """The mechanisms in words: ``NTLM (called MSN)``, ``GSSAPI (NTLM by gss-ntlmssp)``."""
    return ", ".join(dict.fromkeys(map(_called, offers)))


def is_exposed(service: Service) -> bool:
    """Whether connections without TLS can come from elsewhere; so too where nothing is known of its sockets."""
    plain = [listener for listener in service.listeners if Security.PLAIN in listener.states]
    return not service.listeners or any(not is_loopback(listener.address) for listener in plain)


def is_inner(service: Service, posture: Posture) -> bool:
    """Whether this machine alone reaches a service, while others of its instance are reached from elsewhere."""
    return _is_local(service) and not all(map(_is_local, posture.services))


def is_loopback(address: str) -> bool:
    """Whether it is one that only this machine reaches; no name or pattern is, other than localhost."""
    literal = address.strip("[]").partition("%")[0]
    try:
        return literal == "localhost" or ip_address(literal).is_loopback
    except ValueError:
        return False


def serving(postures: tuple[Posture, ...], observation: Observation) -> list[tuple[Posture, Service]]:
    """The services that answered, as they are written: those of the port, protocol and TLS state that was asked.

    Where listeners are bound to the very name or address that was asked, they alone: one posture may tell of
    several machines.
    """
    endpoint = observation.endpoint
    found = [
        (posture, service, listener)
        for posture in postures
        for service in posture.services
        if service.protocol == endpoint.protocol
        for listener in service.listeners
        if listener.port == endpoint.port and endpoint.security in listener.states
    ]
    asked = {endpoint.host, observation.address}
    bound = [each for each in found if each[2].address.strip("[]").lower() in asked]
    return [(posture, service) for posture, service, _ in bound or found]


def place_at(posture: Posture, file: str, line: int | None) -> Place | None:
    """The setting that stands at a line of a file, where the posture knows of one."""
    if line is None:
        return None
    return next((place for place in every_place(posture) if (place.file, place.line) == (file, line)), None)


def every_place(posture: Posture) -> Iterator[Place]:
    """Every setting that the posture was read from."""
    for service in posture.services:
        yield from _places(service)
    yield from places_of(list(posture.backend))


def _called(offer: Offer) -> str:
    asides = [f"called {offer.called}"] if offer.called else []
    asides += ["NTLM by gss-ntlmssp"] if offer.through else []
    asides += [offer.proviso] if offer.proviso else []
    return f"{offer.name} ({'; '.join(asides)})" if asides else offer.name


def _is_local(service: Service) -> bool:
    return bool(service.listeners) and all(is_loopback(each.address) for each in service.listeners)


def _places(service: Service) -> Iterator[Place]:
    """Every place that makes a service what it is, its offers' first."""
    yield from places_of(list(service.offers))
    yield from (listener.place for listener in service.listeners)
    tls = service.tls
    yield from (tls.place, tls.demand)
    yield from (place for place in (tls.cleartext, tls.certificate_place, tls.oldest_place) if place)
    yield from (part.place for part in (service.accounts, service.delegation) if part)
