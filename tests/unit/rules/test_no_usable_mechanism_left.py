"""no-usable-mechanism-left: a list by which no client of today logs in."""

from msgspec.structs import replace

from tests.unit.rules.postures import (
    DEMAND,
    IMPLICIT,
    MECHANISMS,
    SSL_ON,
    USUAL_TLS,
    finding,
    naming,
    offer,
    posture,
    service,
    silent,
)
from tightlip.model.finding import Severity
from tightlip.model.posture import Offer

RULE = "no-usable-mechanism-left"


def test_ntlm_alone_is_flagged() -> None:
    """Once it is withdrawn, nobody logs in."""
    found = finding(RULE, posture(service(naming("NTLM"), offer("GSS-SPNEGO"))))
    assert found.summary == "no usable mechanism; what is accepted: NTLM, GSS-SPNEGO: dovecot pop3"
    assert found.severity is Severity.HIGH
    assert found.places == (MECHANISMS,)


def test_a_mechanism_that_no_state_allows_is_no_way_in() -> None:
    """PLAIN that waits for a TLS which never comes is not usable."""
    found = finding(RULE, posture(service(Offer(name="PLAIN", states=(), place=MECHANISMS))))
    assert found.summary == "no usable mechanism; what is accepted: nothing, in any TLS state: dovecot pop3"


def test_a_mechanism_that_waits_for_tls_is_not_to_blame_where_tls_is_off() -> None:
    """The list is in order; last-tls-path-missing names what is not."""
    waiting = Offer(name="PLAIN", states=(), place=MECHANISMS)
    off = replace(service(waiting), tls=replace(service(waiting).tls, available=False, required=True))
    assert silent(RULE, posture(off))
    assert finding("last-tls-path-missing", posture(off)).severity is Severity.HIGH


def test_a_password_that_waits_for_tls_is_not_to_blame_either() -> None:
    """Where passwords are not taken in clear the missing TLS is to blame; the list is, where it holds NTLM alone."""
    waiting = Offer(name="PLAIN", states=(), place=MECHANISMS)
    off = replace(USUAL_TLS, available=False, withholds=DEMAND)
    assert silent(RULE, posture(service(waiting, naming("NTLM"), tls=off)))
    assert finding(RULE, posture(service(naming("NTLM"), tls=off))).places == (MECHANISMS,)
    assert finding(RULE, posture(service(waiting, tls=replace(off, available=True)))).places == (MECHANISMS,)


def test_networks_that_count_as_secured_log_in() -> None:
    """The rest of the world does not, behind a proxy; a list of NTLM alone helps nobody."""
    waiting = Offer(name="PLAIN", states=(), place=MECHANISMS)
    trusted = replace(USUAL_TLS, available=False, withholds=DEMAND, exempts=SSL_ON)
    assert silent(RULE, posture(service(waiting, tls=trusted)))
    assert silent("last-tls-path-missing", posture(service(waiting, tls=trusted)))
    assert finding(RULE, posture(service(naming("NTLM"), tls=trusted))).places == (MECHANISMS,)


def test_one_usable_mechanism_in_one_state_is_enough() -> None:
    """PLAIN over TLS alone is the right shape."""
    assert silent(RULE, posture(service(naming("NTLM"), offer("PLAIN", IMPLICIT))))


def test_unknown_offers_are_not_judged() -> None:
    """A delegation that was not followed has no offers, which is not none."""
    assert silent(RULE, posture(service()))
