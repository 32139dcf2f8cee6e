"""Findings of earlier runs held against what a re-test hears now: of their endpoints, and of their ports."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from tightlip.model.endpoint import port_of, service_of
from tightlip.model.finding import Cleared, Finding, FindingState
from tightlip.model.host_view import Assessed
from tightlip.network.messages import UNKNOWN
from tightlip.reports._report import Entry
from tightlip.store.contract import Store
from tightlip.store.values import KeptFinding
from tightlip.workflows.elsewhere import still_met

Words = Callable[[Assessed], str]


class Compared(Struct, frozen=True, kw_only=True):
    """A finding as it was before the test and its state now; ``then`` and ``now`` are the evidence, in words.

    ``now`` has what each address of the endpoint says, and the addresses where there are several. Where its port was
    asked and speaks another protocol now, it is what that says.
    """

    before: KeptFinding
    state: FindingState
    then: str
    now: tuple[str, ...]


def compare(before: Iterable[KeptFinding], entries: Iterable[Entry], words: Words, store: Store) -> Iterator[Compared]:
    """Findings of what was asked, as they were, and as they are at every address.

    ``words`` says what was heard of a state where its finding does not hold any more.
    """
    at_port: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        at_port[port_of(_endpoint(entry))].append(entry)
    for kept in before:
        subject = kept.finding.subject
        if now := _of_subject(subject, at_port.get(port_of(subject), ())):
            told = (*_told(kept.finding, now, words), *_elsewhere(kept.finding, now, store))
            state = store.finding(kept.finding.id).state
            yield Compared(before=kept, state=state, then=_words_of(kept.finding), now=told)


def words_heard(assessed: Assessed) -> str:
    """The verdict, and the server's words where there are any."""
    assessment = assessed.assessment
    return f"{assessment.verdict}, {assessment.detail or assessment.reason.replace('_', ' ')}"


def _of_subject(subject: str, at_port: Sequence[Entry]) -> Sequence[Entry]:
    """What was heard of the endpoint; of whatever else its port is now, where its service was not met at all."""
    if same := [entry for entry in at_port if _endpoint(entry) == subject]:
        return same
    services = {service_of(_endpoint(entry)) for entry in at_port}
    return () if service_of(subject) in services else at_port


def _told(finding: Finding, now: Sequence[Entry], words: Words) -> Iterator[str]:
    is_at_several = len({entry.assessed.observation.address for entry in now}) > 1
    for entry in now:
        said = _words_now(finding.id, entry, words)
        observation = entry.assessed.observation
        if observation.endpoint.protocol != UNKNOWN and _endpoint(entry) != finding.subject:
            said = f"{_endpoint(entry)} answers there: {said}"
        yield f"at {observation.address or 'no address'}: {said}" if is_at_several else said


def _elsewhere(finding: Finding, now: Sequence[Entry], store: Store) -> Iterator[str]:
    """The other addresses of a name at which it was met: they keep the finding open."""
    asked = {entry.assessed.observation.address for entry in now}
    if any(entry.assessed.observation.endpoint.host in asked for entry in now):
        return
    here = Cleared(finding.rule, finding.subject)
    standing = {each: fixed for each, fixed in store.standing({finding.subject}).items() if each == here}
    met = still_met(standing, {(port_of(finding.subject), address) for address in asked}, store)
    for address in sorted(met.get(here, ())):
        way_out = f"gone for good? tightlip accept {finding.id}"
        yield f"at {address}, not asked under this name now: it was met there; {way_out}"


def _words_now(finding: str, entry: Entry, words: Words) -> str:
    """The evidence of the finding where it still stands; else what the state said instead."""
    for each, _ in entry.findings:
        if each.id == finding:
            return _words_of(each)
    return words(entry.assessed)


def _words_of(finding: Finding) -> str:
    """What was found, and by which evidence."""
    return "; ".join(dict.fromkeys([finding.summary, *(each.text for each in finding.evidence if each.text)]))


def _endpoint(entry: Entry) -> str:
    return str(entry.assessed.observation.endpoint)
