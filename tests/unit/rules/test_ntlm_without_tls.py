"""ntlm-without-tls over postures: what carries NTLM and is accepted before TLS from other machines."""

from tests.unit.rules.postures import (
    DEMAND,
    IMPLICIT,
    MECHANISMS,
    PLAIN,
    STARTTLS,
    finding,
    listeners,
    naming,
    offer,
    posture,
    service,
    silent,
)

RULE = "ntlm-without-tls"


def test_an_offer_in_the_plain_state_is_flagged() -> None:
    """Both what makes the offer and what could have it wait for TLS are named."""
    found = finding(RULE, posture(service(naming("NTLM", PLAIN, STARTTLS))))
    assert found.subject == "mail.example.org auth_mechanisms"
    assert found.places == (MECHANISMS, DEMAND)


def test_unknown_sockets_count_as_open() -> None:
    """A service whose listeners nobody knows may be reached from anywhere."""
    assert (
        finding(RULE, posture(service(offer("NTLM"), sockets=()))).summary == "NTLM accepted without TLS: dovecot pop3"
    )


def test_offers_that_wait_for_tls_are_not_flagged() -> None:
    """Nor is PLAIN, which is another rule's."""
    assert silent(RULE, posture(service(naming("NTLM", STARTTLS, IMPLICIT), offer("PLAIN"))))


def test_a_service_of_this_machine_alone_is_not_flagged() -> None:
    """Whoever listens on loopback would have to be on the machine already."""
    for address in ("127.0.0.1", "[::1]", "localhost"):
        assert silent(RULE, posture(service(naming("NTLM"), sockets=listeners(110, address=address))))
    assert not silent(RULE, posture(service(naming("NTLM"), sockets=listeners(110, address="192.0.2.7"))))
