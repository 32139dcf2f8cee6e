"""ntlm-offered over postures: what carries NTLM without naming the machine."""

from msgspec.structs import replace

from tests.unit.rules.postures import FILTER, finding, imap, naming, offer, posture, service, silent
from tightlip.model.finding import Certainty, Severity

RULE = "ntlm-offered"


def test_an_offer_that_names_nothing_is_flagged() -> None:
    """Both carriers of one setting are told together."""
    found = finding(RULE, posture(service(offer("NTLM"), offer("GSS-SPNEGO"), offer("PLAIN"))))
    assert found.summary == "NTLM, GSS-SPNEGO accepted: dovecot pop3"
    assert (found.certainty, found.severity) == (Certainty.WRITTEN, Severity.LOW)


def test_services_that_offer_different_carriers_are_told_apart_in_one_finding() -> None:
    """The setting is one; each wording is there."""
    found = finding(RULE, posture(service(offer("NTLM")), imap(offer("GSS-SPNEGO"))))
    assert found.summary == "NTLM accepted; GSS-SPNEGO accepted: dovecot pop3, imap"


def test_an_offer_that_names_belongs_to_another_rule() -> None:
    """Findings of the two rules open and close apart."""
    assert silent(RULE, posture(service(naming("NTLM"), offer("PLAIN"))))


def test_spnego_that_carries_kerberos_alone_is_not_flagged() -> None:
    """By no rule that is about NTLM, neither of a service nor of those who ask it."""
    kerberos = replace(offer("GSS-SPNEGO"), kerberos_only=True, hidden_by=FILTER)
    told = posture(service(offer("PLAIN"), kerberos), backend=(kerberos,))
    for rule in (RULE, "ntlm-discloses-host", "ntlm-without-tls", "mechanism-hidden-not-refused"):
        assert silent(rule, told)


def test_a_delegation_that_was_not_followed_says_nothing() -> None:
    """Without offers nobody knows."""
    assert silent(RULE, posture(service()))
