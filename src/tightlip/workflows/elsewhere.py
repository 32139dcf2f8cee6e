"""Addresses that a name had and that are not asked now: what was last found there keeps its findings open.

The addresses of a name change, and a fix at one of them says nothing of another. The stored observations of the other
addresses are judged again, newest first, until one of them shows the finding or clears it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from tightlip.model.endpoint import Security, port_of, read_endpoint
from tightlip.model.finding import Cleared
from tightlip.model.host_view import Assessed
from tightlip.store.contract import Store
from tightlip.store.values import Judgement
from tightlip.workflows.judging import judged, judged_together
from tightlip.workflows.known_findings import ABOUT_NTLM

# Rules that flag what answers NTLM.
_MET = ABOUT_NTLM - {"advertised-contradicts-accepted"}


def cleared_everywhere(heard: Sequence[tuple[Assessed, Judgement | None]], store: Store) -> list[Judgement]:
    """What was judged; of a name nothing is cleared that was met last at an address which is not asked now."""
    judgements = [judgement for _, judgement in heard if judgement]
    of_names = {
        cleared
        for assessed, judgement in heard
        if judgement and judgement.cleared and assessed.observation.address != judgement.host
        for cleared in judgement.cleared
    }
    known = store.standing({cleared.subject for cleared in of_names}) if of_names else {}
    standing = {cleared: fixed for cleared, fixed in known.items() if cleared in of_names}
    if not standing:
        return judgements
    asked = {(port_of(str(each.observation.endpoint)), each.observation.address) for each, _ in heard}
    kept = still_met(standing, asked, store)
    return [replace(each, cleared=tuple(item for item in each.cleared if item not in kept)) for each in judgements]


def still_met(
    standing: Mapping[Cleared, datetime | None], asked: Collection[tuple[str, str | None]], store: Store
) -> Mapping[Cleared, frozenset[str]]:
    """Of findings that stand, the addresses beside the ``asked`` (of a port, as ``port_of``) at which they were met.

    ``standing`` says when each was fixed last: that settled what had been met before. The observations of one run at
    one port and address are judged together.
    """
    ports: dict[str, list[Cleared]] = defaultdict(list)
    for each in standing:
        ports[port_of(each.subject)].append(each)
    met: dict[Cleared, set[str]] = defaultdict(set)
    for port, findings in ports.items():
        asked_here = {address for other, address in asked if other == port}
        settled: dict[str | None, set[Cleared]] = defaultdict(set)
        for asking in store.askings({state for each in findings for state in _states(each.subject)}):
            address, time = asking[0].observation.address, max(each.observation.time for each in asking)
            left = [each for each in findings if each not in settled[address] and not _is_settled(standing[each], time)]
            if address is None or address in asked_here or not left:
                continue
            flagged, cleared = _said_of(asking)
            for each in left:
                if any((rule, each.subject) in flagged for rule in _alike(each.rule)):
                    met[each].add(address)
                    settled[address].add(each)
                elif each in cleared:
                    settled[address].add(each)
    return {each: frozenset(addresses) for each, addresses in met.items()}


def _said_of(asking: list[Assessed]) -> tuple[set[tuple[str, str]], set[Cleared]]:
    """What the rules flag of an asking, by rule and subject, and what they clear."""
    judgements = [judgement for judgement in judged_together(asking, judged) if judgement]
    flagged = {(finding.rule, finding.subject) for judgement in judgements for finding in judgement.flagged}
    return flagged, {item for judgement in judgements for item in judgement.cleared}


def _is_settled(fixed: datetime | None, time: datetime) -> bool:
    """Whether a fix came after this: it was proven for every address at which the finding had been met."""
    return fixed is not None and time < fixed


def _states(subject: str) -> Iterator[str]:
    """All TLS states of the port: whether one is closed may depend on another."""
    endpoint = read_endpoint(subject)
    return (str(replace(endpoint, security=security)) for security in Security)


def _alike(rule: str) -> Collection[str]:
    """Where NTLM is met in any way, no finding about it is closed; one that is listed and refused was not met."""
    return _MET if rule in _MET else (rule,)
