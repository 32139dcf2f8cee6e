"""What will be so after a change, from postures before and after it: what to prove, what stays, what could break."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import Enum
from ipaddress import ip_address
from typing import assert_never

from msgspec import UNSET

from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.posture import NTLM_CARRIERS, USABLE, AuthSocket, Certificate, Listener, Posture, Service
from tightlip.model.remedy import DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism
from tightlip.products._product import Advice
from tightlip.remediate.plan import Expectation, Unmet
from tightlip.rules._settings import is_inner

# What servers put into the lists that clients are shown. EXTERNAL is left to those who come with a certificate.
_LISTED = (USABLE | NTLM_CARRIERS) - {"EXTERNAL"}
# The password itself goes over the line.
_CLEARTEXT = frozenset({"PLAIN", "LOGIN"})
_EVERY_ADDRESS = {4: "127.0.0.1", 6: "::1"}


class Basis(Enum):
    """What a plan is drawn from: the host itself, or a copy of its files, about which less can be known."""

    LIVE = "live"
    COPIED = "copied"


def expectations(before: Sequence[Posture], after: Sequence[Posture], remedy: Remedy) -> Iterator[Expectation]:
    """What to prove of every state of every listener that the touched instances have, before or afterwards."""
    would_be = {(posture.config, service.name): service for posture in after for service in posture.services}
    told: set[str] = set()
    for posture in before:
        for service in posture.services:
            then = would_be.get((posture.config, service.name))
            for listener in service.listeners:
                for each in _of_listener(service, listener, then, remedy):
                    told.add(each.endpoint)
                    yield each
    for service in would_be.values():
        for listener in service.listeners:
            new = _of_listener(service, listener, service, remedy)
            yield from (each for each in new if each.endpoint not in told)


def restored(before: Sequence[Posture]) -> Iterator[Expectation]:
    """What to prove once a change was undone: every state greets, and lists what it listed before."""
    for posture in before:
        for service in posture.services:
            for listener in service.listeners:
                for state in _provable(service, listener):
                    endpoint, names = _endpoint(service, listener, state), _shown(service, state, _LISTED)
                    yield Expectation(endpoint=endpoint, kept=names, proxied=listener.asks_for_header or UNSET)


def keeps(after: Iterable[Posture]) -> Iterator[str]:
    """A sentence on each service: by which mechanisms one logs in afterwards, and over what.

    Several instances of a product are told apart by their main files.
    """
    postures = tuple(after)
    instances = Counter(posture.product for posture in postures)
    for posture in postures:
        whose = f"{posture.product} {posture.config}" if instances[posture.product] > 1 else posture.product
        for service in posture.services:
            usable = _usable(service)
            if usable and service.listeners:
                over = "TLS required" if service.tls.required else "TLS possible" if service.tls.available else "no TLS"
                yield f"{whose} {service.name}: {', '.join(usable)} ({over})"


def may_break(remedy: Remedy, before: Sequence[Posture]) -> Iterator[str]:
    """Who could notice, in sentences."""
    match remedy:
        case WithdrawMechanism():
            yield "Clients set to secure password authentication (SPA, that is NTLM), until they use passwords over TLS"
            yield "Printers and scanners with NTLM switched on by hand; Exchange servers that log in here with it"
            yield from _may_break_gssapi(remedy, before)
        case RequireTls():
            yield "Clients without TLS cannot log in any more: old printers and scanners, scripts, monitoring"
        case DisableService():
            yield f"Whoever still fetches mail by {remedy.protocol.upper()}: look into the logs first"
        case LimitAccounts():
            yield f"Accounts that are not meant to use {remedy.protocol.upper()} and do so today"
        case _:
            assert_never(remedy)
    for posture in before:
        for service in posture.services:
            if service.delegation and isinstance(remedy, WithdrawMechanism):
                yield f"{posture.product} {service.name} asks {service.delegation.product} and changes with it"


def _may_break_gssapi(remedy: WithdrawMechanism, before: Sequence[Posture]) -> Iterator[str]:
    """What is behind the host's GSSAPI library besides NTLM, where NTLM comes in it."""
    users = [
        f"{posture.product} {service.name}"
        for posture in before
        for service in posture.services
        if any(offer.through for offer in service.offers)
    ]
    if users and remedy.host_wide:
        yield f"NTLM goes from GSSAPI of all that reads these lists; mail services seen to use it: {', '.join(users)}"
        yield "Every other program here that uses GSSAPI (sshd, web servers, LDAP and file clients): none was looked at"
    elif users:
        yield f"Clients that log in by Kerberos, where GSSAPI goes and no keytab was seen: {', '.join(users)}"


