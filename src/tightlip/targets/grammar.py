"""The target grammar: from what a user writes to hosts, ports, protocols and TLS states.

``host`` · ``host:port`` · ``scheme://host[:port]`` · ``pop3+plain://…``, ``pop3+starttls://…``; a host is a name, an
address (IPv6 in brackets where a port follows), a network ``10.0.0.0/16`` or a range ``10.0.0.1-10.0.0.20``.
"""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network, summarize_address_range

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.errors import UsageError
from tightlip.model.networks import Network
from tightlip.model.observation import Intent
from tightlip.talk.protocol import CLEAR_PORT, Protocol, Scheme

UNKNOWN = "unknown"

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+]*)://(.+)")
_WHOLE_INTERNET_HINT = "name the networks whose owner authorised you"


class Ask(Struct, frozen=True, order=True):
    """One question for a host: this port, this protocol, this state."""

    port: int
    protocol: str
    security: Security


class Target(Struct, frozen=True, gc=False):
    """What one piece of input names: a ``name`` to resolve or ``networks`` of addresses; and what to ask there.

    ``is_first``: no other target asks the same host, as far as is known yet.
    """

    text: str
    name: str | None
    networks: tuple[Network, ...]
    asks: tuple[Ask, ...]
    intent: Intent
    is_first: bool = True

    @property
    def must_answer(self) -> bool:
        """Whether this is a bare single host that no other target speaks for: something of it has to be reached."""
        return self.is_first and self.is_single and self.intent is Intent.SWEPT

    @property
    def is_single(self) -> bool:
        """Whether this is one host rather than a sweep."""
        return self.name is not None or (len(self.networks) == 1 and self.networks[0].num_addresses == 1)


class Grammar:
    """Reads targets with the schemes and usual ports that the protocol plugs name."""

    def __init__(self, protocols: Mapping[str, Protocol]) -> None:
        """Collect the schemes of all protocols."""
        self._schemes: dict[str, tuple[str, Scheme]] = {}
        self._ports: dict[int, tuple[Ask, ...]] = {}
        for protocol in protocols.values():
            for scheme in protocol.schemes:
                self._add(protocol.name, scheme)
        self.usual = tuple(ask for port in sorted(self._ports) for ask in self._ports[port])

    def read(self, text: str) -> Target:
        """One target; UsageError with a hint where it cannot be read."""
        text = text.strip()
        url = _URL.fullmatch(text)
        if url:
            name, scheme = self._scheme(url[1].lower(), text)
            host, port = _split_port(url[2].rstrip("/") if "/" in url[2][-1:] else url[2], text)
            number = scheme.port if port is None else port
            asks = tuple(Ask(number, name, state) for state in scheme.states)
            return _target(text, host, asks, Intent.NAMED)
        if "://" in text:
            raise UsageError(f"cannot read {text!r}", "write scheme://host or scheme://host:port")
        host, port = _split_port(text, text)
        if port is None:
            return _target(text, host, self.usual, Intent.SWEPT)
        return _target(text, host, self._ports.get(port, (Ask(port, UNKNOWN, Security.PLAIN),)), Intent.NAMED)

    def _add(self, protocol: str, scheme: Scheme) -> None:
        self._schemes[scheme.name] = (protocol, scheme)
        self._ports[scheme.port] = tuple(Ask(scheme.port, protocol, state) for state in scheme.states)
        if scheme.states == CLEAR_PORT:
            for state in CLEAR_PORT:
                name = f"{scheme.name}+{state}"
                self._schemes[name] = (protocol, Scheme(name, scheme.port, (state,)))

    def _scheme(self, name: str, text: str) -> tuple[str, Scheme]:
        if name not in self._schemes:
            known = ", ".join(sorted(each for each in self._schemes if "+" not in each))
            raise UsageError(f"unknown scheme {name}:// in {text!r}", f"known schemes: {known}; also pop3+plain, …")
        return self._schemes[name]


def read_host(text: str) -> tuple[str | None, tuple[Network, ...]]:
    """A host part alone: (name, ()) or (None, networks); UsageError where it is neither."""
    host = text.strip()
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if "%" in host:
        raise UsageError(f"{text!r} has a zone: link-local addresses are not asked", "use an address that is routed")
    try:
        if "/" in host:
            return None, (_network(host),)
        if "-" in host and (span := _range(host)):
            return None, span
        return None, (ip_network(ip_address(host)),)
    except ValueError as error:
        if "/" in host or _looks_numeric(host):
            raise UsageError(
                f"{text!r} is not an address or network: {error}", "write 10.0.0.0/16 or 10.0.0.7"
            ) from None
    return _name(host, text), ()


def _target(text: str, host: str, asks: tuple[Ask, ...], intent: Intent) -> Target:
    name, networks = read_host(host)
    if any(network.prefixlen == 0 for network in networks):
        raise UsageError(f"{text!r} is the whole Internet", _WHOLE_INTERNET_HINT)
    single = name is not None or (len(networks) == 1 and networks[0].num_addresses == 1)
    return Target(text, name, networks, asks, intent if single else Intent.SWEPT)


def _split_port(text: str, whole: str) -> tuple[str, int | None]:
    """Host and port; a bare IPv6 address or network has colons and no port."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise UsageError(f"cannot read {whole!r}", "write an IPv6 address with a port as [2001:db8::1]:110")
        return host, _port(rest[1:], whole) if rest else None
    if text.count(":") != 1:
        return text, None
    host, _, port = text.partition(":")
    return host, _port(port, whole)


def _port(text: str, whole: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or not 0 < int(text) < 65_536:
        raise UsageError(f"port {text!r} in {whole!r} is not a port", "a port is a number from 1 to 65535")
    return int(text)


def _network(host: str) -> Network:
    if "%" in host:
        raise ValueError("a zone stands with one address, not with a network")
    return ip_network(host, strict=False)


def _range(host: str) -> tuple[Network, ...]:
    """``10.0.0.1-10.0.0.20`` or ``10.0.0.1-20`` as networks; empty where the first part is no address."""
    first_text, _, last_text = host.partition("-")
    try:
        first = ip_address(first_text)
    except ValueError:
        return ()
    if last_text.isdigit() and isinstance(first, IPv4Address):
        last_text = f"{first_text.rpartition('.')[0]}.{last_text}"
    last = ip_address(last_text)
    if isinstance(first, IPv4Address) and isinstance(last, IPv4Address) and first <= last:
        return tuple(summarize_address_range(first, last))
    if isinstance(first, IPv6Address) and isinstance(last, IPv6Address) and first <= last:
        return tuple(summarize_address_range(first, last))
    raise ValueError("a range ends after it begins, in one family")


def _looks_numeric(host: str) -> bool:
    return bool(re.fullmatch(r"[0-9.:]+(-[0-9.:]+)?", host)) or ":" in host


def _name(host: str, text: str) -> str:
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        name = ""
    name = name.lower().removesuffix(".")
    if not _NAME.fullmatch(name):
        raise UsageError(f"{text!r} is not a host name, address or network", "see 'tightlip scan --help' for the forms")
    return name


def read_exclusions(texts: Iterable[str]) -> tuple[frozenset[str], tuple[Network, ...]]:
    """Exclusions as (names, networks); the same forms as a target's host part."""
    names: set[str] = set()
    networks: list[Network] = []
    for text in texts:
        name, found = read_host(text)
        if name is not None:
            names.add(name)
        networks += found
    return frozenset(names), tuple(networks)
