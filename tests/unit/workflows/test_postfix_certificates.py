"""Postfix' certificates: told from the keys that stand beside them, and none at all where that is meant."""

from datetime import UTC, datetime

import pytest

from tests.unit.workflows.audited import DictHost
from tests.unit.workflows.test_auditing import certificate
from tightlip.model.endpoint import Security
from tightlip.workflows.auditing import Audit, audit
from tightlip.workflows.surveying import Wanted

END = datetime(2027, 6, 30, 12, tzinfo=UTC)
KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
AUTH = "smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\nsmtpd_tls_security_level = may\n"


def audited(setting: str, files: dict[str, bytes]) -> Audit:
    """A Postfix of a Debian, with one setting about its certificate."""
    texts = {
        "/etc/postfix/main.cf": f"{AUTH}{setting}\n",
        "/etc/postfix/master.cf": "smtp inet n - y - - smtpd\n",
        "/etc/postfix/sasl/smtpd.conf": "mech_list: PLAIN NTLM\n",
        "/etc/debian_version": "12.5\n",
    }
    host = DictHost(files={path: text.encode() for path, text in texts.items()} | files)
    return audit(host, Wanted(products=("postfix",)))


@pytest.mark.parametrize(
    ("named", "files"),
    [
        ("/etc/ssl/k.pem, /etc/ssl/c.pem", {"/etc/ssl/k.pem": KEY, "/etc/ssl/c.pem": certificate(END)}),
        ("/etc/ssl/k.pem, /etc/ssl/c.pem", {"/etc/ssl/c.pem": certificate(END)}),
        ("/etc/ssl/c.pem", {"/etc/ssl/c.pem": KEY + certificate(END)}),
        ("/etc/ssl/monkey.pem /etc/ssl/c.pem", {"/etc/ssl/monkey.pem": KEY, "/etc/ssl/c.pem": certificate(END)}),
    ],
)
def test_a_chain_s_certificate_is_told_by_what_stands_in_the_files(named: str, files: dict[str, bytes]) -> None:
    """A key comes first, in the same file or one of its own, which a copy is seldom made with (postconf(5))."""
    (posture,) = audited(f"smtpd_tls_chain_files = {named}", files).postures
    assert [(each.path, each.not_after) for each in posture.certificates] == [("/etc/ssl/c.pem", END)]
    assert posture.services[0].tls.certificate == "/etc/ssl/c.pem"


def test_the_first_certificate_is_the_one_whatever_its_name() -> None:
    """That of a file called key.pem too."""
    files = {"/etc/ssl/key.pem": KEY + certificate(END), "/etc/ssl/other.pem": KEY}
    (posture,) = audited("smtpd_tls_chain_files = /etc/ssl/key.pem /etc/ssl/other.pem", files).postures
    assert [(each.path, each.not_after) for each in posture.certificates] == [("/etc/ssl/key.pem", END)]


@pytest.mark.parametrize("value", ["none", "NONE"])
def test_without_a_certificate_on_purpose_tls_comes_up(value: str) -> None:
    """postconf(5): certificate-less operation, with anonymous ciphers up to TLS 1.2; NTLM is answered in it."""
    done = audited(f"smtpd_tls_cert_file = {value}", {})
    (service,) = done.postures[0].services
    assert (service.tls.available, service.tls.certificate) == (True, None)
    assert [each.states for each in service.offers] == [(Security.STARTTLS,)] * 2
    rules = {each.rule for each in done.findings}
    assert "ntlm-discloses-host" in rules
    assert "last-tls-path-missing" not in rules


def test_without_a_certificate_by_oversight_it_does_not() -> None:
    """STARTTLS is announced, and fails."""
    (service,) = audited("smtpd_tls_cert_file =", {}).postures[0].services
    assert not service.tls.available
