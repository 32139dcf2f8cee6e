"""advertised-contradicts-accepted, as it is written: NTLM in the list of a server that does not have it."""

from tests.unit.rules.postures import IMPLICIT, MECHANISMS, finding, naming, offer, posture, service, silent
from tightlip.model.finding import RemediationKind, Severity
from tightlip.model.posture import Offer

RULE = "advertised-contradicts-accepted"
LISTED = Offer(name="NTLM", states=(), place=MECHANISMS, only_listed=(IMPLICIT,))


def test_what_is_listed_and_never_answered_is_flagged() -> None:
    """At the setting that lists it, with the advice to list it no more."""
    found = finding(RULE, posture(service(LISTED, offer("PLAIN"))))
    assert found.summary == "NTLM listed, never answered: dovecot pop3"
    assert (found.severity, found.places) == (Severity.INFO, (MECHANISMS,))
    assert [each.kind for each in found.remediations] == [RemediationKind.ADVISE]


def test_no_other_rule_takes_it_for_an_offer() -> None:
    """It is accepted in no state: neither before TLS nor under it."""
    for rule in ("ntlm-offered", "ntlm-without-tls", "ntlm-discloses-host", "mechanism-hidden-not-refused"):
        assert silent(rule, posture(service(LISTED, offer("PLAIN"))))


def test_what_is_answered_is_not_flagged() -> None:
    """That is for the rules on NTLM."""
    assert silent(RULE, posture(service(naming("NTLM"), offer("PLAIN"))))