def left_to_others(remedy: Remedy, before: Iterable[Posture]) -> Iterator[Advice]:
    """What a person has to do where another product, of which nothing is known here, decides on mechanisms."""
    if not isinstance(remedy, WithdrawMechanism):
        return
    for posture in before:
        for service in posture.services:
            asked = service.delegation
            if asked and not service.offers:
                text = f"{service.name}: mechanisms are {asked.product}'s matter ({asked.place.said}), not known here: "
                text += f"withdraw them there, then reload {posture.product}"
                bar = next((bar for bar in asked.bars if "PLAIN" in bar.names), None)
                if bar and service.must_announce:
                    text += (
                        f"; {bar.place.said} bars PLAIN, and {posture.product} ends where nothing is left to announce"
                    )
                yield Advice(text=text, place=asked.place)


def left_unknown(touched: Iterable[Posture], remedy: Remedy) -> Iterator[Unmet]:
    """Services of a changed instance whose mechanisms another product decides on that the plan knows nothing of.

    What they offer is proved with the rest, and would have the change undone. What stands on another machine can be in
    no plan of this one: of that the proof decides.
    """
    for posture in touched if isinstance(remedy, WithdrawMechanism) else ():
        for service in posture.services:
            asked = service.delegation
            if asked and not service.offers and service.listeners and not any(map(_is_elsewhere, asked.at)):
                why = f"it asks {asked.product} ({asked.place.said}), of which this plan knows nothing"
                hint = f"plan for both: --product {posture.product} --product {asked.product}"
                yield Unmet(what=f"{posture.product} {service.name} without NTLM", why=f"{why}; {hint}")


def _is_elsewhere(socket: AuthSocket) -> bool:
    if socket.path or socket.address in ("", "localhost"):
        return False
    try:
        return not ip_address(socket.address).is_loopback
    except ValueError:
        return True


def preconditions(
    before: Sequence[Posture], after: Sequence[Posture], remedy: Remedy, now: datetime, basis: Basis
) -> Iterator[Unmet]:
    """What must be so before a change, and is not, or cannot be known: a TLS path, its certificate, a login.

    A lack that stands already and that the change makes no worse is none of them; neither is any where everybody logs
    in as before.
    """
    was = {(posture.config, service.name): service for posture in before for service in posture.services}
    for posture in after if isinstance(remedy, WithdrawMechanism | RequireTls) else ():
        for service in posture.services:
            earlier = was.get((posture.config, service.name))
            if earlier and not service.tls.available and not is_inner(service, posture):
                yield from _without_tls(f"TLS on {posture.product} {service.name}", earlier, service, remedy)
        idle = _certificates(posture, in_use=False) - _certificates(posture, in_use=True)
        yield from (_unsound(each) for each in posture.certificates if each.path not in idle and _is_unsound(each, now))
    if basis is Basis.COPIED:
        yield Unmet(what="a TLS path, its certificate, and a login", why="they cannot be checked on copied files")


def _without_tls(what: str, earlier: Service, service: Service, remedy: Remedy) -> Iterator[Unmet]:
    """Whether a service without TLS would let nobody in any more, or passwords in clear as it did not before."""
    if isinstance(remedy, RequireTls):
        if service.tls.required and any(offer.states for offer in earlier.offers):
            yield Unmet(what=what, why=f"logins would wait for it in vain: {service.tls.place.said}")
    elif _in_clear(service) - _in_clear(earlier):
        yield Unmet(what=what, why="it has none: passwords would go in clear, which they do not today")


def _in_clear(service: Service) -> set[str]:
    return {offer.name for offer in service.offers if offer.name in _CLEARTEXT and Security.PLAIN in offer.states}


def _certificates(posture: Posture, *, in_use: bool) -> set[str | None]:
    return {service.tls.certificate for service in posture.services if service.tls.available is in_use}


