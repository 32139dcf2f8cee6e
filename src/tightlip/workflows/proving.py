"""Proving on the wire: the scan asks what a plan expects, again and again until it is so or time is up."""

import time
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import replace

from tightlip.model.endpoint import Endpoint, Security, read_endpoint
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth
from tightlip.network.credentials import Credentials
from tightlip.network.greeting import silences
from tightlip.network.login import PROTOCOLS, LoggedIn, NotLoggedIn, log_in, trust_in
from tightlip.network.messages import EngineSettings
from tightlip.network.proxy_header import Opening
from tightlip.network.sources import own_addresses, source_for
from tightlip.remediate.plan import Expectation
from tightlip.remediate.proof import Failure, Witness, failures, is_gone, says_nothing, witness
from tightlip.talk.probes import Subject
from tightlip.workflows.beginning import Sources
from tightlip.workflows.intake import Complaint
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.logins import UNTRIED, Attempts, try_logins
from tightlip.workflows.practice import target_of
from tightlip.workflows.scan import Progress
from tightlip.workflows.scanning import ScanOrder, scanning

_ASKED_AT_LEAST = 2
_BETWEEN = 0.25
LOGIN_FAILED = "the test login failed"
NO_LOGIN = "no POP3, IMAP or SMTP endpoint with TLS and a mechanism is there to try it on"
# The host is ours: nothing is gained by going slowly, and listeners that are dead are waited for all at once. Refusals
# of Cyrus take 3 s, Courier's 5.
_PACE = EngineSettings(
    allowed=(),
    rate=0.0,
    per_host=16,
    per_host_rate=0.0,
    retry_delay=1.0,
    redial_delay=1.0,
    depth=Depth.THOROUGH,
)
# While a listener says nothing: a greeting and a list of mechanisms wait for nothing, as a refusal does.
_BRISK = replace(_PACE, read_timeout=10.0)


class Patience(Struct, frozen=True, kw_only=True):
    """How many seconds there are until all has to be as expected.

    Only ``dead`` seconds where a listener refuses the connection, hangs up or turns us away each time, and says nothing
    of what it can: who is silent may be slow.
    """

    slow: float
    dead: float


# Postfix' smtpd keeps its old connection to the authentication service for seconds; a penalty of Dovecot's takes 15.
PATIENCE = Patience(slow=45.0, dead=20.0)
# Postfix starts no new smtpd for 60 s after one that has died of the change (postconf(5), service_throttle_time), and
# no reload has it begin earlier.
PATIENCE_BACK = Patience(slow=90.0, dead=90.0)
AT_ONCE = Patience(slow=0.0, dead=0.0)
# Of one endpoint that is asked whether it answers at all, seconds.
_ONE_ANSWER = 10.0


