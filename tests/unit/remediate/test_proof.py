"""What was heard against what is expected: only an explicit refusal is one, and silence proves nothing."""

import pytest

from tests.unit.assess.observed import ACCEPTED, REFUSED, REFUSED_FOR_NOW, TLS_FIRST, TLS_LISTED, challenge, observed
from tightlip.assess.verdict import assess
from tightlip.model.disclosure import Disclosure
from tightlip.model.facts import (
    Acceptance,
    Banner,
    Door,
    Fact,
    LoginCommand,
    Mechanisms,
    PasswordRefused,
    PasswordWanted,
    Standing,
)
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending
from tightlip.remediate.plan import Expectation
from tightlip.remediate.proof import failures, witness

ENDPOINT = "pop3://mail.example.org:110"
GREETING = Banner("ready")
PLAIN = Mechanisms(("PLAIN", "LOGIN"))


def heard(*facts: Fact, ending: Ending = Ending.COMPLETED) -> Assessed:
    """One observation and what it amounts to."""
    observation = observed(*facts, ending=ending)
    return Assessed(observation, assess(observation))


def complaints(expectation: Expectation, *facts: Fact, ending: Ending = Ending.COMPLETED) -> list[str]:
    """Why it is not as expected."""
    return [each.why for each in failures([expectation], [heard(*facts, ending=ending)])]


WITHDRAWN = Expectation(endpoint=ENDPOINT, withdrawn=("NTLM",), kept=("PLAIN",))


@pytest.mark.parametrize("refusal", [REFUSED, TLS_FIRST])
def test_a_refusal_with_everything_else_as_before_is_proof(refusal: Fact) -> None:
    """No such mechanism, or TLS first, where TLS is to be had."""
    assert complaints(WITHDRAWN, GREETING, TLS_LISTED, PLAIN, refusal) == []


def test_tls_that_is_wanted_and_not_offered_is_no_proof() -> None:
    """Nobody can know what NTLM would be answered after it."""
    (why,) = complaints(WITHDRAWN, GREETING, PLAIN, TLS_FIRST)
    assert "tls required but absent" in why


SPNEGO = Acceptance(Door.SPNEGO)


@pytest.mark.parametrize(
    ("withdrawn", "refusal", "holds"),
    [
        (("NTLM",), REFUSED, True),
        (("NTLM",), REFUSED_FOR_NOW, False),
        (("NTLM", "GSS-SPNEGO"), REFUSED, False),
    ],
)
def test_a_spnego_that_stays_is_no_ntlm(withdrawn: tuple[str, ...], refusal: Fact, holds: bool) -> None:
    """Kerberos' may be taken where NTLM by its own name is refused for good; one that was to go may not."""
    expectation = Expectation(endpoint=ENDPOINT, withdrawn=withdrawn, kept=("PLAIN",))
    assert (complaints(expectation, GREETING, PLAIN, refusal, SPNEGO) == []) is holds


@pytest.mark.parametrize(
    ("facts", "ending", "why"),
    [
        ((GREETING, PLAIN, ACCEPTED, challenge(Disclosure(dns_computer_name="mx1"))), Ending.COMPLETED, "discloses"),
        ((GREETING, PLAIN, ACCEPTED), Ending.CLOSED_EARLY, "offers"),
        ((GREETING, PLAIN, REFUSED_FOR_NOW), Ending.COMPLETED, "inconclusive"),
        ((GREETING, PLAIN), Ending.TIMED_OUT, "inconclusive"),
        ((), Ending.TIMED_OUT, "does not greet"),
        ((), Ending.CONNECTION_REFUSED, "does not greet"),
        ((GREETING, Mechanisms(("LOGIN",)), REFUSED), Ending.COMPLETED, "PLAIN should be listed; listed: LOGIN"),
        ((GREETING, REFUSED), Ending.COMPLETED, "PLAIN should be listed; listed: nothing"),
    ],
)
def test_everything_else_is_none(facts: tuple[Fact, ...], ending: Ending, why: str) -> None:
    """And says what was heard instead."""
    assert any(why in each for each in complaints(WITHDRAWN, *facts, ending=ending))


def test_an_endpoint_that_nobody_asked_is_not_proved() -> None:
    """Nothing heard is no proof."""
    assert [each.why for each in failures([WITHDRAWN], [])] == ["it was not asked"]