def left_without_login(before: Posture, after: Posture) -> str | None:
    """The first service that had a usable mechanism and would have none; where TLS is what it lacks, it has."""
    would_be = {service.name: service for service in after.services}
    for service in before.services:
        then = would_be.get(service.name)
        if then is None or not then.listeners or (then.tls.required and not then.tls.available):
            continue
        if _usable(service) and not _usable(then):
            return service.name
    if _has_usable(before) and not _has_usable(after):
        return "for those who ask it"
    return None


def left_silent(before: Posture, after: Posture) -> tuple[Service, Security] | None:
    """The first service whose server would end, and in which TLS state: it announced something there, and now nothing.

    Where a login has to wait for TLS no mechanism is announced before it, and nothing ends of that.
    """
    would_be = {service.name: service for service in after.services}
    for service in before.services:
        then = would_be.get(service.name)
        for state in _login_states(then) if then and then.must_announce else ():
            if then and _announces(service, state) and not _announces(then, state):
                return then, state
    return None


def _login_states(service: Service) -> Iterator[Security]:
    """The TLS states of its sockets in which it takes logins."""
    there = {state for listener in service.listeners for state in _states(service, listener)}
    return (state for state in Security if state in there and not (state is Security.PLAIN and service.tls.required))


def _announces(service: Service, state: Security) -> bool:
    return any(state in offer.states and not offer.hidden_by for offer in service.offers)


def _has_usable(posture: Posture) -> bool:
    return any(offer.name in USABLE for offer in posture.backend)


def _of_listener(service: Service, listener: Listener, then: Service | None, remedy: Remedy) -> Iterator[Expectation]:
    there = {(each.address, each.port) for each in then.listeners} if then else set()
    proxied = listener.asks_for_header or UNSET
    for state in _provable(service, listener):
        endpoint = _endpoint(service, listener, state)
        if then is None or (listener.address, listener.port) not in there:
            yield Expectation(endpoint=endpoint, closed=True, proxied=proxied)
            continue
        left_alone = {offer.name for offer in then.offers if not offer.carries_ntlm}
        by_library = frozenset(offer.name for offer in service.offers if offer.through)
        withdrawn = remedy.mechanisms if isinstance(remedy, WithdrawMechanism) else ()
        yield Expectation(
            endpoint=endpoint,
            withdrawn=tuple(name for name in withdrawn if name in (NTLM_CARRIERS - left_alone) | by_library),
            kept=_shown(then, state, (_LISTED & USABLE) | by_library),
            needs_tls=state is Security.PLAIN and then.tls.required,
            proxied=proxied,
        )


def _shown(service: Service, state: Security, among: frozenset[str]) -> tuple[str, ...]:
    """The mechanisms that a client is shown in one state, each once."""
    offers = (each for each in service.offers if state in each.states and each.name in among and not each.hidden_by)
    return tuple(dict.fromkeys(each.name for each in offers))


def _provable(service: Service, listener: Listener) -> Iterator[Security]:
    """The states in which a listener can be asked from this machine."""
    return iter(()) if listener.is_out_of_reach else _states(service, listener)


def _states(service: Service, listener: Listener) -> Iterator[Security]:
    """The states that can be asked: without TLS there is the plain one alone."""
    return (state for state in listener.states if state is Security.PLAIN or service.tls.available)


def _endpoint(service: Service, listener: Listener, state: Security) -> str:
    return str(Endpoint(_dialled(listener.address), listener.port, service.protocol, state))


def _usable(service: Service) -> list[str]:
    return list(dict.fromkeys(offer.name for offer in service.offers if offer.name in USABLE and offer.states))


def _dialled(address: str) -> str:
    """A socket on every address is asked on loopback."""
    try:
        parsed = ip_address(address.strip("[]"))
    except ValueError:
        return "127.0.0.1" if address in ("", "*", "all", "localhost") else address
    return _EVERY_ADDRESS[parsed.version] if parsed.is_unspecified else str(parsed)


def _is_unsound(certificate: Certificate, now: datetime) -> bool:
    return bool(certificate.problem) or (certificate.not_after is not None and certificate.not_after <= now)


def _unsound(certificate: Certificate) -> Unmet:
    why = certificate.problem or f"it ended on {certificate.not_after:%Y-%m-%d}"
    return Unmet(what=f"a valid certificate in {certificate.path}", why=why)
