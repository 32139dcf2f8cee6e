"""The scan: from an itinerary to observations, verdicts, findings and a report that grows while it is read."""

import gc
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tightlip.assess.closing import Account
from tightlip.assess.scope import Scope, spans
from tightlip.assess.verdict import assess
from tightlip.cluster.pool import Pool
from tightlip.model.endpoint import Endpoint
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending, Observation
from tightlip.model.run import THE_REST, NotAsked, Run, Summary, Unasked
from tightlip.model.verdict import Verdict
from tightlip.network.messages import Delivery, EngineSettings, WorkItem
from tightlip.network.presence import greets
from tightlip.network.reception import patience_spent
from tightlip.reports._report import Entry, Report
from tightlip.store.contract import Store
from tightlip.targets.ledger import Ledger
from tightlip.targets.order import walk
from tightlip.targets.reaching import Reaching
from tightlip.workflows.feed import Done, Feed
from tightlip.workflows.harvest import Harvest
from tightlip.workflows.intake import Itinerary
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.judging import BY_THE_RULES, Judging
from tightlip.workflows.known_findings import depths
from tightlip.workflows.retelling import retold_with_positions, way_on
from tightlip.workflows.tally import Tally, account_of, summarise

_PROBE = "tightlip.workflows.probe:probe"
_PROGRESS_EVERY = 0.2
_STOP_WITHIN = 5.0
_SELDOM = (10_000, 10, 10)
# What is told again has no position in the walk that goes on.
_NOWHERE = -1
# Of the states that greeted a run before it was cut off: far more than those of hosts that were not done.
_REMEMBERED = 4_096


class Progress(Struct, frozen=True):
    """How far a run is: targets done, and in all; the last one says that it has ``ended``."""

    run: str
    targets: int
    total: int
    endpoints: int
    verdicts: dict[str, int]
    in_hand: int
    elapsed: float
    ended: bool = False


class Begun(Struct, frozen=True):
    """Where a run begins: at the first position, or at a resumed run's watermark."""

    run: Run
    itinerary: Itinerary
    watermark: int
    tally: Tally
    done: Done


class Means(Struct, frozen=True):
    """What a scan works with."""

    scope: Scope
    engine: EngineSettings
    store: Store
    workers: int
    watch: Callable[[Progress], None]
    interruption: Interruption
    judging: Judging = BY_THE_RULES


