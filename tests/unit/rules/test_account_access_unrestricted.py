"""account-access-unrestricted: POP3 for everybody."""

from tests.unit.rules.postures import finding, offer, posture, service, silent
from tightlip.model.finding import Place, RemediationKind, Severity
from tightlip.model.posture import Accounts

RULE = "account-access-unrestricted"
PASSDB = Place("/etc/dovecot/conf.d/auth-system.conf.ext", 7, "passdb", "pam")


def test_pop3_for_everybody_is_flagged() -> None:
    """For information, with the setting that could limit it."""
    found = finding(RULE, posture(service(offer("PLAIN"), accounts=Accounts(limited=False, place=PASSDB))))
    assert (found.severity, found.places) == (Severity.INFO, (PASSDB,))
    assert found.subject == "mail.example.org passdb"
    assert found.remediations[0].kind is RemediationKind.LIMIT_ACCOUNTS


def test_a_list_of_accounts_is_not_flagged() -> None:
    """That is what is asked for."""
    assert silent(RULE, posture(service(offer("PLAIN"), accounts=Accounts(limited=True, place=PASSDB))))


def test_a_product_that_tells_nothing_is_not_judged() -> None:
    """Nor is IMAP, which is for everybody."""
    everybody = Accounts(limited=False, place=PASSDB)
    assert silent(RULE, posture(service(offer("PLAIN"))))
    assert silent(RULE, posture(service(offer("PLAIN"), name="imap", protocol="imap", accounts=everybody)))