class Proof(Struct, frozen=True, kw_only=True):
    """What was heard at last, and what of it is not as expected; ``login`` is the failure of a smoke login."""

    witnesses: tuple[Witness, ...]
    failures: tuple[Failure, ...]

    @property
    def holds(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures

    def evidence(self) -> bytes:
        """The witnesses as JSON: challenges in base64, no secrets of ours."""
        return msgspec.json.encode(self)


class Logins(Struct, frozen=True, kw_only=True):
    """Where a test login worked (endpoints in text form), and where it did not, with the reasons."""

    worked: tuple[str, ...]
    failed: tuple[Failure, ...]


class Account(Struct, frozen=True, kw_only=True):
    """The account of the test login, and the endpoints where it worked before: those alone are demanded.

    ``attempts`` are how it has fared in this process.
    """

    credentials: Credentials
    worked: tuple[str, ...]
    attempts: Attempts


def prove(expected: Sequence[Expectation], account: Account | None, patience: Patience = PATIENCE) -> Proof:
    """Ask every endpoint until all is as expected or ``patience`` ends; then log in once for real.

    It is asked at least twice: where a refusal takes seconds, once may be longer than that.
    """
    subjects = tuple(Subject) if any(each.needs_tls for each in expected) else _PACE.subjects
    began = now = time.monotonic()
    left = list(expected)
    dead = mute = {each.endpoint for each in expected if not each.closed}
    heard: dict[str, Assessed] = {}
    asked = 0
    while True:
        asked += 1
        pace = replace(_BRISK if mute else _PACE, subjects=subjects, proxied=_proxied(left))
        asking = {str(each.observation.endpoint): each for each in ask((each.endpoint for each in left), pace)}
        heard |= asking
        failed = tuple(failures(expected, heard.values()))
        at = {failure.endpoint for failure in failed}
        mute = {each for each in at.intersection(asking) if says_nothing(asking[each])}
        dead = {each for each in dead & mute if is_gone(asking[each])}
        # Of those that say nothing no round begins that could end too late: it would kill one more smtpd of Postfix'.
        before, now = now, time.monotonic()
        ends = now + (now - before if mute else 0.0)
        if not failed or (asked >= _ASKED_AT_LEAST and ends - began >= (patience.dead if dead else patience.slow)):
            break
        left = [each for each in expected if each.endpoint in at]
        time.sleep(_BETWEEN)
    if not failed and account is not None:
        demanded = [each for each in expected if each.endpoint in account.worked]
        failed = smoke_login(demanded, account.credentials, account.attempts).failed
    return Proof(witnesses=tuple(_witness(each, _proxied(expected)) for each in heard.values()), failures=failed)


def ask(endpoints: Iterable[str], engine: EngineSettings) -> tuple[Assessed, ...]:
    """Ask these endpoints (text form) once, as the scan does, from another own address where there is one."""
    targets = tuple(target_of(read_endpoint(each)) for each in dict.fromkeys(endpoints))
    if not targets:
        return ()
    order = ScanOrder(Sources(targets), engine, workers=1, store="none")
    with scanning(order, _unwatched, _never, Interruption()) as scan:
        return tuple(entry.assessed for entry in scan.entries())


def silent(endpoints: Iterable[str]) -> frozenset[str]:
    """Those of the endpoints (text form) that do not greet and list what they can, asked twice before that is believed.

    Those that greet after a PROXY header alone are not for this.
    """
    left = tuple(endpoints)
    for pause in (_BETWEEN, 0.0):
        left = tuple(each for each, why in silences(left, _ONE_ANSWER).items() if why is not None)
        time.sleep(pause if left else 0.0)
    return frozenset(left)


def smoke_login(expected: Iterable[Expectation], credentials: Credentials, attempts: Attempts) -> Logins:
    """Log in, once, wherever that can be tried, and no more than an account can bear.

    Where it was not tried is told together.
    """
    expected = tuple(expected)
    worked: list[str] = []
    failed: list[Failure] = []
    untried: list[str] = []

    def attempt(endpoint: Endpoint) -> LoggedIn | NotLoggedIn:
        return log_in_at(endpoint, credentials, opening_at(endpoint, expected))

    for endpoint, outcome in try_logins(login_endpoints(expected), lambda each: each.protocol, attempt, attempts):
        if outcome is UNTRIED:
            untried.append(str(endpoint))
        elif isinstance(outcome, NotLoggedIn):
            failed.append(Failure(endpoint=str(endpoint), why=f"{LOGIN_FAILED}: {outcome.why}"))
        else:
            worked.append(str(endpoint))
    if untried:
        failed.append(Failure(endpoint=", ".join(untried), why=UNTRIED.why))
    return Logins(worked=tuple(worked), failed=tuple(failed))


def log_in_at(endpoint: Endpoint, credentials: Credentials, opening: Opening) -> LoggedIn | NotLoggedIn:
    """One login at an endpoint of this host, from another own address where there is one."""
    host, own = endpoint.host, own_addresses()
    return log_in(endpoint, host, source_for(host, own), credentials, trust_in(host, own), opening)


def opening_at(endpoint: Endpoint, expected: Iterable[Expectation]) -> Opening:
    """How a connection to an endpoint has to begin, by what is expected of its port."""
    return Opening.HEADER if (endpoint.host, endpoint.port) in _proxied(expected) else Opening.PLAIN


def _proxied(expected: Iterable[Expectation]) -> frozenset[tuple[str, int]]:
    """Where a PROXY header has to come first, by address and port."""
    endpoints = (read_endpoint(each.endpoint) for each in expected if each.proxied)
    return frozenset((each.host, each.port) for each in endpoints)


def _witness(heard: Assessed, proxied: frozenset[tuple[str, int]]) -> Witness:
    at = heard.observation.endpoint
    return replace(witness(heard), proxied=(at.host, at.port) in proxied or UNSET)


def login_endpoints(expected: Iterable[Expectation]) -> tuple[Endpoint, ...]:
    """Where a test login can be tried: over TLS, with a mechanism kept, by the protocols whose login we speak."""
    endpoints = (read_endpoint(each.endpoint) for each in expected if each.kept)
    return tuple(each for each in endpoints if each.security is not Security.PLAIN and each.protocol in PROTOCOLS)


def _unwatched(progress: Progress) -> None:
    """Nobody watches these scans."""


def _never(complaint: Complaint) -> None:
    raise AssertionError(f"an endpoint of a plan cannot be read: {complaint.message}")
