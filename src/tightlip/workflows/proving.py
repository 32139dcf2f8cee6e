"""Proving on the wire: the scan asks what a plan expects, again and again until it is so or time is up."""

import time
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import replace

from tightlip.model.endpoint import Endpoint, Security, read_endpoint
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth
from tightlip.model.verdict import Verdict
from tightlip.network.credentials import Credentials
from tightlip.network.login import PROTOCOLS, LoggedIn, NotLoggedIn, log_in, trust_in
from tightlip.network.messages import EngineSettings
from tightlip.network.proxy_header import Opening
from tightlip.network.sources import own_addresses, source_for
from tightlip.remediate.plan import Expectation
from tightlip.remediate.proof import Failure, Witness, failures, witness
from tightlip.talk.probes import Subject
from tightlip.workflows.beginning import Sources
from tightlip.workflows.intake import Complaint
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.logins import UNTRIED, Attempts, try_logins
from tightlip.workflows.practice import target_of
from tightlip.workflows.scan import Progress
from tightlip.workflows.scanning import ScanOrder, scanning

# Postfix' smtpd keeps its old connection to the authentication service for seconds; a penalty of Dovecot's takes 15.
PATIENCE = 45.0
_ASKED_AT_LEAST = 2
_BETWEEN = 0.25
LOGIN_FAILED = "the test login failed"
NO_LOGIN = "no POP3, IMAP or SMTP endpoint with TLS and a mechanism is there to try it on"
# The host is ours: nothing is gained by going slowly. Refusals of Cyrus take 3 s, Courier's 5.
_PACE = EngineSettings(allowed=(), rate=0.0, per_host=8, retry_delay=1.0, redial_delay=1.0, depth=Depth.THOROUGH)


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


def prove(expected: Sequence[Expectation], account: Account | None, patience: float = PATIENCE) -> Proof:
    """Ask every endpoint until all is as expected; then log in once for real.

    For at most ``patience`` seconds, but at least twice: where a refusal takes seconds, once may be longer than that.
    """
    subjects = tuple(Subject) if any(each.needs_tls for each in expected) else _PACE.subjects
    until = time.monotonic() + patience
    left = list(expected)
    heard: dict[str, Assessed] = {}
    asked = 0
    while True:
        asked += 1
        asking = ask(tuple(each.endpoint for each in left), subjects, _proxied(left))
        heard |= {str(each.observation.endpoint): each for each in asking}
        failed = tuple(failures(expected, heard.values()))
        if not failed or (asked >= _ASKED_AT_LEAST and time.monotonic() >= until):
            break
        at = {failure.endpoint for failure in failed}
        left = [each for each in expected if each.endpoint in at]
        time.sleep(_BETWEEN)
    if not failed and account is not None:
        demanded = [each for each in expected if each.endpoint in account.worked]
        failed = smoke_login(demanded, account.credentials, account.attempts).failed
    return Proof(witnesses=tuple(_witness(each, _proxied(expected)) for each in heard.values()), failures=failed)


def ask(
    endpoints: Iterable[str], subjects: tuple[Subject, ...], proxied: frozenset[tuple[str, int]] = frozenset()
) -> tuple[Assessed, ...]:
    """Ask these endpoints (text form) once, as the scan does, from another own address where there is one.

    ``proxied`` are those that are sent a PROXY header, by address and port.
    """
    targets = tuple(target_of(read_endpoint(each)) for each in dict.fromkeys(endpoints))
    if not targets:
        return ()
    engine = replace(_PACE, subjects=subjects, proxied=proxied)
    order = ScanOrder(Sources(targets), engine, workers=1, store="none")
    with scanning(order, _unwatched, _never, Interruption()) as scan:
        return tuple(entry.assessed for entry in scan.entries())


def silent(endpoints: Iterable[str]) -> frozenset[str]:
    """Those of the endpoints (text form) that cannot be reached, asked once."""
    heard = ask(endpoints, _PACE.subjects)
    return frozenset(str(each.observation.endpoint) for each in heard if each.assessment.verdict is Verdict.UNREACHABLE)


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
