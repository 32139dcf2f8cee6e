"""Whether clients on this machine are among those whose PROXY header a listener takes, or demands."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# From where tightlip contacts a listener on loopback: Dovecot counts a client with its own address as secured.
_SECOND = "127.0.0.2"
# Of one list; more are told as not known.
MOST_NETWORKS = 200
_EVERY_ADDRESS = ("", "*", "0.0.0.0", "localhost")


def clients_at(address: str) -> tuple[Address, ...]:
    """The addresses from which tightlip may contact a listener on ``address``; none where that is a name.

    At an address other than loopback it may be any address of this machine: its own and loopback stand for them.
    """
    if address in _EVERY_ADDRESS or address.startswith("127."):
        return (IPv4Address("127.0.0.1" if address == _SECOND else _SECOND),)
    try:
        own = ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return ()
    if own.is_unspecified or own.is_loopback:
        return (IPv6Address("::1"),)
    return (own, IPv4Address(_SECOND) if own.version == 4 else IPv6Address("::1"))


def all_or_none(address: str, is_among: Callable[[Address], bool | None]) -> bool | None:
    """What ``is_among`` says of every client at ``address``; None where it is not the same of all, or not known."""
    said = {is_among(client) for client in clients_at(address)}
    return said.pop() if len(said) == 1 else None


def networks_of(words: Sequence[str]) -> list[Network] | None:
    """The networks of a list; None where a word of it is none, or where there are more than anybody's proxies."""
    if len(words) > MOST_NETWORKS:
        return None
    found = [network_of(word) for word in words]
    return None if None in found else [each for each in found if each is not None]


@lru_cache(maxsize=4 * MOST_NETWORKS)
def network_of(word: str) -> Network | None:
    """The network that a word of a list names; None where it is none. Hundreds of listeners ask for the same ones."""
    try:
        return ip_network(word, strict=False)
    except ValueError:
        return None


def is_in(client: Address, networks: Iterable[Network]) -> bool:
    """Whether any of the networks holds the client; one of the other family never does."""
    return any(client.version == each.version and client in each for each in networks)
