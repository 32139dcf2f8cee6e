"""last-tls-path-missing: logins wait for TLS that cannot come up."""

from msgspec.structs import replace

from tests.unit.rules.postures import (
    AUTH_FILE,
    CERTIFICATE,
    CERTIFICATE_FILE,
    MECHANISMS,
    NOW,
    PLAIN,
    SSL_ON,
    USUAL_TLS,
    finding,
    listeners,
    naming,
    offer,
    posture,
    service,
    silent,
)
from tightlip.model.finding import Evidence, Place
from tightlip.model.posture import Certificate, Offer, Posture, Tls

RULE = "last-tls-path-missing"
DEMANDED = Place(AUTH_FILE, 10, "disable_plaintext_auth", "yes")
REQUIRED = replace(USUAL_TLS, required=True, demand=DEMANDED)
OFF = Place("/etc/dovecot/conf.d/10-ssl.conf", 6, "ssl", "no")


def test_tls_that_is_demanded_and_off_is_flagged() -> None:
    """The switch is to blame, the demand is named beside it."""
    found = finding(RULE, of(replace(REQUIRED, available=False, place=OFF)))
    assert found.subject == "mail.example.org ssl"
    assert found.places == (OFF, DEMANDED)
    assert found.summary == "logins need TLS, and TLS is switched off: dovecot pop3"


def test_a_certificate_that_is_not_set_is_flagged() -> None:
    """The setting that has to name one is there, without a value."""
    unset = Place("/etc/dovecot/dovecot.conf", None, "ssl_cert", None)
    found = finding(RULE, of(replace(REQUIRED, certificate=None, certificate_place=unset)))
    assert found.places == (unset, DEMANDED)


def test_passwords_that_wait_for_a_certificate_that_is_not_set_are_flagged() -> None:
    """It is to blame, with what keeps passwords back; NTLM and SCRAM may go on without TLS."""
    unset = Place("/etc/dovecot/dovecot.conf", None, "ssl_cert", None)
    tls = replace(
        USUAL_TLS, available=False, place=unset, certificate=None, certificate_place=unset, withholds=DEMANDED
    )
    waiting = Offer(name="PLAIN", states=(), place=MECHANISMS)
    found = finding(RULE, posture(service(waiting, naming("NTLM"), tls=tls)))
    assert found.summary == "passwords need TLS, and no certificate is set: dovecot pop3"
    assert found.places == (unset, DEMANDED)
    assert silent(RULE, posture(service(waiting, offer("SCRAM-SHA-256", PLAIN), tls=tls)))
    assert silent(RULE, posture(service(naming("NTLM"), tls=tls)))


def test_a_certificate_that_cannot_be_used_is_flagged() -> None:
    """What is wrong with the file is told, and is the evidence."""
    broken = Certificate(path=CERTIFICATE_FILE, problem="not there")
    found = finding(RULE, of(REQUIRED, broken))
    assert found.summary == "logins need TLS, and its certificate cannot be used: not there: dovecot pop3"
    assert found.places == (CERTIFICATE, DEMANDED)
    assert found.evidence == (Evidence(file=CERTIFICATE_FILE, text="not there"),)


def test_a_service_on_tls_ports_alone_needs_tls_without_demanding_it() -> None:
    """Port 995 without TLS is no way in."""
    pop3s = service(offer("PLAIN"), sockets=listeners(995), tls=replace(USUAL_TLS, available=False, place=OFF))
    assert finding(RULE, posture(pop3s)).places == (OFF,)


def test_tls_that_can_come_up_is_not_flagged() -> None:
    """Nor is a service that lets people in without it, certificate or not."""
    assert silent(RULE, of(REQUIRED, Certificate(path=CERTIFICATE_FILE, not_after=NOW)))
    assert silent(RULE, of(replace(USUAL_TLS, available=False)))


def test_what_is_not_known_is_not_flagged() -> None:
    """A certificate that was not looked for, or a product that tells of none."""
    assert silent(RULE, of(REQUIRED))
    assert silent(RULE, of(Tls(available=True, place=SSL_ON, required=True, demand=DEMANDED)))


def test_the_way_back_into_a_server_is_not_flagged() -> None:
    """A socket on loopback beside those that others reach; where there is no other, somebody logs in through it."""
    off = replace(REQUIRED, available=False, place=OFF)
    way_back = service(offer("PLAIN"), name="way-back", sockets=listeners(10025, address="127.0.0.1"), tls=off)
    assert silent(RULE, posture(way_back, service(offer("PLAIN"))))
    assert finding(RULE, posture(way_back)).places == (OFF, DEMANDED)


def of(tls: Tls, *certificates: Certificate) -> Posture:
    """A POP3 service with this TLS side."""
    return posture(service(offer("PLAIN"), tls=tls), certificates=certificates)
