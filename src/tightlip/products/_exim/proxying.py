"""Exim behind a proxy: `hosts_proxy`, the clients that have to send a PROXY header; all others are greeted without."""

from collections.abc import Mapping

from tightlip.model.posture import FromLoopback, ProxyHeader
from tightlip.products._exim.conditions import items
from tightlip.products._exim.configuration import Configuration
from tightlip.products._proxy_clients import MOST_NETWORKS, Address, all_or_none, is_in, network_of

HOSTS_PROXY = "hosts_proxy"
_LONGEST = 10_000
_REACH = {True: FromLoopback.TRUSTED, False: FromLoopback.EXEMPT, None: FromLoopback.UNKNOWN}


def proxy_header(known: Configuration, address: str) -> ProxyHeader | None:
    """What the option comes to for a listener on ``address``; None where nobody has to send a header."""
    option = known.options.get(HOSTS_PROXY)
    if option is None or not option.value.strip():
        return None
    asked = all_or_none(address, lambda client: _Search(known.lists).is_listed(client, option.value))
    return ProxyHeader(place=option.place(), from_loopback=_REACH[asked])


class _Search:
    """The search for a client in the lists of a configuration, as far as it is followed: so many items in all."""

    def __init__(self, named: Mapping[str, str]) -> None:
        """``named`` are the lists that ``+name`` stands for."""
        self._named = named
        self._left = MOST_NETWORKS

    def is_listed(self, client: Address, value: str) -> bool | None:
        """Whether a host list holds a client, by its first item that does; None where that is not known.

        Behind a last item with ``!`` stand all others. Names and lookups are not followed.
        """
        if "$" in value or len(value) > _LONGEST:
            return None
        is_negated = False
        for item in items(value):
            is_negated = item.startswith("!")
            found = self._is_item(client, item.removeprefix("!").strip())
            if found is None:
                return None
            if found:
                return not is_negated
        return is_negated

    def _is_item(self, client: Address, item: str) -> bool | None:
        self._left -= 1
        if self._left < 0:
            return None
        if item.startswith("+"):
            return self.is_listed(client, self._named[item[1:]]) if item[1:] in self._named else None
        if item == "*":
            return True
        network = network_of(item.strip("[]"))
        return None if network is None else is_in(client, [network])
