"""Which stored observations prove that NTLM is not to be had: those with a refusal that can mean nothing else."""

from datetime import UTC, datetime

import pytest

from tightlip.assess.proven_refusal import shows_proven_refusal
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.facts import Asked, Door, Fact, Mechanisms, Refusal, Standing
from tightlip.model.observation import Ending, Observation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BLOCKED = "-ERR Your IP address has been blocked"
UNSUPPORTED = "-ERR [AUTH] Unsupported authentication mechanism."
TLS_FIRST = "-ERR [AUTH] Authentication not allowed until SSL/TLS is enabled."
NOT_ENABLED = "503 5.5.1 Error: authentication not enabled"


def heard(*facts: Fact, protocol: str = "pop3", security: Security = Security.PLAIN) -> Observation:
    """An observation of these facts."""
    return Observation(Endpoint("192.0.2.7", 110, protocol, security), "192.0.2.7", NOON, Ending.COMPLETED, facts)


def no(text: str, asked: Asked = Asked.MECHANISM) -> Refusal:
    """A refusal as 0.1.0 understood it."""
    return Refusal(asked, Standing.PERMANENT, text, Door.AUTH)


@pytest.mark.parametrize("text", [UNSUPPORTED, TLS_FIRST])
def test_a_refusal_of_the_mechanism_proves_it(text: str) -> None:
    """No such mechanism, and TLS first in clear."""
    assert shows_proven_refusal(heard(no(text)))


@pytest.mark.parametrize("text", [BLOCKED, "-ERR Internal error", "-ERR missing initial response", "-ERR no"])
def test_an_unclear_refusal_proves_nothing(text: str) -> None:
    """A ban, a fault, a wish for another form of the question, and a bare no."""
    assert not shows_proven_refusal(heard(no(text)))


def test_tls_first_over_tls_proves_nothing() -> None:
    """Whoever says so there did not mean our question."""
    assert not shows_proven_refusal(heard(no(TLS_FIRST), security=Security.STARTTLS))


def test_no_authentication_counts_where_none_is_listed() -> None:
    """A server that lists mechanisms has authentication, whatever it says to one client."""
    listing = Mechanisms(("PLAIN", "LOGIN"))
    assert shows_proven_refusal(heard(no(NOT_ENABLED), protocol="smtp"))
    assert shows_proven_refusal(heard(Mechanisms(()), no(NOT_ENABLED), protocol="smtp"))
    assert not shows_proven_refusal(heard(listing, no(NOT_ENABLED), protocol="smtp"))


def test_only_the_answer_to_the_mechanism_counts() -> None:
    """The same words in answer to something else say nothing of NTLM, and no answer is none."""
    assert not shows_proven_refusal(heard(no(UNSUPPORTED, Asked.CAPABILITIES)))
    assert not shows_proven_refusal(heard())


def test_one_proof_among_several_refusals_is_enough() -> None:
    """As where one door is refused for good and another in words that nobody understands."""
    assert shows_proven_refusal(heard(no(BLOCKED), no(UNSUPPORTED)))
