"""The re-test of targets: the scan once more, a checklist, a login if one is given, and what had been found before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from tightlip.assess.checklist import (
    Check,
    Credence,
    Outcome,
    Question,
    Untried,
    Unverified,
    checks_of,
    closed_check_of,
    is_there,
    tls_of,
)
from tightlip.assess.closing import Account, doubt_of
from tightlip.assess.scope import Scope, decide
from tightlip.model.counting import counted
from tightlip.model.endpoint import Security
from tightlip.model.errors import Exit, UsageError
from tightlip.model.finding import FindingState, Severity
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth
from tightlip.model.run import Authority, Summary
from tightlip.model.verdict import Verdict
from tightlip.network.credence import credence_of
from tightlip.network.credentials import Credentials
from tightlip.network.login import PROTOCOLS, LoggedIn, NotLoggedIn, Trust, log_in, trust_in
from tightlip.network.messages import EngineSettings, ports_for
from tightlip.network.proxy_header import Opening
from tightlip.network.sources import own_addresses, source_for
from tightlip.store.contract import Store
from tightlip.store.opening import open_store
from tightlip.store.values import KeptFinding
from tightlip.talk.probes import Subject
from tightlip.workflows.authorisation import authorised_scope
from tightlip.workflows.beginning import Sources
from tightlip.workflows.comparing import Compared, compare, words_heard
from tightlip.workflows.intake import Complaint
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.judging import BY_THE_RULES, Judging, judging_closed
from tightlip.workflows.logins import UNTRIED, Attempts, try_logins
from tightlip.workflows.scan import Progress, Scan
from tightlip.workflows.scanning import ScanOrder, scanning

_STANDING = (FindingState.OPEN, FindingState.REGRESSED)
# A service that is being restarted is there again by the second or third time.
_REDIAL_DELAY = 5.0


class Expect(StrEnum):
    """What became of the service: it is there and was mended, or it was withdrawn."""

    MENDED = "mended"
    CLOSED = "closed"


class VerifyOrder(Struct, frozen=True, kw_only=True):
    """What is tested again, what is expected of it, and the account of the test login, if there is one."""

    targets: tuple[str, ...]
    store: str
    expect: Expect = Expect.MENDED
    credentials: Credentials | None = None
    source: str | None = None
    repeat: int = 3
    opening: Opening = Opening.PLAIN


class Verification(Struct, frozen=True, kw_only=True):
    """What the re-test came to."""

    checks: tuple[Check, ...]
    compared: tuple[Compared, ...]
    summary: Summary
    exit: Exit
    why: str


@contextmanager
def verifying(
    order: VerifyOrder, watch: Callable[[Progress], None], interruption: Interruption
) -> Iterator[Callable[[], Verification]]:
    """The test, ready to be carried out: call what is given, once."""
    if order.expect is Expect.CLOSED and order.credentials is not None:
        raise UsageError("--smoke-user goes with --expect mended", "nobody can log in to a service that is closed")
    settings = EngineSettings(
        allowed=(),
        source=order.source,
        subjects=tuple(Subject),
        depth=Depth.THOROUGH,
        repeats=order.repeat,
        redial_delay=_REDIAL_DELAY,
        proxied=ports_for(order.opening),
    )
    scan_order = ScanOrder(Sources(order.targets), settings, workers=1, store=order.store)
    with scanning(scan_order, watch, _never, interruption, _judging(order)) as scan:
        yield lambda: _verify(order, scan, interruption)


def _judging(order: VerifyOrder) -> Judging:
    match order.expect:
        case Expect.MENDED:
            return BY_THE_RULES
        case Expect.CLOSED:
            with open_store(order.store) as store:
                return judging_closed(kept.finding for kept in _unfixed(store))
        case _:
            assert_never(order.expect)


def _verify(order: VerifyOrder, scan: Scan, interruption: Interruption) -> Verification:
    with open_store(order.store) as store:
        before = list(_unfixed(store))
        entries = list(scan.entries())
        checks = _checks([entry.assessed for entry in entries], order, interruption)
        summary = scan.summary()
        now = _words_closed if order.expect is Expect.CLOSED else words_heard
        compared = tuple(compare(before, entries, now, store))
        code, why = _closing(checks, compared, summary, scan.account())
        if summary.exit is not Exit.INTERRUPTED:
            store.end_run(replace(summary, exit=code, why=why))  # what runs and report say of it
    return Verification(checks=tuple(checks), compared=compared, summary=summary, exit=code, why=why)


def _unfixed(store: Store) -> Iterator[KeptFinding]:
    return (kept for kept in store.findings(frozenset()) if kept.state is not FindingState.FIXED)


def _checks(heard: list[Assessed], order: VerifyOrder, interruption: Interruption) -> list[Check]:
    if order.expect is Expect.CLOSED:
        return [closed_check_of(each) for each in heard]
    asked = [each for each in heard if is_there(each)]
    dialling = _dialling(order, interruption)
    checks = [each for one in asked for each in checks_of(one, _credence(one, dialling), datetime.now(UTC))]
    if order.credentials is not None:
        checks += _logins(asked, order.credentials, dialling)
    return checks


class _Dialling(Struct, frozen=True):
    """What connections beside the scan's need to know: how to begin, from which address, and the scope."""

    opening: Opening
    source: str | None
    own: tuple[str, ...]
    scope: Scope
    interruption: Interruption

    def bar(self, address: str) -> str | None:
        """Why it may not be dialled any more, at this moment."""
        if self.interruption.asked:
            return "interrupted"
        is_in_scope = isinstance(decide(self.scope, address, datetime.now(UTC)), Authority)
        return None if is_in_scope else "the scope has ended"

    def source_for(self, address: str) -> str | None:
        """The address to dial from, where one was named that is of the same family."""
        if self.source is not None and (":" in self.source) == (":" in address):
            return self.source
        return source_for(address, self.own)


