"""pop3-unused-but-enabled: the question whether POP3 is of use beside IMAP."""

from tests.unit.rules.postures import PROTOCOLS, finding, imap, offer, posture, service, silent
from tightlip.model.finding import Place, RemediationKind, Severity
from tightlip.model.posture import Accounts

RULE = "pop3-unused-but-enabled"
ALLOW = Place("/etc/dovecot/pop3.users", 1, "passdb", "allow list")


def test_pop3_beside_imap_is_a_question() -> None:
    """For information: the logs must answer it, and the text says so."""
    found = finding(RULE, posture(service(offer("PLAIN")), imap(offer("PLAIN"))))
    assert (found.severity, found.places) == (Severity.INFO, (PROTOCOLS,))
    assert "the logs must say" in found.summary
    kinds = [each.kind for each in found.remediations]
    assert kinds == [RemediationKind.DISABLE_SERVICE, RemediationKind.LIMIT_ACCOUNTS]


def test_pop3_alone_is_what_people_use() -> None:
    """Without IMAP there is no other way to the mail; IMAP without a socket is none either."""
    assert silent(RULE, posture(service(offer("PLAIN"))))
    assert silent(RULE, posture(service(offer("PLAIN")), service(name="imap", protocol="imap", sockets=())))


def test_pop3_without_a_socket_is_not_enabled() -> None:
    """Nothing is served."""
    assert silent(RULE, posture(service(offer("PLAIN"), sockets=()), imap(offer("PLAIN"))))


def test_pop3_for_some_accounts_is_answered_already() -> None:
    """Whoever wrote the list knows who uses it."""
    limited = service(offer("PLAIN"), accounts=Accounts(limited=True, place=ALLOW))
    everybody = service(offer("PLAIN"), accounts=Accounts(limited=False, place=ALLOW))
    assert silent(RULE, posture(limited, imap()))
    assert not silent(RULE, posture(everybody, imap()))
