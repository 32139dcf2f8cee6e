"""How a run begins: a new one written down with all that is needed to go on after a crash, or an old one taken up."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from tempfile import TemporaryFile

import msgspec
from msgspec import Struct

from tightlip import __version__, registry
from tightlip.assess.scope import Scope
from tightlip.model.counting import counted
from tightlip.model.errors import UsageError
from tightlip.model.run import NotAsked, Run
from tightlip.network.messages import EngineSettings
from tightlip.store.contract import Store
from tightlip.store.values import ResumePoint
from tightlip.talk.protocol import Protocol
from tightlip.targets.grammar import Ask, Grammar
from tightlip.targets.overlaps import Sweep
from tightlip.workflows.exclusion import Exclusions, make_exclusions
from tightlip.workflows.intake import Itinerary, Wanted, lines_of_files, make_itinerary, named_of, singles_of
from tightlip.workflows.judging import BY_THE_RULES, Judging
from tightlip.workflows.scan import Begun
from tightlip.workflows.tally import Tally, stored_tally

_NAME_ONE = "name a host, a network, a URL such as pop3://mail.example.org, or --file"


class Order(Struct, frozen=True):
    """What was ordered; kept with the run, so that it can be taken up again as it was.

    The sweeps are kept as they were cut: an address has its place among them, whatever becomes of the scope. So are the
    exclusions as they were resolved: what a name kept out stays out, whatever becomes of the name.
    """

    targets: tuple[str, ...]
    excluded_names: frozenset[str]
    excluded: tuple[str, ...]
    engine: EngineSettings
    sweeps: tuple[tuple[str, tuple[Ask, ...]], ...]
    not_asked: tuple[NotAsked, ...]
    bad_lines: int
    total: int


class Sources(Struct, frozen=True):
    """Where targets come from: arguments and files (``-`` is standard input); ``strict`` wants every line readable."""

    targets: tuple[str, ...]
    files: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    strict: bool = False


@contextmanager
def read_sources(sources: Sources, scope: Scope) -> Iterator[tuple[Itinerary, Wanted]]:
    """Read all targets; UsageError where there are none, or one that was given as an argument cannot be read.

    Lines are copied into a file without a name first: standard input and pipes can be read once only.
    """
    if not sources.targets and not sources.files:
        raise UsageError("nothing to scan", _NAME_ONE)
    exclusions = make_exclusions(sources.exclude)
    with TemporaryFile("w+", encoding="utf-8", newline="\n") as spool:
        for where, text in lines_of_files(sources.files, sys.stdin.buffer if sys.stdin else None):
            spool.write(f"{where}\t{text}\n")

        def lines() -> Iterator[tuple[str, str]]:
            spool.seek(0)
            return (_parted(line.removesuffix("\n")) for line in spool)

        wanted = Wanted(sources.targets, exclusions, lines)
        itinerary = make_itinerary(wanted, grammar(), scope, datetime.now(UTC))
        if not itinerary.total and not itinerary.not_asked:
            raise UsageError(f"nothing to scan: no target in {', '.join(sources.files)}", _NAME_ONE)
        yield itinerary, wanted


def insist(sources: Sources, itinerary: Itinerary) -> None:
    """UsageError where a line could not be read and all should be."""
    if sources.strict and itinerary.complaints:
        first = itinerary.complaints[0]
        lines = counted(itinerary.bad_lines, "target line")
        raise UsageError(f"{first.where}: {first.message}", f"{lines} could not be read, and --strict was given")


def begin(
    sources: Sources,
    itinerary: Itinerary,
    wanted: Wanted,
    engine: EngineSettings,
    seed: str | None,
    store: Store,
    judging: Judging = BY_THE_RULES,
) -> Begun:
    """Write a new run down, with a copy of every target line, before the first packet is sent."""
    now = datetime.now(UTC)
    run = Run(
        id=run_id(now),
        version=__version__,
        started=now,
        targets=(*sources.targets, *(f"--file {name}" for name in sources.files)),
        seed=seed or secrets.token_hex(8),
        source=engine.source or "auto",
        is_resumable=not judging.wants_closed,
    )
    order = Order(
        sources.targets,
        itinerary.exclusions.names,
        tuple(map(str, itinerary.exclusions.networks)),
        engine,
        tuple((str(sweep.network), sweep.asks) for sweep in itinerary.sweeps),
        itinerary.not_asked,
        itinerary.bad_lines,
        itinerary.total,
    )
    store.begin_run(run, msgspec.msgpack.encode(order))
    store.spool(run.id, (f"{where}\t{text}" for where, text in wanted.lines()))
    return Begun(run, itinerary, 0, Tally(), frozenset())


def run_id(began: datetime) -> str:
    """An id such as ``20261204-090000-3f2a9c04``, which a store holds once; those of 0.1.0 end in four digits."""
    return f"{began:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def resume(name: str, store: Store) -> tuple[Begun, EngineSettings]:
    """Take up a run that was cut off, ``last`` the youngest such; what it has stored is not asked again.

    UsageError where another version began it, since one run has the verdicts of one version; and where it looked for
    services that are gone: a scan judges otherwise.
    """
    youngest = store.last_unfinished_run() if name == "last" else None
    point = store.resume_point(youngest.id if youngest else name)
    if point.run.version != __version__:
        raise _begun_by_another(point.run)
    if not point.run.is_resumable:
        raise UsageError(f"the run {point.run.id} expected closed services and cannot be resumed", "verify them again")
    order = _order_of(point)
    tally = stored_tally(store, point)
    tally.targets = point.watermark  # those above it are walked to again
    return Begun(point.run, _itinerary(order, point, store), point.watermark, tally, point.done), order.engine


def grammar() -> Grammar:
    """The target grammar with every protocol's schemes."""
    return Grammar(registry.gather("protocols", Protocol))


def _order_of(point: ResumePoint) -> Order:
    try:
        return msgspec.msgpack.decode(point.spec, type=Order)
    except msgspec.DecodeError:
        raise _begun_by_another(point.run) from None


def _begun_by_another(run: Run) -> UsageError:
    told = f"the run {run.id} was begun by another version of tightlip ({run.version}) and cannot be resumed"
    return UsageError(told, f"scan its targets again from the start; what it found: tightlip report --run {run.id}")


def _itinerary(order: Order, point: ResumePoint, store: Store) -> Itinerary:
    """The itinerary as it was, its lines read from the store's own copy."""

    def lines() -> Iterator[tuple[str, str]]:
        return map(_parted, store.spooled(point.run.id))

    exclusions = Exclusions(order.excluded_names, tuple(map(ip_network, order.excluded)))
    sweeps = tuple(Sweep(ip_network(network), asks) for network, asks in order.sweeps)
    wanted = Wanted(order.targets, exclusions, lines)
    return Itinerary(
        singles=singles_of(wanted, grammar(), sweeps),
        sweeps=sweeps,
        exclusions=exclusions,
        not_asked=() if point.tally else order.not_asked,
        complaints=(),
        bad_lines=order.bad_lines,
        total=order.total,
        named=named_of(wanted, grammar(), sweeps),
    )


def _parted(line: str) -> tuple[str, str]:
    where, _, text = line.partition("\t")
    return where, text
