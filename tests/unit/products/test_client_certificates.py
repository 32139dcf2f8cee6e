"""Servers that talk to nobody without a certificate: NTLM is accepted on that proviso, as seen on real ones."""

import pytest

from tests.unit.products import cases
from tests.unit.products.postfixes import AUTH, CERT, MAIN, SMTP, meaning
from tightlip.model.posture import NoteKind
from tightlip.products import dovecot
from tightlip.products._product import Instance
from tightlip.rules import ntlm_discloses_host

DOVECOT = Instance(product="dovecot", config="/etc/dovecot/dovecot.conf")
ENCRYPT = AUTH + CERT.replace("may", "encrypt")
WANTED = "smtpd_tls_req_ccert = yes\n"


@pytest.mark.parametrize(
    ("main", "master", "is_needed"),
    [
        (ENCRYPT + WANTED, SMTP, True),
        (AUTH + CERT + WANTED, SMTP + "  -o smtpd_tls_wrappermode=yes\n", True),
        (AUTH + CERT + WANTED, SMTP, False),
        (ENCRYPT, SMTP, False),
    ],
)
def test_postfix_ends_a_demanded_handshake_without_one(main: str, master: str, is_needed: bool) -> None:
    """421 after STARTTLS, and nothing on a port of TLS; where TLS may be had it only asks for one (3.7.11)."""
    (finding,) = ntlm_discloses_host.written(meaning(main, master))
    assert ("if the client shows a trusted certificate (smtpd_tls_req_ccert)" in finding.summary) is is_needed


def test_postfix_in_front_of_dovecot_is_a_doubt() -> None:
    """What it is offered there is another product's."""
    found = meaning(ENCRYPT + WANTED + "smtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n")
    assert [(note.file, note.line) for note in found.notes if note.kind is NoteKind.DOUBT] == [(MAIN, 4)]


def test_dovecot_asks_no_mechanism_without_one() -> None:
    """NO "Client didn't present valid SSL certificate" (2.3.19)."""
    text = "protocols = imap\nssl_cert = </c.pem\nauth_mechanisms = plain ntlm\nauth_use_winbind = yes\n"
    for value, is_needed in (("yes", True), ("no", False)):
        main = f"{text}auth_ssl_require_client_cert = {value}\n".encode()
        found = dovecot.PRODUCT.posture(cases.read(dovecot.PRODUCT, DOVECOT, {DOVECOT.config: main}))
        told = {"if the client shows a valid" in each.summary for each in ntlm_discloses_host.written(found)}
        assert told == {is_needed}
        assert [each.name for each in found.backend if "certificate" in each.proviso] == ["NTLM"] * is_needed
