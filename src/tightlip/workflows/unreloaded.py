"""What a running server has not been told of: the ports that its files name now, beside those that it holds."""

from collections.abc import Iterable, Iterator

from tightlip import registry
from tightlip.hosts.local import LocalHost
from tightlip.model.endpoint import read_endpoint
from tightlip.model.posture import Posture
from tightlip.products._product import Product
from tightlip.remediate.plan import Plan, ProductPlan, Unmet
from tightlip.workflows.beginning import grammar
from tightlip.workflows.change.master import held_ports, master_of


def unreloaded(plan: Plan, postures: Iterable[Posture], host: LocalHost) -> Iterator[Unmet]:
    """Products of a plan that listen elsewhere than ``postures``, which are their files as they are, say.

    A reload would put into force whatever else was edited as well. Only ports show it, and only those that clients
    usually use, or that the files or the plan name.
    """
    by_config = {(each.product, each.config): each for each in postures}
    expected = {read_endpoint(each.endpoint).port for each in (*plan.expectations, *plan.restored)}
    for planned in plan.products:
        posture = by_config.get((planned.product, planned.instance.config))
        if planned.reload and posture and (why := _unlike(planned, _ports(posture), expected, host)):
            yield Unmet(what=f"{planned.product} runs as its files say", why=why)


def _ports(posture: Posture) -> set[int]:
    return {listener.port for service in posture.services for listener in service.listeners}


def _unlike(planned: ProductPlan, named: set[int], expected: set[int], host: LocalHost) -> str:
    """By what a running server is seen to be other than its files; empty where it is not, or nothing can be seen."""
    master = master_of(planned.instance, host.processes(), registry.pick("products", planned.product, Product))
    usual = {ask.port for ask in grammar().usual}
    held = held_ports(master) & (usual | named | expected) if isinstance(master, int) else frozenset[int]()
    if not held or held == named:
        return ""
    told = (
        ("does not listen on port {}, which they name", sorted(named - held)),
        ("listens on port {}, which they do not name", sorted(held - named)),
    )
    seen = " and ".join(words.format(", ".join(map(str, ports))) for words, ports in told if ports)
    return f"it {seen}: they were edited, and a reload would put that into force as well; reload it first, or undo that"
