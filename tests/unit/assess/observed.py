"""Observations for the tests of verdicts and rules: an endpoint, facts and an ending, the rest as usual."""

from datetime import UTC, datetime

from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.facts import Acceptance, Asked, Challenge, Door, Fact, Refusal, Standing, TlsOffer
from tightlip.model.observation import Depth, Ending, Observation
from tightlip.model.oddity import Oddity, OddityName

MOMENT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)

ACCEPTED = Acceptance(Door.AUTH)
REFUSED = Refusal(Asked.MECHANISM, Standing.NO_SUCH_MECHANISM, "-ERR no such mechanism", Door.AUTH, "NTLM")
REFUSED_FOR_NOW = Refusal(Asked.MECHANISM, Standing.TEMPORARY, "454 try later", Door.AUTH)
TLS_LISTED = TlsOffer(listed=True)
TLS_FIRST = Refusal(Asked.MECHANISM, Standing.TLS_REQUIRED, "530 STARTTLS first", Door.AUTH)


def observed(
    *facts: Fact,
    ending: Ending = Ending.COMPLETED,
    security: Security = Security.PLAIN,
    error: str | None = None,
    stopped: str | None = None,
    depth: Depth = Depth.POLITE,
    protocol: str = "pop3",
) -> Observation:
    """What one asking of ``pop3://mail.example.org:110``, or of another protocol there, taught."""
    endpoint = Endpoint("mail.example.org", 110, protocol, security)
    return Observation(endpoint, "192.0.2.7", MOMENT, ending, facts, error=error, stopped=stopped, depth=depth)


def proved(*facts: Fact) -> Observation:
    """What an asking taught by which a refusal is proven: a thorough one."""
    return observed(*facts, depth=Depth.THOROUGH)


def challenge(disclosure: Disclosure, via: Door = Door.AUTH, raw: bytes = b"NTLMSSP\0\2") -> Challenge:
    """A challenge that gives away ``disclosure``."""
    return Challenge(via, raw, disclosure, Implementation.UNKNOWN)


def unreadable() -> Challenge:
    """What a server sends that accepts NTLM and then talks of something else."""
    oddities = (Oddity(OddityName.NOT_NTLMSSP),)
    return Challenge(Door.AUTH, b"hello", Disclosure(), Implementation.UNKNOWN, oddities=oddities)
