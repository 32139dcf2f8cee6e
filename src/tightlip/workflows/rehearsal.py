"""The rehearsal of a scan: what would be dialled and on whose authority, without sending anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tightlip.assess.closing import Account, closing
from tightlip.assess.scope import Scope, authorities
from tightlip.model.counting import counted
from tightlip.model.errors import Exit
from tightlip.model.run import AND_MORE, Authority, NotAsked, Unasked
from tightlip.network.resolve import Resolver
from tightlip.targets.grammar import Ask, Target
from tightlip.workflows.admission import Admission
from tightlip.workflows.beginning import Sources, grammar, insist, read_sources
from tightlip.workflows.intake import Itinerary


class Rehearsal:
    """``lines()`` may be taken once; ``exit`` holds after the last of them."""

    def __init__(self, itinerary: Itinerary, scope: Scope) -> None:
        """Nothing is looked up before the first line is asked for."""
        self._itinerary = itinerary
        self._scope = scope
        self._refused = 0
        self._unresolved = 0
        self._dialled = 0
        self.exit = Exit.OK

    def lines(self) -> Iterator[str]:
        """One per part of a sweep, single host and refusal; names are resolved. The last says why ``exit`` is so."""
        itinerary = self._itinerary
        yield from self._sweeps()
        yield from self._singles()
        for complaint in itinerary.complaints:
            yield f"unreadable   {complaint.where}: {complaint.message}\n"
        if more := itinerary.bad_lines - len(itinerary.complaints):
            yield f"unreadable   {AND_MORE} ({counted(more, 'line')})\n"
        account = Account(
            refused=self._refused,
            unresolved=self._unresolved,
            bad_lines=itinerary.bad_lines,
            answered=self._dialled,  # as if all would
        )
        self.exit, why = closing(account)
        yield f"{why}; nothing was sent\n" if self.exit else "nothing was sent\n"

    def _sweeps(self) -> Iterator[str]:
        now = datetime.now(UTC)
        for sweep in self._itinerary.sweeps:
            for part, authority in authorities(self._scope, sweep.network, now):
                size = counted(part.num_addresses, "address")
                self._dialled += part.num_addresses
                yield f"would dial   {part} ({size})  {_asks(sweep.asks)}  {_on(authority)}\n"
        for skipped in self._itinerary.not_asked:
            if skipped.why is not Unasked.UNREADABLE:
                size = counted(skipped.count, "address")
                self._refused += 0 if skipped.why is Unasked.EXCLUDED else skipped.count
                yield f"would not    {skipped.target} ({size})  {skipped.why.replace('_', ' ')}\n"

    def _singles(self) -> Iterator[str]:
        admission = Admission(self._itinerary, self._scope)
        resolver = Resolver()
        try:
            for target in self._itinerary.singles():
                if target.name in self._itinerary.exclusions.names:
                    yield f"would not    {target.text}  {Unasked.EXCLUDED}\n"
                else:
                    yield from self._single(target, admission, resolver)
        finally:
            resolver.close()

    def _single(self, target: Target, admission: Admission, resolver: Resolver) -> Iterator[str]:
        if target.name is None:
            addresses: tuple[str, ...] = (str(target.networks[0].network_address),)
        else:
            addresses = resolver.look_up(target.name).result()
        if not addresses:
            self._unresolved += 1
            yield f"would not    {target.text}  the name has no address\n"
        for address in addresses:
            decision = admission.judge(address)
            if isinstance(decision, NotAsked):
                self._refused += decision.why is not Unasked.EXCLUDED
                told = ": ".join(filter(None, (decision.why.replace("_", " "), decision.detail)))
                yield f"would not    {target.text} at {address}  {told}\n"
            else:
                self._dialled += 1
                yield f"would dial   {target.text} at {address}  {_asks(target.asks)}  {_on(decision)}\n"


@contextmanager
def rehearsing(sources: Sources, scope: Scope) -> Iterator[Rehearsal]:
    """A rehearsal that is ready to go."""
    with read_sources(sources, scope) as (itinerary, _):
        insist(sources, itinerary)
        yield Rehearsal(itinerary, scope)


def _asks(asks: tuple[Ask, ...]) -> str:
    if asks == grammar().usual:
        return "the usual mail ports"
    return " ".join(f"{ask.port}/{ask.protocol}/{ask.security}" for ask in asks)


def _on(authority: Authority) -> str:
    if authority.until is None:
        return f"[{authority.by}]"
    return f"[{authority.network}, by {authority.by} until {authority.until:%Y-%m-%d}]"
