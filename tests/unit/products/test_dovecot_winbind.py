"""Dovecot's NTLM by Samba's winbind: its helper has to be there for anybody to answer."""

import pytest

from tests.unit.products import cases
from tests.unit.products.gss import NOTHING
from tightlip.products._product import Instance
from tightlip.products.dovecot import PRODUCT
from tightlip.rules import ntlm_discloses_host

MAIN = "/etc/dovecot/dovecot.conf"
TEXT = "protocols = imap\nssl_cert = </c.pem\nauth_mechanisms = plain ntlm gss-spnego gssapi\nauth_use_winbind = yes\n"
USUAL = "/usr/bin/ntlm_auth"


@pytest.mark.parametrize(
    ("line", "helper", "is_there"),
    [
        ("", USUAL, True),
        ("", "/usr/bin/other", False),
        ("auth_winbind_helper_path = /opt/ntlm_auth", "/opt/ntlm_auth", True),
        ("auth_winbind_helper_path = /opt/ntlm_auth", USUAL, False),
    ],
)
def test_without_its_helper_ntlm_has_a_proviso(line: str, helper: str, is_there: bool) -> None:
    """As a SASL plugin has that was not seen; what Kerberos' library answers has none."""
    files = {MAIN: f"{TEXT}{line}\n".encode(), helper: b"\x7fELF", **NOTHING}
    found = PRODUCT.posture(cases.read(PRODUCT, Instance(product="dovecot", config=MAIN), files))
    told = [each.summary for each in ntlm_discloses_host.written(found)]
    assert told
    assert {"NTLM (if its helper ntlm_auth is installed)" in each for each in told} == {not is_there}
    provided = [each.name for each in found.services[0].offers if each.proviso]
    assert provided == ([] if is_there else ["NTLM", "GSS-SPNEGO"])
