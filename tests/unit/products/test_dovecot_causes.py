"""Dovecot: the line that a finding names is the line that causes it, in the words that stand there."""

import pytest

from tests.unit.products import cases
from tightlip.assess.judge import judge
from tightlip.model.finding import Finding
from tightlip.model.host_view import HostView
from tightlip.products._product import Instance
from tightlip.products.dovecot import PRODUCT

MAIN = "/etc/dovecot/dovecot.conf"
BASE = "protocols = imap pop3\nssl_cert = </c.pem\nauth_mechanisms = plain\n"


def finding(text: str, rule: str) -> Finding:
    """The one finding of a rule on a single file."""
    files = cases.read(PRODUCT, Instance(product="dovecot", config=MAIN), {MAIN: text.encode()})
    said = judge(HostView((), (PRODUCT.posture(files),), "mail1", None))
    (found,) = [each for each in said if isinstance(each, Finding) and each.rule == rule]
    return found


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f"{BASE}ssl = yes\ndisable_plaintext_auth = no\n", 5, "disable_plaintext_auth = no"),
        (f"{BASE}disable_plaintext_auth = no\n", 4, "disable_plaintext_auth = no"),
        (
            "dovecot_config_version = 2.4.1\nprotocols = imap\nssl = yes\nauth_allow_cleartext = yes\n",
            4,
            "auth_allow_cleartext = yes",
        ),
    ],
)
def test_passwords_in_clear_are_caused_by_the_setting_that_lets_them_go(text: str, line: int, said: str) -> None:
    """Not by `ssl = yes`, which bars nothing and lets nothing go."""
    found = finding(text, "plaintext-without-tls")
    assert [(each.line, each.said) for each in found.places] == [(line, said)]
    assert [(each.line, each.text) for each in found.evidence] == [(line, said)]
    assert found.subject == f"mail1 {said.partition(' ')[0]}"


def test_a_block_that_opens_a_port_is_told_as_its_opening() -> None:
    """It is there: what stands at the line is how the block begins."""
    listener = "service pop3-login {\n  inet_listener pop3 {\n  }\n  inet_listener pop3s {\n    port = 0\n  }\n}\n"
    found = finding(BASE + listener, "pop3-unused-but-enabled")
    assert [(each.line, each.said) for each in found.places] == [(5, "inet_listener pop3 {")]
    assert [each.text for each in found.evidence] == ["inet_listener pop3 {"]
