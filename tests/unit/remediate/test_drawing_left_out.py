"""What a plan leaves out and its proof would meet all the same: unmet, instead of undone after the fact."""

from tests.unit.remediate.surveys import DOVECOT, LEAKY, MAIN_CF, MASTER_CF, plan_from, surveyed
from tightlip.remediate.goal import Goal

# Port 25 asks Cyrus SASL, as Postfix does by itself, and the submission entry asks Dovecot.
BOTH = {
    MAIN_CF: b"smtpd_sasl_auth_enable = yes\nsmtpd_tls_security_level = may\nsmtpd_tls_cert_file = /etc/ssl/mail.pem\n",
    MASTER_CF: (
        b"smtp inet n - y - - smtpd\n"
        b"submission inet n - y - - smtpd\n  -o smtpd_sasl_type=dovecot\n  -o smtpd_sasl_path=private/auth\n"
    ),
    "/etc/postfix/sasl/smtpd.conf": b"mech_list: PLAIN LOGIN NTLM\n",
}


def test_an_entry_that_asks_a_product_that_is_left_out_is_unmet() -> None:
    """What Dovecot offers there would be proved, and the change undone; with Dovecot in the plan nothing is unmet."""
    (unmet,) = plan_from(surveyed("postfix", BOTH)).plan.unmet
    assert unmet.what == "postfix submission/inet without NTLM"
    assert "--product postfix --product dovecot" in unmet.why
    assert plan_from(surveyed("postfix", BOTH), surveyed("dovecot", {DOVECOT: LEAKY})).plan.unmet == ()


def test_a_dovecot_on_another_machine_is_left_to_the_proof() -> None:
    """It can be in no plan made here; whether it offers NTLM shows when the endpoints are asked."""
    far = BOTH | {MASTER_CF: BOTH[MASTER_CF].replace(b"private/auth", b"inet:auth.example.org:12345")}
    assert plan_from(surveyed("postfix", far)).plan.unmet == ()


def test_where_no_mechanism_goes_it_does_not_matter_who_is_asked() -> None:
    """TLS before logins is Postfix' own."""
    assert plan_from(surveyed("postfix", BOTH), goal=Goal.REQUIRE_TLS).plan.unmet == ()
