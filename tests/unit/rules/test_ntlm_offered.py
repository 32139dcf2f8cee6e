"""ntlm-offered over postures: what carries NTLM without naming the machine."""

import pytest
from msgspec.structs import replace

from tests.unit.assess.observed import observed
from tests.unit.rules.postures import FILTER, finding, imap, naming, offer, posture, service, silent
from tightlip.assess.judge import judge
from tightlip.model.finding import Certainty, Finding, Severity
from tightlip.model.host_view import Assessed, HostView
from tightlip.model.verdict import Assessment, Reason, Verdict

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


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason.EMPTY_CHALLENGE, "NTLM is accepted; the challenge named nothing"),
        (Reason.UNREADABLE_CHALLENGE, "NTLM is accepted; what came is no readable challenge"),
        (Reason.REFUSED_AFTER_ACCEPTING, "NTLM is accepted; then our first message was refused"),
        (Reason.CLOSED_AFTER_ACCEPTING, "NTLM is accepted; then the connection was closed"),
        (Reason.SILENT_AFTER_ACCEPTING, "NTLM is accepted; then nothing more came"),
    ],
)
def test_what_followed_is_told_as_it_was(reason: Reason, said: str) -> None:
    """Of a challenge is spoken only where there was one."""
    view = HostView((Assessed(observed(), Assessment(Verdict.OFFERS, reason)),))
    assert [each.summary for each in judge(view) if isinstance(each, Finding) and each.rule == RULE] == [said]
