"""Addresses that a name had, and that are not asked now: what was met there last keeps its findings open.

The addresses of a name change, and a fix at one of them says nothing of another. What the store kept of the others is
judged again, the youngest first: it speaks until one of them is found mended.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from tightlip.model.endpoint import port_of
from tightlip.model.finding import Cleared
from tightlip.model.host_view import Assessed
from tightlip.store.contract import Store
from tightlip.store.values import Judgement
from tightlip.workflows.judging import judged
from tightlip.workflows.known_findings import ABOUT_NTLM


def cleared_everywhere(heard: Sequence[tuple[Assessed, Judgement | None]], store: Store) -> list[Judgement]:
    """What was judged; of a name nothing is cleared that was met last at an address which is not asked now."""
    judgements = [judgement for _, judgement in heard if judgement]
    of_names = {
        cleared
        for assessed, judgement in heard
        if judgement and judgement.cleared and assessed.observation.address != judgement.host
        for cleared in judgement.cleared
    }
    standing = of_names & store.standing({cleared.subject for cleared in of_names}) if of_names else frozenset()
    if not standing:
        return judgements
    asked = {(port_of(str(each.observation.endpoint)), each.observation.address) for each, _ in heard}
    kept = still_met(standing, asked, store)
    return [replace(each, cleared=tuple(item for item in each.cleared if item not in kept)) for each in judgements]


def still_met(
    standing: Collection[Cleared], asked: Collection[tuple[str, str | None]], store: Store
) -> Mapping[Cleared, frozenset[str]]:
    """Of findings that stand, the addresses beside the ``asked`` (of a port, as ``port_of``) at which they were met."""
    met: dict[Cleared, set[str]] = defaultdict(set)
    ntlm = [each for each in standing if each.rule in ABOUT_NTLM]
    disclosed = store.disclosed_at({each.subject for each in ntlm}) if ntlm else {}
    for each in ntlm:
        met[each] = {at for at in disclosed.get(each.subject, ()) if (port_of(each.subject), at) not in asked}
    others = [each for each in standing if each.rule not in ABOUT_NTLM]
    settled: set[tuple[Cleared, str]] = set()
    for assessed in store.heard({each.subject for each in others}) if others else ():
        observation, judgement = assessed.observation, judged(assessed)
        address, subject = observation.address, str(observation.endpoint)
        if judgement is None or address is None or (port_of(subject), address) in asked:
            continue
        flagged = {finding.rule for finding in judgement.flagged}
        for each in others:
            if each.subject != subject or (each, address) in settled:
                continue
            if each.rule in flagged:
                met[each].add(address)
            if each.rule in flagged or each in judgement.cleared:
                settled.add((each, address))
    return {each: frozenset(addresses) for each, addresses in met.items() if addresses}
