"""Gathers a stream of entries for reports that sort and group, in memory that does not grow with the run.

Entries that tell (a verdict that names, a finding that stands or is accepted) are kept before those that do not; what
is left out is counted, so that the report can say so. Findings are tallied over all entries, shown or not.
"""

from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from msgspec import Struct, field

from tightlip.model.endpoint import Endpoint
from tightlip.model.finding import Finding, FindingState, Remediation
from tightlip.model.observation import Intent
from tightlip.model.verdict import Verdict
from tightlip.reports._report import Entry
from tightlip.reports._words import SEVERITIES, STANDING_STATES, VERDICTS

_TELLING = (Verdict.DISCLOSES, Verdict.OFFERS)
_ENDPOINTS_NAMED = 12


class Tally(Struct):
    """One rule over all entries: how many findings in which state, where (the first few in order), one as an example.

    ``remediations`` are those of all its findings, each once: a rule may hold either way round.
    """

    example: Finding
    remediations: list[Remediation] = field(default_factory=list)
    states: Counter[FindingState] = field(default_factory=Counter)
    endpoints: list[Endpoint] = field(default_factory=list)

    @property
    def standing(self) -> int:
        """How many stand: open, or regressed."""
        return sum(self.states[state] for state in STANDING_STATES)


class Host(Struct, frozen=True):
    """One host as targeted, its entries ordered by port and state."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its states."""
        return min((entry.assessed.assessment.verdict for entry in self.entries), key=VERDICTS.index)


class Collected(Struct, frozen=True):
    """What is shown (hosts, the worst first), what is not (by verdict), and every rule's tally, most severe first."""

    hosts: tuple[Host, ...]
    left_out: Counter[Verdict]
    tallies: tuple[Tally, ...]


def collect(entries: Iterable[Entry], limit: int, slim: Callable[[Entry], Entry]) -> Collected:
    """Take all entries, keep at most ``limit`` of them, each as ``slim`` gives it back."""
    telling: list[Entry] = []
    quiet: list[Entry] = []
    seen: Counter[Verdict] = Counter()
    tallies: dict[str, Tally] = {}
    for entry in entries:
        seen[entry.assessed.assessment.verdict] += 1
        if entry.findings:
            _tally(entry, tallies)
        if _is_silent(entry):
            continue
        kept = telling if _tells(entry) else quiet
        if len(kept) < limit:
            kept.append(slim(entry))
    shown = telling + quiet[: limit - len(telling)]
    seen.subtract(entry.assessed.assessment.verdict for entry in shown)
    return Collected(_by_host(shown), +seen, _severest_first(tallies))


def _tells(entry: Entry) -> bool:
    if entry.assessed.assessment.verdict in _TELLING:
        return True
    return any(state is not FindingState.FIXED for _, state in entry.findings)


def _is_silent(entry: Entry) -> bool:
    """Nothing answered at a port that nobody named: it counts, and there is nothing to show."""
    assessed = entry.assessed
    return assessed.assessment.verdict is Verdict.UNREACHABLE and assessed.observation.intent is Intent.SWEPT


def _tally(entry: Entry, tallies: dict[str, Tally]) -> None:
    for finding, state in entry.findings:
        tally = tallies.get(finding.rule)
        if tally is None:
            tally = tallies[finding.rule] = Tally(finding)
        tally.states[state] += 1
        if state in STANDING_STATES and finding.remediations != tuple(tally.remediations):
            tally.remediations += [each for each in finding.remediations if each not in tally.remediations]
        if state in STANDING_STATES:
            insort(tally.endpoints, entry.assessed.observation.endpoint, key=_by_place)
            del tally.endpoints[_ENDPOINTS_NAMED:]


def _by_place(endpoint: Endpoint) -> tuple[tuple[int, int, str], int, str]:
    return _by_name(endpoint.host), endpoint.port, endpoint.security


def _by_host(shown: list[Entry]) -> tuple[Host, ...]:
    grouped: dict[str, list[Entry]] = {}
    for entry in sorted(shown, key=_by_port):
        grouped.setdefault(entry.assessed.observation.endpoint.host, []).append(entry)
    hosts = (Host(name, tuple(entries)) for name, entries in grouped.items())
    return tuple(sorted(hosts, key=lambda host: (VERDICTS.index(host.verdict), _by_name(host.name))))


def _by_port(entry: Entry) -> tuple[int, str, str]:
    endpoint = entry.assessed.observation.endpoint
    return endpoint.port, endpoint.security, entry.assessed.observation.address or ""


def _by_name(host: str) -> tuple[int, int, str]:
    """Addresses in numerical order before names."""
    try:
        address = ip_address(host)
    except ValueError:
        return 9, 0, host
    return address.version, int(address), host


def _severest_first(tallies: dict[str, Tally]) -> tuple[Tally, ...]:
    def order(tally: Tally) -> tuple[bool, int, str]:
        return not tally.standing, SEVERITIES.index(tally.example.severity), tally.example.rule

    return tuple(sorted(tallies.values(), key=order))
