"""Exim behind a proxy: `hosts_proxy`, the clients that have to send a PROXY header; all others are greeted without."""

from ipaddress import ip_network

from tightlip.model.posture import FromLoopback, ProxyHeader
from tightlip.products._exim.conditions import items
from tightlip.products._exim.statements import Configuration
from tightlip.products._proxy_clients import Address, all_or_none, is_in

HOSTS_PROXY = "hosts_proxy"
_DEEPEST = 8
_REACH = {True: FromLoopback.TRUSTED, False: FromLoopback.EXEMPT, None: FromLoopback.UNKNOWN}


def proxy_header(known: Configuration, address: str) -> ProxyHeader | None:
    """What the option comes to for a listener on ``address``; None where nobody has to send a header."""
    option = known.options.get(HOSTS_PROXY)
    if option is None or not option.value.strip():
        return None
    asked = all_or_none(address, lambda client: _is_listed(client, option.value, known.lists, 0))
    return ProxyHeader(place=option.place(), from_loopback=_REACH[asked])


def _is_listed(client: Address, value: str, named: dict[str, str], depth: int) -> bool | None:
    """Whether a host list holds a client, by its first item that does; None where that is not known.

    Behind a last item with ``!`` stand all others. Names and lookups are not followed.
    """
    if "$" in value or depth > _DEEPEST:
        return None
    is_negated = False
    for item in items(value):
        is_negated = item.startswith("!")
        found = _is_item(client, item.removeprefix("!").strip(), named, depth)
        if found is None:
            return None
        if found:
            return not is_negated
    return is_negated


def _is_item(client: Address, item: str, named: dict[str, str], depth: int) -> bool | None:
    if item.startswith("+"):
        return _is_listed(client, named[item[1:]], named, depth + 1) if item[1:] in named else None
    if item == "*":
        return True
    try:
        return is_in(client, [ip_network(item.strip("[]"), strict=False)])
    except ValueError:
        return None