def _dialling(order: VerifyOrder, interruption: Interruption) -> _Dialling:
    own = own_addresses()
    return _Dialling(order.opening, order.source, own, authorised_scope(own), interruption)


def _credence(assessed: Assessed, dialling: _Dialling) -> Credence:
    """Verify what TLS came up with, by a connection of its own; our own servers are not mistrusted."""
    endpoint, address = assessed.observation.endpoint, assessed.observation.address
    if tls_of(assessed) is None or address is None or trust_in(address, dialling.own) is Trust.OWN_HOST:
        return Untried()
    if bar := dialling.bar(address):
        return Unverified(bar)
    return credence_of(endpoint, address, dialling.source_for(address), dialling.opening)


def _logins(asked: Sequence[Assessed], credentials: Credentials, dialling: _Dialling) -> Iterator[Check]:
    """One login wherever one can be tried; where none can be, why not, of each state: no login is no proof."""
    hindered = [(each, _hindrance(each, dialling)) for each in asked]
    able = [each for each, why in hindered if why is None]

    def attempt(each: Assessed) -> LoggedIn | NotLoggedIn:
        return _login(each, credentials, dialling)

    for each, outcome in try_logins(able, _service, attempt, Attempts()):
        yield _login_told(each, outcome, credentials.user)
    for each, why in hindered if not able else ():
        yield _login_check(each, Outcome.UNKNOWN, f"no login was tried: {why}")


def _service(assessed: Assessed) -> str:
    """What answers there: all ports of one protocol on one host ask the same accounts."""
    endpoint = assessed.observation.endpoint
    return f"{endpoint.protocol} on {endpoint.host}"


