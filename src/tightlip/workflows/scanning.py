"""Putting a scan together: the scope, the store, the engines' settings, the run; and taking it apart again."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from msgspec import Struct
from msgspec.structs import replace

from tightlip.model.errors import UsageError
from tightlip.network.descriptors import raise_limit
from tightlip.network.messages import EngineSettings
from tightlip.network.pacing import is_loopback
from tightlip.network.sources import own_addresses
from tightlip.store.opening import open_store
from tightlip.workflows.authorisation import authorised_scope
from tightlip.workflows.beginning import Sources, begin, insist, read_sources, resume
from tightlip.workflows.intake import Complaint, Itinerary
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.judging import BY_THE_RULES, Judging
from tightlip.workflows.scan import Means, Progress, Scan

_SMALL = 256


class ScanOrder(Struct, frozen=True):
    """A scan as it is ordered; ``resume`` names a run to go on with, whose own targets and pace then hold.

    ``workers`` is the number of engine processes, 0 leaves it to the size of the scan.
    """

    sources: Sources
    engine: EngineSettings
    workers: int
    store: str
    seed: str | None = None
    resume: str | None = None


@contextmanager
def scanning(
    order: ScanOrder,
    watch: Callable[[Progress], None],
    complain: Callable[[Complaint], None],
    interruption: Interruption,
    judging: Judging = BY_THE_RULES,
) -> Iterator[Scan]:
    """A scan that is ready to go; target lines that could not be read are complained of first."""
    with ExitStack() as stack:
        with interruption.unheeded():
            scan = _ready(order, watch, complain, interruption, stack, judging)
        yield scan


def _ready(
    order: ScanOrder,
    watch: Callable[[Progress], None],
    complain: Callable[[Complaint], None],
    interruption: Interruption,
    stack: ExitStack,
    judging: Judging,
) -> Scan:
    own = own_addresses()
    _check_source(order.engine.source, own)
    scope = authorised_scope(own)
    engine = replace(order.engine, own_addresses=own)
    raise_limit(0)
    store = stack.enter_context(open_store(order.store))
    if order.resume is not None:
        _check_alone(order)
        begun, kept = resume(order.resume, store)
        engine = replace(kept, own_addresses=own)
    else:
        itinerary, wanted = stack.enter_context(read_sources(order.sources, scope))
        insist(order.sources, itinerary)
        for complaint in itinerary.complaints:
            complain(complaint)
        begun = begin(order.sources, itinerary, wanted, engine, order.seed, store, judging)
    workers = _workers(order.workers, engine, begun.itinerary)
    return Scan(begun, Means(scope, engine, store, workers, watch, interruption, judging))


def _check_alone(order: ScanOrder) -> None:
    sources = order.sources
    if sources.targets or sources.files or sources.exclude or order.seed:
        raise UsageError("--resume goes with no targets, exclusions or seed", "the run keeps its own")


def _workers(wanted: int, engine: EngineSettings, itinerary: Itinerary) -> int:
    """One engine process per core; one alone for what is small, where a second would only halve what the first may do.

    Limits for the whole machine are shared out between the processes, and a /24 never spans two of them. Without a
    connection of its own none has anything to do.
    """
    usual = 1 if itinerary.total <= _SMALL else len(os.sched_getaffinity(0))
    workers = wanted or usual
    return min(workers, engine.concurrency) if engine.concurrency else workers


def _check_source(source: str | None, own: tuple[str, ...]) -> None:
    if source is not None and source not in own and not is_loopback(source):
        raise UsageError(f"--source {source} is not an address of this machine", f"it has {', '.join(own)}")
