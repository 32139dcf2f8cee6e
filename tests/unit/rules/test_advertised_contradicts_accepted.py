"""advertised-contradicts-accepted, as it is written: NTLM in the list of a server that does not have it."""

from msgspec.structs import replace

from tests.unit.assess.observed import REFUSED, TLS_FIRST, TLS_LISTED, proved
from tests.unit.rules.postures import IMPLICIT, MECHANISMS, finding, naming, offer, posture, service, silent
from tightlip.assess.verdict import assess
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.finding import Cleared, RemediationKind, Severity
from tightlip.model.host_view import Assessed
from tightlip.model.posture import Offer
from tightlip.workflows.judging import judged, judged_together

RULE = "advertised-contradicts-accepted"
STARTTLS = Endpoint("mail.example.org", 110, "pop3", Security.STARTTLS)
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


def test_it_closes_with_the_pair_where_tls_first_mends_it() -> None:
    """TLS first alone proves nothing; with the STARTTLS state clean as well it closes like the others about NTLM."""
    plain, upgraded = proved(TLS_LISTED, TLS_FIRST), replace(proved(REFUSED), endpoint=STARTTLS)
    alone, pair = ([Assessed(each, assess(each)) for each in group] for group in ((plain,), (plain, upgraded)))
    closes = Cleared(RULE, "pop3://mail.example.org:110")
    (said,) = judged_together(alone, judged)
    assert said is None or closes not in said.cleared
    together = judged_together(pair, judged)[0]
    assert together is not None
    assert closes in together.cleared