class Scan:
    """One scan under way: ``entries()`` may be taken once; ``summary()`` holds after the last entry."""

    def __init__(self, begun: Begun, means: Means) -> None:
        """Nothing is dialled before the first entry is asked for."""
        self._begun = begun
        self._means = means
        self._ledger = Ledger(begun.watermark)
        stops = walk(begun.itinerary.singles(), begun.itinerary.sweeps, begun.run.seed, begun.watermark)
        self._reaching = Reaching(begun.itinerary.named, begun.watermark)
        wanted = depths(means.engine.depth, means.store)
        self._feed = Feed(
            stops, begun.itinerary, means.scope, self._ledger, begun.tally, begun.done, self._reaching, wanted
        )
        self._feed.workers = list(range(means.workers))
        several = self._feed.several
        self._harvest = Harvest(begun.run.id, means.store, begun.tally, several, self._reaching, means.judging)
        self._decoder = msgspec.msgpack.Decoder(Delivery)
        self._started = time.monotonic()
        self._told = 0.0
        self._throttled: dict[str, int] = {}
        # A host may stand at several positions: as a port that was named, and in a network.
        self._greeted: deque[WorkItem] = deque(maxlen=_REMEMBERED)
        self._cut_short = False
        self._account: Account | None = None
        self._summary: Summary | None = None

    def report(self) -> Report:
        """The scan as a report in the making."""
        return Report(run=self._begun.run, entries=self.entries(), summary=self.summary)

    def entries(self) -> Iterator[Entry]:
        """What a resumed run has stored; then what the engines give, each entry as soon as it is in the store."""
        means = self._means
        if self._begun.watermark or self._begun.done:
            yield from self._retold()
        gc.freeze()
        gc.set_threshold(*_SELDOM)
        pool = Pool(_PROBE, msgspec.msgpack.encode(self._engine_settings()), means.workers)
        try:
            for frame in pool.exchange(self._feed):
                if frame is not None:
                    self._take(frame)
                    continue
                if self._harvest.due():
                    yield from self._commit()
                self._tell_progress()
                if means.interruption.asked:
                    self._drain(pool)
                    break
                self._take_losses(pool)
        finally:
            pool.close()
            self._feed.close()
        if not means.interruption.asked:
            self._give_up_rest("the engine process ended before it answered")
        yield from self._commit()
        self._close()
        self._means.watch(replace(self._progress(), ended=True))

    def _engine_settings(self) -> EngineSettings:
        """Each engine process gets its share of what is limited for the machine as a whole."""
        means = self._means
        engine, workers = means.engine, means.workers
        return replace(
            engine,
            concurrency=-(-engine.concurrency // workers),
            rate=engine.rate / workers,
            allowed=spans(means.scope),
            throttled=self._throttled,
            greeted=tuple(self._greeted),
        )

    def summary(self) -> Summary:
        """The closing count."""
        assert self._summary is not None, "the summary holds after the last entry"
        return self._summary

    def account(self) -> Account:
        """What the exit code of the closing count follows from."""
        assert self._account is not None, "the account holds after the last entry"
        return self._account

    def _retold(self) -> Iterator[Entry]:
        """What was stored before; that was reached, but for ports that were named.

        What judging the rest needs of it is remembered: who had turned us away, and the plain states of targets that
        were cut in the middle.
        """
        for position, entry in retold_with_positions(self._means.store, self._begun.run.id):
            self._remember(position, entry.assessed)
            if greets(entry.assessed.observation.facts):
                self._greeted.append(_item_of(entry.assessed.observation))
            if position >= self._begun.watermark:
                self._harvest.recall(position, entry.assessed.observation)
            yield entry

    def _remember(self, position: int, stored: Assessed) -> None:
        address = stored.observation.address
        if stored.assessment.verdict is not Verdict.UNREACHABLE:
            self._reaching.recall(position, address)
        if address is not None and (spent := patience_spent(stored)):
            self._throttled[address] = max(spent, self._throttled.get(address, 0))

    def _take(self, frame: bytes) -> None:
        delivery = self._decoder.decode(frame)
        in_hand = self._feed.in_hand
        for outcome in delivery.outcomes:
            position = in_hand[outcome.ticket][0]
            if not self._is_kept(position, outcome.assessed.observation):
                self._harvest.take(position, outcome.assessed)
        for ticket in delivery.done:
            self._finish(in_hand.pop(ticket)[0])

    def _finish(self, position: int) -> None:
        """One of a position's items is done."""
        if self._ledger.close(position):
            self._harvest.release(position)

    def _is_kept(self, position: int, observation: Observation) -> bool:
        """Whether a resumed run has it already: of a recognised port one state may have been stored, not the other."""
        done = self._begun.done
        return bool(done) and (position, str(observation.endpoint), observation.address) in done

    def _commit(self) -> Iterator[Entry]:
        yield from self._harvest.commit(self._ledger.watermark)

    def _drain(self, pool: Pool) -> None:
        """Interrupted: keep what has ended, drop what has not."""
        exhausted = self._feed.is_exhausted
        self._feed.end()
        pool.stop()
        until = time.monotonic() + _STOP_WITHIN
        for frame in pool.exchange(lambda: None):
            if frame is not None:
                self._take(frame)
            if time.monotonic() > until:
                break
        self._cut_short = not exhausted or bool(self._feed.in_hand)
        self._harvest.release_rest()

    def _take_losses(self, pool: Pool) -> None:
        for lost in pool.take_losses():
            self._feed.workers.remove(lost.index)
            self._give_up(lost.index, str(lost))

    def _give_up(self, worker: int, cause: str) -> None:
        """An engine process is gone: what it had in hand is our fault, said endpoint by endpoint."""
        for ticket, (position, holder, item) in list(self._feed.in_hand.items()):
            if holder == worker:
                endpoint = Endpoint(item.host, item.port, item.protocol, item.security)
                observation = Observation(
                    endpoint, item.address, _now(), Ending.INTERNAL_ERROR, intent=item.intent, error=cause
                )
                self._harvest.take(position, Assessed(observation, assess(observation)))
                del self._feed.in_hand[ticket]
                self._finish(position)

    def _give_up_rest(self, cause: str) -> None:
        for worker in range(self._means.workers):
            self._give_up(worker, cause)

    def _tell_progress(self) -> None:
        now = time.monotonic()
        if now - self._told >= _PROGRESS_EVERY:
            self._told = now
            self._means.watch(self._progress())

    def _progress(self) -> Progress:
        """Lines that repeat a target were counted before it was known: at the end of the walk the total is exact."""
        tally, ledger = self._harvest.tally, self._ledger
        return Progress(
            self._begun.run.id,
            ledger.closed,
            tally.targets if self._feed.is_exhausted and not self._cut_short else self._begun.itinerary.total,
            tally.endpoints,
            dict(tally.verdicts),
            len(self._feed.in_hand),
            time.monotonic() - self._started,
        )

    def _close(self) -> None:
        """Draw up the account and write down how the run ended; not where all engines were lost on the way."""
        begun, store, tally = self._begun, self._means.store, self._harvest.tally
        interrupted = _how_to_resume(begun.run, store) if self._cut_short else None
        run = replace(begun.run, ended=_now())
        forsaken = not self._feed.is_exhausted
        if forsaken:
            tally.faults += 1
            tally.not_asked.append(NotAsked(THE_REST, Unasked.INTERRUPTED, 0, "no engine process was left"))
        unreached = self._reaching.unreached()
        account = account_of(tally, unreached, interrupted, begun.itinerary.bad_lines)
        self._account = replace(account, still_standing=store.still_standing(run.id))
        self._summary = summarise(run, tally, self._account, begun.itinerary.total - self._ledger.closed)
        if not forsaken:  # else it stays one that was cut off, and can be resumed
            store.end_run(self._summary)


def _item_of(observation: Observation) -> WorkItem:
    """What was asked, as something to be looked at again."""
    at, address = observation.endpoint, observation.address or ""
    return WorkItem(_NOWHERE, at.host, address, at.port, at.protocol, at.security, observation.intent)


def _how_to_resume(run: Run, store: Store) -> str:
    if store.place == "none":
        return "nothing was kept: a scan with --store none cannot be resumed"
    return way_on(run, store)


def _now() -> datetime:
    return datetime.now(UTC)
