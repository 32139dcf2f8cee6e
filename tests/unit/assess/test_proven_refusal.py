"""Which stored observations prove that NTLM is not to be had: those with a refusal that can mean nothing else."""

from datetime import UTC, datetime

import pytest

from tightlip.assess.proven_refusal import shows_proven_refusal
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.facts import Asked, Door, Fact, Mechanisms, Refusal, Standing, TlsOffer
from tightlip.model.observation import Ending, Line, Observation, Speaker

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BLOCKED = "-ERR Your IP address has been blocked"
UNSUPPORTED = "-ERR [AUTH] Unsupported authentication mechanism."
TLS_FIRST = "-ERR [AUTH] Authentication not allowed until SSL/TLS is enabled."
IMAP_TLS_FIRST = "NO [PRIVACYREQUIRED] Authentication not allowed until SSL/TLS is enabled."
SIEVE_TLS_FIRST = 'NO (ENCRYPT-NEEDED) "Authentication not allowed until SSL/TLS is enabled."'
NOT_ENABLED = "503 5.5.1 Error: authentication not enabled"


def heard(
    *facts: Fact, protocol: str = "pop3", security: Security = Security.PLAIN, said: tuple[bytes, ...] = ()
) -> Observation:
    """An observation of these facts, in which the server said these lines."""
    endpoint = Endpoint("192.0.2.7", 110, protocol, security)
    transcript = tuple(Line(Speaker.SERVER, line) for line in said)
    return Observation(endpoint, "192.0.2.7", NOON, Ending.COMPLETED, facts, transcript)


def no(text: str, asked: Asked = Asked.MECHANISM, via: Door = Door.AUTH) -> Refusal:
    """A refusal as 0.1.0 understood it, without the mechanism that was asked for."""
    return Refusal(asked, Standing.PERMANENT, text, via)


def test_a_refusal_of_the_mechanism_proves_it() -> None:
    """No such mechanism, whatever else is listed."""
    assert shows_proven_refusal(heard(no(UNSUPPORTED)))
    assert shows_proven_refusal(heard(Mechanisms(("PLAIN", "LOGIN")), no(UNSUPPORTED)))


def test_what_the_list_contradicts_proves_nothing() -> None:
    """Who lists NTLM has it, whatever is said of one attempt."""
    assert not shows_proven_refusal(heard(Mechanisms(("PLAIN", "NTLM")), no(UNSUPPORTED)))


@pytest.mark.parametrize(
    ("protocol", "text", "line"),
    [
        ("pop3", TLS_FIRST, b"STLS"),
        ("smtp", "530 5.7.0 Must issue a STARTTLS command first", b"250-STARTTLS"),
        ("smtp", "530 5.7.0 Must issue a STARTTLS command first", b"250 starttls"),
        ("imap", IMAP_TLS_FIRST, b"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN"),
        ("imap", IMAP_TLS_FIRST, b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] ready"),
        ("managesieve", SIEVE_TLS_FIRST, b'"STARTTLS"'),
    ],
)
def test_tls_first_in_clear_proves_it_where_tls_was_offered(protocol: str, text: str, line: bytes) -> None:
    """By what 0.1.0 kept of it, the transcript; where nothing offered TLS, something on the way may have hidden it."""
    assert shows_proven_refusal(heard(no(text), protocol=protocol, said=(line, text.encode())))
    assert not shows_proven_refusal(heard(no(text), protocol=protocol, said=(text.encode(), b"* CAPABILITY IMAP4rev1")))
    assert not shows_proven_refusal(heard(no(text), protocol=protocol))
    assert shows_proven_refusal(heard(TlsOffer(listed=True), no(text), protocol=protocol))


@pytest.mark.parametrize("text", [BLOCKED, "-ERR Internal error", "-ERR missing initial response", "-ERR no"])
def test_an_unclear_refusal_proves_nothing(text: str) -> None:
    """A ban, a fault, a wish for another form of the question, and a bare no."""
    assert not shows_proven_refusal(heard(no(text)))


def test_tls_first_over_tls_proves_nothing() -> None:
    """Whoever says so there did not mean our question."""
    assert not shows_proven_refusal(heard(no(TLS_FIRST), security=Security.STARTTLS, said=(b"STLS",)))


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


def test_every_refusal_of_ntlm_has_to_prove_it() -> None:
    """One that is understood beside one that is not leaves the doubt."""
    assert not shows_proven_refusal(heard(no(BLOCKED), no(UNSUPPORTED)))
    assert shows_proven_refusal(heard(no(UNSUPPORTED), no(UNSUPPORTED)))


def test_what_is_said_to_another_path_proves_nothing_of_ntlm() -> None:
    """NTLM is listed and answered with a fault, and GSS-SPNEGO beside it is not there."""
    fault, spnego = no("-ERR internal error"), no(UNSUPPORTED, via=Door.SPNEGO)
    assert not shows_proven_refusal(heard(Mechanisms(("NTLM", "GSS-SPNEGO")), fault, spnego))
    assert not shows_proven_refusal(heard(fault, spnego))
    assert not shows_proven_refusal(heard(spnego))
    assert shows_proven_refusal(heard(no(UNSUPPORTED), no("-ERR internal error", via=Door.SPNEGO)))
