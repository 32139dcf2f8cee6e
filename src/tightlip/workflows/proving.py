"""Proving on the wire: the scan asks what a plan expects, again and again until it is so or time is up."""

import time
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.host_view import Assessed
from tightlip.network.login import Credentials, NotLoggedIn, Trust, log_in
from tightlip.network.messages import EngineSettings
from tightlip.network.sources import own_addresses, source_for
from tightlip.remediate.plan import Expectation
from tightlip.remediate.proof import Failure, Witness, failures, witness
from tightlip.workflows.beginning import Sources
from tightlip.workflows.intake import Complaint
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.practice import target_of
from tightlip.workflows.scan import Progress
from tightlip.workflows.scanning import ScanOrder, scanning

# Postfix' smtpd keeps its old connection to the authentication service for seconds; a penalty of Dovecot's takes 15.
PATIENCE = 45.0
_BETWEEN = 0.25
# The host is ours: nothing is gained by going slowly. Refusals of Cyrus take 3 s, Courier's 5.
_PACE = EngineSettings(allowed=(), rate=0.0, per_host=8, retry_delay=1.0)


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


def prove(expected: Sequence[Expectation], credentials: Credentials | None, patience: float = PATIENCE) -> Proof:
    """Ask every endpoint until all is as expected, at most ``patience`` seconds; then log in once for real."""
    until = time.monotonic() + patience
    left = list(expected)
    heard: dict[str, Assessed] = {}
    while True:
        heard |= {str(each.observation.endpoint): each for each in ask(tuple(each.endpoint for each in left))}
        failed = tuple(failures(expected, heard.values()))
        if not failed or time.monotonic() >= until:
            break
        at = {failure.endpoint for failure in failed}
        left = [each for each in expected if each.endpoint in at]
        time.sleep(_BETWEEN)
    if not failed and credentials is not None:
        failed = smoke_login(expected, credentials)
    return Proof(witnesses=tuple(witness(each) for each in heard.values()), failures=failed)


def ask(endpoints: Iterable[str]) -> tuple[Assessed, ...]:
    """Ask these endpoints (text form) once, as the scan does, from another own address where there is one."""
    targets = tuple(target_of(read_endpoint(each)) for each in dict.fromkeys(endpoints))
    if not targets:
        return ()
    order = ScanOrder(Sources(targets), _PACE, workers=1, store="none")
    with scanning(order, _unwatched, _never, Interruption()) as scan:
        return tuple(entry.assessed for entry in scan.entries())


def smoke_login(expected: Iterable[Expectation], credentials: Credentials) -> tuple[Failure, ...]:
    """Log in at every TLS endpoint that keeps a mechanism, by the protocols that have a login of their own."""
    own = own_addresses()
    failed: list[Failure] = []
    for each in expected:
        endpoint = read_endpoint(each.endpoint)
        if not each.kept or endpoint.security is Security.PLAIN or endpoint.protocol not in ("pop3", "imap", "smtp"):
            continue
        source = source_for(endpoint.host, own)
        outcome = log_in(endpoint, endpoint.host, source, credentials, Trust.OWN_HOST)
        if isinstance(outcome, NotLoggedIn):
            failed.append(Failure(endpoint=each.endpoint, why=f"the test login failed: {outcome.why}"))
    return tuple(failed)


def read_endpoint(text: str) -> Endpoint:
    """The endpoint of a text form, port written out; ValueError where it is none."""
    scheme, _, rest = text.partition("://")
    host, _, port = rest.rpartition(":")
    security, protocol = Security.PLAIN, scheme
    if scheme.endswith("+starttls"):
        security, protocol = Security.STARTTLS, scheme.removesuffix("+starttls")
    elif scheme.endswith("s"):
        security, protocol = Security.IMPLICIT, scheme.removesuffix("s")
    return Endpoint(host.strip("[]"), int(port), protocol, security)


def _unwatched(progress: Progress) -> None:
    """Nobody watches these scans."""


def _never(complaint: Complaint) -> None:
    raise AssertionError(f"an endpoint of a plan cannot be read: {complaint.message}")
