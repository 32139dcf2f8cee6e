"""The re-test of targets: the scan once more, a checklist, a login if one is given, and what had been found before."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from msgspec import Struct

from tightlip.assess.checklist import Check, Outcome, Question, checks_of
from tightlip.assess.scope import decide
from tightlip.model.endpoint import Security
from tightlip.model.errors import Exit
from tightlip.model.finding import Finding, FindingState
from tightlip.model.host_view import Assessed
from tightlip.model.run import Authority, Summary
from tightlip.model.verdict import Verdict
from tightlip.network.login import Credentials, NotLoggedIn, Trust, log_in
from tightlip.network.messages import EngineSettings
from tightlip.network.sources import own_addresses, source_for
from tightlip.reports._report import Entry
from tightlip.store.contract import Store
from tightlip.store.opening import open_store
from tightlip.store.values import KeptFinding
from tightlip.workflows.authorisation import authorised_scope
from tightlip.workflows.beginning import Sources
from tightlip.workflows.intake import Complaint
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.scan import Progress, Scan
from tightlip.workflows.scanning import ScanOrder, scanning

_LOGIN_PROTOCOLS = frozenset({"pop3", "imap", "smtp"})


class VerifyOrder(Struct, frozen=True, kw_only=True):
    """What is tested again, and the account of the test login, if there is one."""

    targets: tuple[str, ...]
    store: str
    credentials: Credentials | None = None
    source: str | None = None


class Compared(Struct, frozen=True, kw_only=True):
    """A finding as it was before the test and its state now; ``now`` is None where the test said nothing of it."""

    before: KeptFinding
    now: FindingState | None
    said: str


class Verification(Struct, frozen=True, kw_only=True):
    """What the re-test came to."""

    checks: tuple[Check, ...]
    compared: tuple[Compared, ...]
    open: tuple[tuple[Finding, FindingState], ...]
    summary: Summary
    exit: Exit
    why: str


@contextmanager
def verifying(
    order: VerifyOrder, watch: Callable[[Progress], None], interruption: Interruption
) -> Iterator[Callable[[], Verification]]:
    """The test, ready to be carried out: call what is given, once."""
    scan_order = ScanOrder(
        Sources(order.targets), EngineSettings(allowed=(), source=order.source), workers=1, store=order.store
    )
    with scanning(scan_order, watch, _never, interruption) as scan:
        yield lambda: _verify(order, scan)


def _verify(order: VerifyOrder, scan: Scan) -> Verification:
    with open_store(order.store) as store:
        before = {kept.finding.id: kept for kept in store.findings(frozenset())}
        entries = list(scan.entries())
        checks = [check for entry in entries for check in checks_of(entry.assessed, datetime.now(UTC))]
        if order.credentials is not None:
            checks += _logins(entries, order.credentials)
        summary = scan.summary()
        compared = tuple(_compared(before, entries, store))
    found = tuple({finding.id: (finding, state) for entry in entries for finding, state in entry.findings}.values())
    code, why = _closing(checks, summary)
    return Verification(checks=tuple(checks), compared=compared, open=found, summary=summary, exit=code, why=why)


def _compared(before: dict[str, KeptFinding], entries: list[Entry], store: Store) -> Iterator[Compared]:
    """Findings of the endpoints that were asked, as they were, and as they are."""
    said = {str(entry.assessed.observation.endpoint): entry.assessed for entry in entries}
    for kept in before.values():
        assessed = said.get(kept.finding.subject)
        if assessed is None or kept.state is FindingState.FIXED:
            continue
        now = store.finding(kept.finding.id).state
        words = assessed.assessment.detail or assessed.assessment.reason.replace("_", " ")
        yield Compared(before=kept, now=now, said=f"{assessed.assessment.verdict}, {words}")


def _logins(entries: Iterable[Entry], credentials: Credentials) -> Iterator[Check]:
    """One login at every TLS state that answered and whose protocol has a login of its own."""
    own = own_addresses()
    scope = authorised_scope(own)
    for entry in entries:
        observation = entry.assessed.observation
        endpoint, address = observation.endpoint, observation.address
        if address is None or not _takes_logins(entry.assessed):
            continue
        if not isinstance(decide(scope, address, datetime.now(UTC)), Authority):
            continue
        trust = Trust.OWN_HOST if address in own or address.startswith("127.") else Trust.VERIFIED
        outcome = log_in(endpoint, address, source_for(address, own), credentials, trust)
        failed = isinstance(outcome, NotLoggedIn)
        yield Check(
            question=Question.LOGIN_WORKS,
            endpoint=str(endpoint),
            address=address,
            outcome=Outcome.FAILED if failed else Outcome.PROVEN,
            why=outcome.why if isinstance(outcome, NotLoggedIn) else f"{credentials.user} logged in over TLS",
        )


def _takes_logins(assessed: Assessed) -> bool:
    endpoint, verdict = assessed.observation.endpoint, assessed.assessment.verdict
    answers = verdict in (Verdict.CLEAN, Verdict.DISCLOSES, Verdict.OFFERS)
    return answers and endpoint.security is not Security.PLAIN and endpoint.protocol in _LOGIN_PROTOCOLS


def _closing(checks: list[Check], summary: Summary) -> tuple[Exit, str]:
    """Interrupted, our fault and the scope come first, as in a scan; then what failed, then what is unknown."""
    if summary.exit in (Exit.INTERRUPTED, Exit.FAULT, Exit.USAGE, Exit.SCOPE):
        return summary.exit, summary.why
    failed = [check for check in checks if check.outcome is Outcome.FAILED]
    unknown = [check for check in checks if check.outcome is Outcome.UNKNOWN]
    if failed:
        return Exit.FINDINGS, f"{len(failed)} of {len(checks)} checks failed"
    if unknown or not checks:
        return (
            Exit.DOUBT,
            f"{len(unknown)} of {len(checks)} checks could not be decided" if checks else "nothing answered",
        )
    return Exit.OK, f"all {len(checks)} checks are proven"


def _never(complaint: Complaint) -> None:
    raise AssertionError(f"an argument cannot be read: {complaint.message}")
