"""mechanism-hidden-not-refused: NTLM out of the list, and accepted all the same."""

from msgspec.structs import replace

from tests.unit.rules.postures import (
    FILTER,
    MECHANISMS,
    finding,
    naming,
    offer,
    postfix,
    posture,
    service,
    silent,
    view,
)
from tests.unit.rules.postures import findings as found_by
from tightlip.assess.linking import link
from tightlip.model.finding import RemediationKind
from tightlip.model.posture import Offer

RULE = "mechanism-hidden-not-refused"


def hidden(mechanism: Offer) -> Offer:
    """The same offer behind a filter."""
    return replace(mechanism, hidden_by=FILTER)


def test_a_filter_before_ntlm_is_flagged() -> None:
    """The filter is what the finding is about; what makes the offer stands beside it."""
    found = finding(RULE, posture(service(hidden(naming("NTLM")), offer("PLAIN"))))
    assert found.subject == "mail.example.org smtpd_sasl_mechanism_filter"
    assert found.places == (FILTER, MECHANISMS)
    assert [each.kind for each in found.remediations] == [RemediationKind.WITHDRAW_MECHANISM]


def test_a_filter_over_what_another_product_answers_is_flagged() -> None:
    """Postfix hides what Dovecot goes on answering: both files are named."""
    postures = link((postfix(hides=("NTLM",)), posture(backend=(naming("NTLM"), offer("PLAIN")))))
    (found,) = found_by(RULE, view(*postures))
    assert found.places == (FILTER, MECHANISMS)
    assert found.summary == "NTLM hidden from the list, and accepted all the same: postfix submission/inet"


def test_shown_and_other_mechanisms_are_not_flagged() -> None:
    """Hiding GSSAPI leaks nothing; NTLM in the list is another rule's."""
    assert silent(RULE, posture(service(naming("NTLM"), hidden(offer("GSSAPI")))))


def test_unknown_offers_are_not_judged() -> None:
    """A delegation that was not followed hides nothing that is known."""
    assert silent(RULE, postfix(hides=("NTLM",)))
