"""plaintext-without-tls: passwords that a configuration lets through before TLS."""

from msgspec.structs import replace

from tests.unit.rules.postures import (
    DEMAND,
    IMPLICIT,
    PLAIN,
    SSL_ON,
    STARTTLS,
    USUAL_TLS,
    finding,
    imap,
    listeners,
    naming,
    offer,
    posture,
    service,
    silent,
)
from tightlip.model.finding import RemediationKind, Severity

RULE = "plaintext-without-tls"


def test_clear_mechanisms_before_tls_are_flagged() -> None:
    """The setting that could demand TLS is the place; services that it decides for are one finding."""
    found = finding(RULE, posture(service(offer("PLAIN"), offer("LOGIN", PLAIN)), imap(offer("PLAIN"))))
    assert found.subject == "mail.example.org disable_plaintext_auth"
    assert found.summary == "PLAIN, LOGIN accepted without TLS; PLAIN accepted without TLS: dovecot pop3, imap"
    assert found.places == (DEMAND,)
    assert found.severity is Severity.HIGH
    assert [each.kind for each in found.remediations] == [RemediationKind.REQUIRE_TLS]


def test_what_waits_for_tls_or_hides_the_password_is_not_flagged() -> None:
    """PLAIN after TLS is right; SCRAM and NTLM do not send the password."""
    offers = (offer("PLAIN", STARTTLS, IMPLICIT), offer("SCRAM-SHA-256"), naming("NTLM"))
    assert silent(RULE, posture(service(*offers)))


def test_a_service_of_this_machine_alone_is_not_flagged() -> None:
    """Nobody between client and server sees it."""
    assert silent(RULE, posture(service(offer("PLAIN"), sockets=listeners(110, address="::1"))))


def test_unknown_offers_are_not_judged() -> None:
    """A delegation that was not followed says nothing."""
    assert silent(RULE, posture(service()))


def test_the_finding_is_named_by_what_lets_passwords_go() -> None:
    """Where one setting could demand TLS and another lets passwords go, the cause is the other."""
    found = finding(RULE, posture(service(offer("PLAIN"), tls=replace(USUAL_TLS, demand=SSL_ON, cleartext=DEMAND))))
    assert found.subject == "mail.example.org disable_plaintext_auth"
    assert found.places == (DEMAND,)
