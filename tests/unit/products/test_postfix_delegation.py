"""Postfix' plug where Dovecot decides on logins: what of its mechanisms Postfix does not let through."""

import pytest

from tests.unit.products.postfixes import AUTH, CERT, only
from tightlip.model.endpoint import Security


@pytest.mark.parametrize(
    ("options", "barred", "spared"),
    [
        ("noplaintext", {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"}, {"NTLM", "CRAM-MD5"}),
        ("noactive", {"NTLM", "CRAM-MD5", "DIGEST-MD5"}, {"PLAIN", "SCRAM-SHA-1"}),
        ("nodictionary", {"NTLM", "CRAM-MD5", "DIGEST-MD5"}, {"PLAIN"}),
        ("mutual_auth", {"PLAIN", "NTLM", "CRAM-MD5"}, {"DIGEST-MD5", "SCRAM-SHA-256"}),
    ],
)
def test_security_options_bar_what_dovecot_says_of_its_mechanisms(
    options: str, barred: set[str], spared: set[str]
) -> None:
    """By the properties that it tells on its auth socket; with TLS too, unless that has options of its own."""
    asking = AUTH + CERT + f"smtpd_sasl_type = dovecot\nsmtpd_sasl_security_options = noanonymous, {options}\n"
    delegation = only(asking).delegation
    assert delegation is not None
    assert [each.states for each in delegation.bars] == [
        (Security.PLAIN,),
        (Security.STARTTLS, Security.IMPLICIT),
    ]
    for bar in delegation.bars:
        assert barred <= set(bar.names)
        assert not spared & set(bar.names)
    free = only(asking + "smtpd_sasl_tls_security_options = noanonymous\n").delegation
    assert free is not None
    assert [each.states for each in free.bars] == [(Security.PLAIN,)]
