"""What a running server has not been told of: the sockets that its files name now, beside those that it holds."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from tightlip import registry
from tightlip.hosts.local import LocalHost
from tightlip.model.endpoint import read_endpoint
from tightlip.model.posture import Posture
from tightlip.products._product import Product
from tightlip.remediate.plan import Plan, ProductPlan, Unmet
from tightlip.workflows.beginning import grammar
from tightlip.workflows.change.master import held_sockets, master_of

# Ports, each with its addresses in one form; None for one that is written as a name.
_Sockets = dict[int, set[str | None]]
_EVERYWHERE = "every address"


def unreloaded(plan: Plan, postures: Iterable[Posture], host: LocalHost) -> Iterator[Unmet]:
    """Products of a plan that listen elsewhere than ``postures``, which are their files as they are, say.

    A reload would put into force whatever else was edited as well. Only sockets show it, and only on ports that clients
    usually use, or that the files or the plan name.
    """
    by_config = {(each.product, each.config): each for each in postures}
    expected = {read_endpoint(each.endpoint).port for each in (*plan.expectations, *plan.restored)}
    # No mail is sent in by a login over LMTP: postures do not tell of it.
    expected |= {ask.port for ask in grammar().usual if ask.protocol != "lmtp"}
    for planned in plan.products:
        posture = by_config.get((planned.product, planned.instance.config))
        if planned.reload and posture and (why := _unlike(planned, _named(posture), expected, host)):
            yield Unmet(what=f"{planned.product} runs as its files say", why=why)


def _unlike(planned: ProductPlan, named: _Sockets, expected: set[int], host: LocalHost) -> str:
    """By what a running server is seen to be other than its files; empty where it is not, or nothing can be seen."""
    master = master_of(planned.instance, host.processes(), registry.pick("products", planned.product, Product))
    held: _Sockets = {}
    for address, port in held_sockets(master) if isinstance(master, int) else ():
        if port in expected or port in named:
            held.setdefault(port, set()).add(_in_one_form(address))
    seen = " and ".join(_differences(named, held)) if held else ""
    way_on = "they were edited, and a reload would put that into force as well; reload it first, or undo that"
    return f"it {seen}: {way_on}" if seen else ""


def _named(posture: Posture) -> _Sockets:
    named: _Sockets = {}
    for listener in (each for service in posture.services for each in service.listeners):
        named.setdefault(listener.port, set()).add(_in_one_form(listener.address))
    return named


def _in_one_form(address: str) -> str | None:
    written = address.strip("[]").partition("%")[0]
    if written in ("", "*", "all"):
        return _EVERYWHERE
    try:
        parsed = ip_address(written)
    except ValueError:
        return None
    return _EVERYWHERE if parsed.is_unspecified else str(parsed)


def _differences(named: _Sockets, held: _Sockets) -> Iterator[str]:
    if missing := sorted(port for port in named.keys() - held.keys() if not all(map(_may_fail, named[port]))):
        yield f"does not listen on port {_listed(missing)}, which they name"
    if more := sorted(held.keys() - named.keys()):
        yield f"listens on port {_listed(more)}, which they do not name"
    moved: dict[tuple[str, str], list[int]] = {}
    for port in sorted(named.keys() & held.keys()):
        told, there = named[port], held[port]
        if None in told or _EVERYWHERE in told & there:
            continue
        if there - told or any(not _may_fail(each) for each in told - there):
            moved.setdefault((_listed(there), _listed(told)), []).append(port)
    for (at, instead), ports in moved.items():
        yield f"listens on port {_listed(ports)} at {at}, where they name {instead}"


def _may_fail(address: str | None) -> bool:
    """Servers go on without an address of IPv6 that the host does not have."""
    return address is not None and ":" in address


def _listed(values: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, values)))