def test_a_closed_port_must_not_answer() -> None:
    """Refused is as it should be; a greeting is not, nor a server that only hangs."""
    closed = Expectation(endpoint=ENDPOINT, closed=True)
    assert complaints(closed, ending=Ending.CONNECTION_REFUSED) == []
    assert complaints(closed, GREETING, PLAIN, REFUSED) != []


WAITING = Expectation(endpoint=ENDPOINT, needs_tls=True)
NO_PASSWORD = PasswordRefused("USER", Standing.NO_SUCH_MECHANISM, "-ERR unknown command")


@pytest.mark.parametrize("facts", [(Mechanisms(()), TLS_FIRST), (TLS_FIRST,), (Mechanisms(()), REFUSED, NO_PASSWORD)])
def test_before_tls_a_login_is_refused(facts: tuple[Fact, ...]) -> None:
    """With a demand of TLS, or with an empty list and a refusal of the password that was asked about."""
    assert complaints(WAITING, GREETING, *facts) == []


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ((PLAIN, TLS_FIRST), "listed before TLS: PLAIN, LOGIN"),
        ((Mechanisms(()), LoginCommand("USER"), REFUSED, NO_PASSWORD), "listed before TLS: the USER command"),
        ((Mechanisms(()), REFUSED, PasswordWanted("USER")), "a password is asked for before TLS, by USER"),
        ((Mechanisms(()), REFUSED), "whether a password is taken there was not answered"),
        ((REFUSED, NO_PASSWORD), "what is listed before TLS could not be read"),
    ],
)
def test_before_tls_nothing_less_will_do(facts: tuple[Fact, ...], why: str) -> None:
    """A command in clear, a list that nobody could read, a question that was left open."""
    (complaint,) = complaints(WAITING, GREETING, *facts)
    assert complaint.startswith("no login should be taken before TLS: ")
    assert why in complaint


def test_a_witness_keeps_the_challenge_and_the_refusal() -> None:
    """Before: what was given away, raw and by name; after: the server's own words."""
    given = witness(
        heard(GREETING, PLAIN, ACCEPTED, challenge(Disclosure(dns_computer_name="mx1"), raw=b"NTLMSSP\0\2raw"))
    )
    assert (given.endpoint, given.verdict, given.challenge) == (ENDPOINT, "discloses", b"NTLMSSP\0\2raw")
    assert "mx1" in given.names
    refused = witness(heard(GREETING, PLAIN, REFUSED))
    assert (refused.verdict, refused.challenge, refused.mechanisms) == ("clean", None, ("PLAIN", "LOGIN"))
    assert refused.detail is not None
    assert "no such mechanism" in refused.detail


GONE = Expectation(endpoint=ENDPOINT, withdrawn=("NTLM", "GSS-SPNEGO", "GSSAPI"), kept=("PLAIN",))
SHARED = Expectation(endpoint=ENDPOINT, withdrawn=GONE.withdrawn, kept=("PLAIN", "GSS-SPNEGO", "GSSAPI"))
BOTH_LISTED = Mechanisms(("PLAIN", "GSS-SPNEGO", "GSSAPI"))


def test_what_was_dropped_may_not_be_listed() -> None:
    """A server that goes on listing GSSAPI has not taken the change, though nothing disclosed."""
    assert complaints(GONE, GREETING, PLAIN, REFUSED) == []
    (why,) = complaints(GONE, GREETING, BOTH_LISTED, REFUSED)
    assert why == "GSS-SPNEGO, GSSAPI should not be listed any more"


def test_what_goes_on_for_kerberos_must_be_listed_and_answer_no_ntlm() -> None:
    """Taken it may be; a challenge in it, even an empty one, is NTLM."""
    assert complaints(SHARED, GREETING, BOTH_LISTED, REFUSED) == []
    assert complaints(SHARED, GREETING, BOTH_LISTED, REFUSED, SPNEGO) == []
    assert complaints(SHARED, GREETING, BOTH_LISTED, REFUSED, SPNEGO, challenge(Disclosure(), Door.SPNEGO)) != []
    assert complaints(SHARED, GREETING, BOTH_LISTED, REFUSED, challenge(Disclosure("MX1"), Door.SPNEGO)) != []
    (why,) = complaints(SHARED, GREETING, PLAIN, REFUSED)
    assert why.startswith("GSS-SPNEGO, GSSAPI should be listed")