def _hindrance(assessed: Assessed, dialling: _Dialling) -> str | None:
    """Why no login can be tried."""
    endpoint, address = assessed.observation.endpoint, assessed.observation.address
    if endpoint.security is Security.PLAIN:
        return "a password goes over TLS only"
    if endpoint.protocol not in PROTOCOLS:
        return f"tightlip has none for {endpoint.protocol}"
    if assessed.assessment.verdict not in (Verdict.CLEAN, Verdict.DISCLOSES, Verdict.OFFERS):
        return assessed.assessment.reason.replace("_", " ")
    return dialling.bar(address) if address is not None else "it has no address"


def _login(assessed: Assessed, credentials: Credentials, dialling: _Dialling) -> LoggedIn | NotLoggedIn:
    endpoint, address = assessed.observation.endpoint, assessed.observation.address
    assert address is not None, "no login is tried without one"
    trust = trust_in(address, dialling.own)
    return log_in(endpoint, address, dialling.source_for(address), credentials, trust, dialling.opening)


def _login_told(assessed: Assessed, outcome: LoggedIn | NotLoggedIn, user: str) -> Check:
    if outcome is UNTRIED:
        return _login_check(assessed, Outcome.UNKNOWN, UNTRIED.why)
    if isinstance(outcome, NotLoggedIn):
        return _login_check(assessed, Outcome.FAILED, outcome.why)
    return _login_check(assessed, Outcome.PROVEN, f"{user} logged in over TLS")


def _login_check(assessed: Assessed, outcome: Outcome, why: str) -> Check:
    endpoint, address = str(assessed.observation.endpoint), assessed.observation.address
    return Check(question=Question.LOGIN_WORKS, endpoint=endpoint, address=address, outcome=outcome, why=why)


def _words_closed(assessed: Assessed) -> str:
    return closed_check_of(assessed).why


def _closing(checks: list[Check], compared: Iterable[Compared], summary: Summary, account: Account) -> tuple[Exit, str]:
    """Interrupted, our fault and the scope come first, as in a scan; then what failed, what stands, what is unknown.

    A finding may stand though every check is proven: the host had throttled us by then, or one of its names was not
    asked at all its addresses. Where nothing at all was reached it is no news that it stands.
    """
    if summary.exit in (Exit.INTERRUPTED, Exit.FAULT, Exit.USAGE, Exit.SCOPE):
        return summary.exit, summary.why
    failed = [check for check in checks if check.outcome is Outcome.FAILED]
    unknown = [check for check in checks if check.outcome is Outcome.UNKNOWN]
    undecided = f"{len(unknown)} of {len(checks)} checks could not be decided" if unknown else ""
    doubts = [each for each in (undecided, doubt_of(_without_checks(account))) if each]
    if failed:
        return Exit.FINDINGS, "; ".join([f"{len(failed)} of {len(checks)} checks failed", *doubts])
    if not checks and not doubts:
        doubts = ["there was nothing to check"]
    standing = sum(map(_stands, compared)) if account.answered else 0
    if standing and doubts:
        stands = f"{counted(standing, 'finding')} still {'stands' if standing == 1 else 'stand'} open"
        return Exit.FINDINGS, "; ".join([stands, *doubts])
    if doubts:
        return Exit.DOUBT, "; ".join(doubts)
    if standing:
        return Exit.FINDINGS, f"the checks are proven, and {counted(standing, 'finding')} could not be closed by them"
    few = {1: "the check is", 2: "both checks are"}
    proven = few.get(len(checks), f"all {len(checks)} checks are")
    return Exit.OK, f"{proven} proven"


def _stands(each: Compared) -> bool:
    return each.state in _STANDING and each.before.finding.severity is not Severity.INFO


def _without_checks(account: Account) -> Account:
    """What could not be told of what there is no check for: hosts and networks, and names without an address.

    Findings that still stand are compared one by one.
    """
    return replace(account, inconclusive=0, unreached=0, still_standing=0, answered=account.asked)


def _never(complaint: Complaint) -> None:
    raise AssertionError(f"an argument cannot be read: {complaint.message}")
