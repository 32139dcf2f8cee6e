"""Addresses that a name had and that are not asked now: what was last found there keeps its findings open.

The addresses of a name change, and a fix at one of them says nothing of another. The stored observations of the other
addresses are judged again, newest first, until one of them shows the finding or clears it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec.structs import replace

from tightlip.model.endpoint import Security, port_of, read_endpoint
from tightlip.model.finding import Cleared
from tightlip.model.host_view import Assessed
from tightlip.store.contract import Store
from tightlip.store.values import Judgement
from tightlip.workflows.judging import judged, judged_together
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
    """Of findings that stand, the addresses beside the ``asked`` (of a port, as ``port_of``) at which they were met.

    The observations of one run at one port and address are judged together, as that run did.
    """
    met: dict[Cleared, set[str]] = defaultdict(set)
    settled: set[tuple[Cleared, str]] = set()
    for asking in store.askings({state for each in standing for state in _states(each.subject)}):
        address = asking[0].observation.address
        judgements = [judgement for judgement in judged_together(asking, judged) if judgement]
        flagged = {(finding.rule, finding.subject) for judgement in judgements for finding in judgement.flagged}
        cleared = {item for judgement in judgements for item in judgement.cleared}
        for each in standing:
            if address is None or (port_of(each.subject), address) in asked or (each, address) in settled:
                continue
            is_met = any((rule, each.subject) in flagged for rule in _alike(each.rule))
            if is_met:
                met[each].add(address)
            if is_met or each in cleared:
                settled.add((each, address))
    return {each: frozenset(addresses) for each, addresses in met.items()}


def _states(subject: str) -> Iterator[str]:
    """All TLS states of the port: whether one is closed may depend on another."""
    endpoint = read_endpoint(subject)
    return (str(replace(endpoint, security=security)) for security in Security)


def _alike(rule: str) -> Collection[str]:
    """Where NTLM is met in any way, no finding about it is closed."""
    return ABOUT_NTLM if rule in ABOUT_NTLM else (rule,)
