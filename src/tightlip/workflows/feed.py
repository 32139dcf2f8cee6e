"""The feed: walks the order of asking, resolves names, asks the scope, deals work items out to the engines."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from zlib import crc32

import msgspec

from tightlip.assess.scope import Scope
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.observation import Depth
from tightlip.model.run import Authority, NotAsked, Unasked
from tightlip.network.messages import WorkItem
from tightlip.network.pacing import network_of
from tightlip.network.resolve import Resolver
from tightlip.targets.grammar import UNKNOWN, Ask
from tightlip.targets.ledger import Ledger
from tightlip.targets.order import Kind, Stop
from tightlip.targets.reaching import Reaching
from tightlip.workflows.admission import Admission
from tightlip.workflows.intake import MOST, Itinerary
from tightlip.workflows.judging import Together
from tightlip.workflows.known_findings import Depths
from tightlip.workflows.tally import Tally

_BATCH = 128
_THOROUGH = Depth.THOROUGH
_LOOK_AHEAD = 256
_LISTED = 1_000
# Walks of a batch's length in a row that may come to nothing (refused, stored already) before others have their turn.
_FRUITLESS = 64

Done = frozenset[tuple[int, str, str | None]]


class Feed:
    """Call it for the next frames; ``in_hand`` knows every ticket that is out, as (position, worker, item).

    ``several`` holds the positions whose outcomes are judged together, and whether all of these are asked here: names
    with more than one address, and whatever is asked thoroughly.
    """

    def __init__(
        self,
        stops: Iterator[Stop],
        itinerary: Itinerary,
        scope: Scope,
        ledger: Ledger,
        tally: Tally,
        done: Done,
        reaching: Reaching,
        depths: Depths,
    ) -> None:
        """``done`` names what a resumed run has stored already, above its watermark; ``tally`` is counted on."""
        self._stops = stops
        self._itinerary = itinerary
        self._admission = Admission(itinerary, scope)
        self._ledger = ledger
        self._tally = tally
        self._done = done
        self._begun = frozenset(position for position, _, _ in done)
        self._reaching = reaching
        self._depths = depths
        self._resolver = Resolver()
        self._asked_names: deque[tuple[Stop, Future[tuple[str, ...]]]] = deque()
        self._encoder = msgspec.msgpack.Encoder()
        self._ended = False
        self.workers = [0]
        self.tickets = 0
        self.in_hand: dict[int, tuple[int, int, WorkItem]] = {}
        self.several: dict[int, Together] = {}
        for skipped in itinerary.not_asked:
            self._skip(skipped)
        for authority in self._admission.authorities():
            self._note(authority)

    def __call__(self) -> list[tuple[int, bytes]] | None:
        """The next (worker, frame) pairs; [] while names are being looked up; None at the end."""
        items = self._resolved()
        for _ in range(_FRUITLESS):
            if items or self._ended or len(self._asked_names) >= _LOOK_AHEAD:
                break
            self._walk(items)
        if not items and self.is_exhausted:
            return None
        return self._deal(items)

    def close(self) -> None:
        """Stop looking names up."""
        self._resolver.close()

    @property
    def is_exhausted(self) -> bool:
        """Whether everything has been walked to."""
        return self._ended and not self._asked_names

    def end(self) -> None:
        """Walk no further."""
        self._ended = True
        self._asked_names.clear()

    def _walk(self, items: list[WorkItem]) -> None:
        stops = list(islice(self._stops, _BATCH))
        self._ended = not stops
        for stop in stops:
            self._take(stop, items)

    def _take(self, stop: Stop, items: list[WorkItem]) -> None:
        self._tally.targets += 1
        if stop.kind is Kind.NAME and stop.host not in self._itinerary.exclusions.names:
            self._ledger.open(stop.position, 1)  # held open until the name is known
            self._asked_names.append((stop, self._resolver.look_up(stop.host)))
            return
        found: list[WorkItem] = []
        match stop.kind:
            case Kind.SWEPT if self._admission.sweeps_hold:
                found = self._items(stop, (stop.host,))
            case Kind.SWEPT | Kind.ADDRESS:
                found = self._items(stop, self._allowed((stop.host,)))
            case Kind.NAME:
                self._skip(NotAsked(stop.host, Unasked.EXCLUDED))
        self._ledger.open(stop.position, len(found))
        self._expect(stop, found)
        items += found

    def _resolved(self) -> list[WorkItem]:
        """The items of names whose addresses are known by now, in order."""
        items: list[WorkItem] = []
        while self._asked_names and self._asked_names[0][1].done() and len(items) < _BATCH:
            stop, future = self._asked_names.popleft()
            addresses = future.result()
            if not addresses:
                self._skip(NotAsked(stop.host, Unasked.UNRESOLVED, detail="the name has no address"))
            allowed = self._allowed(addresses)
            found = self._items(stop, allowed)
            if found and len(addresses) > 1:
                is_whole = len(allowed) == len(addresses) and stop.position not in self._begun
                self.several[stop.position] = Together.ALL if is_whole else Together.SOME
            self._ledger.add(stop.position, len(found))
            self._ledger.close(stop.position)
            self._expect(stop, found)
            items += found
        return items

    def _expect(self, stop: Stop, found: list[WorkItem]) -> None:
        if stop.must_answer:
            self._reaching.expect(stop.position, (item.address for item in found))

    def _allowed(self, addresses: tuple[str, ...]) -> list[str]:
        return [address for address in addresses if self._may_dial(address)]

    def _may_dial(self, address: str) -> bool:
        match self._admission.judge(address):
            case NotAsked() as why:
                self._skip(why)
                return False
            case authority:
                self._note(authority)
                return True

    def _note(self, authority: Authority) -> None:
        if authority not in self._tally.scope:
            self._tally.scope.append(authority)

    def _skip(self, skipped: NotAsked) -> None:
        """Count and list what is not asked; what a resumed run has listed before is not counted again."""
        tally = self._tally
        if skipped in tally.not_asked:
            return
        if len(tally.not_asked) < _LISTED:
            tally.not_asked.append(skipped)
        else:
            tally.unlisted[skipped.why] = min(MOST, tally.unlisted.get(skipped.why, 0) + skipped.count)
        match skipped.why:
            case Unasked.UNRESOLVED:
                tally.unresolved += 1
            case Unasked.EXCLUDED | Unasked.UNREADABLE:
                pass
            case _:
                tally.refused = min(MOST, tally.refused + skipped.count)

    def _items(self, stop: Stop, addresses: Iterable[str]) -> list[WorkItem]:
        """One item per address and ask, without those that a resumed run has stored already."""
        items = []
        for address in addresses:
            worker = self._worker_for(address)
            for ask in stop.asks:
                if self._done and self._is_done(stop, ask, address):
                    continue
                self.tickets += 1
                depth = self._depths.of(stop.host, ask.port)
                item = WorkItem(
                    self.tickets, stop.host, address, ask.port, ask.protocol, ask.security, stop.intent, depth
                )
                if depth is _THOROUGH:
                    self._hold_together(stop)
                self.in_hand[self.tickets] = (stop.position, worker, item)
                items.append(item)
        return items

    def _hold_together(self, stop: Stop) -> None:
        """What a thorough asking proves of one state may need the proof of another, so they are judged together."""
        if stop.position not in self.several:
            self.several[stop.position] = Together.SOME if stop.position in self._begun else Together.ALL

    def _is_done(self, stop: Stop, ask: Ask, address: str) -> bool:
        """A port that had to be recognised counts as done with all its states, else it is asked again."""
        if ask.protocol == UNKNOWN:
            told = [text for position, text, where in self._done if position == stop.position and where == address]
            return len(told) > 1 or any(_is_the_only_state(text) for text in told)
        return (stop.position, str(Endpoint(stop.host, ask.port, ask.protocol, ask.security)), address) in self._done

    def _worker_for(self, address: str) -> int:
        """All of a network goes to one engine, so that limits per host and network hold as they are written."""
        workers = self.workers
        return workers[crc32(network_of(address).encode()) % len(workers)] if len(workers) > 1 else workers[0]

    def _deal(self, items: list[WorkItem]) -> list[tuple[int, bytes]]:
        hands: dict[int, list[WorkItem]] = {}
        for item in items:
            hands.setdefault(self.in_hand[item.ticket][1], []).append(item)
        return [(worker, self._encoder.encode(hand)) for worker, hand in hands.items()]


def _is_the_only_state(endpoint: str) -> bool:
    """Whether a recognised port has no other state: nothing greeted there, or it speaks TLS from the start."""
    scheme = endpoint.partition("://")[0]
    return scheme.startswith(UNKNOWN) or (scheme.endswith("s") and not scheme.endswith(f"+{Security.STARTTLS}"))
