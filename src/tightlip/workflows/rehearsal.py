"""The rehearsal of a scan: what would be dialled and on whose authority, without sending anything."""

from collections.abc import Callable
from datetime import UTC, datetime

from tightlip.assess.closing import Account, closing
from tightlip.assess.scope import Scope, authorities
from tightlip.model.counting import counted
from tightlip.model.run import Authority, NotAsked, Unasked
from tightlip.network.resolve import Resolver
from tightlip.targets.grammar import Ask, Target
from tightlip.workflows.admission import Admission
from tightlip.workflows.beginning import Sources, grammar, read_sources
from tightlip.workflows.intake import Itinerary


def rehearse(sources: Sources, scope: Scope, write: Callable[[str], object]) -> int:
    """Write one line per sweep, single host and refusal; names are resolved. Gives the exit code."""
    with read_sources(sources, scope) as (itinerary, _):
        refused = _sweeps(itinerary, scope, write)
        admission = Admission(itinerary, scope)
        resolver = Resolver()
        for target in itinerary.singles():
            if target.name in itinerary.exclusions.names:
                write(f"would not    {target.text}  {Unasked.EXCLUDED}\n")
            else:
                refused += _single(target, admission, resolver, write)
        resolver.close()
    for complaint in itinerary.complaints:
        write(f"unreadable   {complaint.where}: {complaint.message}\n")
    code, why = closing(Account(refused=refused, bad_lines=itinerary.bad_lines))
    write(f"{why}; nothing was sent\n" if code else "nothing was sent\n")
    return int(code)


def _sweeps(itinerary: Itinerary, scope: Scope, write: Callable[[str], object]) -> int:
    now = datetime.now(UTC)
    for sweep in itinerary.sweeps:
        for part, authority in authorities(scope, sweep.network, now):
            size = counted(part.num_addresses, "address")
            write(f"would dial   {part} ({size})  {_asks(sweep.asks)}  {_on(authority)}\n")
    skips = [skipped for skipped in itinerary.not_asked if skipped.why is not Unasked.UNREADABLE]
    for skipped in skips:
        write(f"would not    {skipped.target} ({counted(skipped.count, 'address')})  {skipped.why.replace('_', ' ')}\n")
    return sum(skipped.count for skipped in skips if skipped.why is not Unasked.EXCLUDED)


def _single(target: Target, admission: Admission, resolver: Resolver, write: Callable[[str], object]) -> int:
    if target.name is None:
        addresses: tuple[str, ...] = (str(target.networks[0].network_address),)
    else:
        addresses = resolver.look_up(target.name).result()
    if not addresses:
        write(f"would not    {target.text}  the name has no address\n")
    refused = 0
    for address in addresses:
        decision = admission.judge(address)
        if isinstance(decision, NotAsked):
            refused += decision.why is not Unasked.EXCLUDED
            told = ": ".join(filter(None, (decision.why.replace("_", " "), decision.detail)))
            write(f"would not    {target.text} at {address}  {told}\n")
        else:
            write(f"would dial   {target.text} at {address}  {_asks(target.asks)}  {_on(decision)}\n")
    return refused


def _asks(asks: tuple[Ask, ...]) -> str:
    if asks == grammar().usual:
        return "the usual mail ports"
    return " ".join(f"{ask.port}/{ask.protocol}/{ask.security}" for ask in asks)


def _on(authority: Authority) -> str:
    if authority.until is None:
        return f"[{authority.by}]"
    return f"[{authority.network}, by {authority.by} until {authority.until:%Y-%m-%d}]"
