"""Plans where NTLM comes in GSSAPI: by the service's list, by the host's where that is asked for, or by a person."""

import msgspec
import pytest

from tests.unit.products.gss import FILE, KEYTAB, NTLMSSP
from tests.unit.remediate.surveys import ASKING, DOVECOT, MAIN_CF, drawn_from, plan_from, surveyed
from tightlip.model.remedy import WithdrawMechanism
from tightlip.remediate.drawing import Drawn
from tightlip.remediate.goal import Extent
from tightlip.remediate.plan import decode, encode

OPEN = b"""protocols = pop3
ssl = yes
ssl_cert = </etc/ssl/mail.pem
auth_mechanisms = plain gssapi
service auth {
  unix_listener /var/spool/postfix/private/auth {
  }
}
"""
LISTED = ("PLAIN", "GSSAPI")


def plan(*hosts: dict[str, bytes], extent: Extent = Extent.SERVER) -> Drawn:
    """The plan for a Dovecot with GSSAPI, and a Postfix that asks it."""
    beside = {path: text for host in hosts for path, text in host.items()}
    dovecot = surveyed("dovecot", {DOVECOT: OPEN, **NTLMSSP, **beside})
    return plan_from(dovecot, surveyed("postfix", {**ASKING, **NTLMSSP, **beside}), extent=extent)


def files_of(drawn: Drawn) -> list[str]:
    """What it edits, in its order."""
    return [file.path for product in drawn.plan.products for file in product.files]


def test_without_a_keytab_gssapi_is_dropped_and_proved_to_be_refused() -> None:
    """In every state, of those that ask as well."""
    drawn = plan()
    assert files_of(drawn) == [DOVECOT]
    assert [each.product for each in drawn.plan.products] == ["dovecot", "postfix"]
    assert {each.withdrawn for each in drawn.plan.expectations} == {("NTLM", "GSS-SPNEGO", "GSSAPI")}
    assert not any("GSSAPI" in each.kept for each in drawn.plan.expectations)
    assert any(each.kept == LISTED for each in drawn.plan.restored)
    assert any("Kerberos" in sentence for sentence in drawn.plan.may_break)
    assert drawn.plan.findings
    assert not drawn.plan.unmet


def test_with_a_keytab_it_is_left_to_a_person() -> None:
    """The plan is empty, and has what to do about what goes on."""
    drawn = plan(KEYTAB)
    assert drawn.plan.is_empty
    assert [each.place.file for each in drawn.plan.advice if each.place] == [FILE]


def test_host_wide_the_line_is_planned_once_and_kerberos_goes_on() -> None:
    """The mechanism stays listed, answers no NTLM, and who else uses it is named."""
    drawn = plan(KEYTAB, extent=Extent.HOST)
    assert files_of(drawn) == [FILE]
    asked = [each for each in drawn.plan.expectations if "GSSAPI" in each.kept]
    assert asked
    assert all("GSSAPI" in each.withdrawn for each in asked)
    assert any("dovecot pop3, postfix submission/inet" in sentence for sentence in drawn.plan.may_break)
    assert any("none was looked at" in sentence for sentence in drawn.plan.may_break)
    assert not drawn.plan.unmet
    assert drawn.plan.findings


def test_ntlm_by_its_name_goes_as_well() -> None:
    """And with a keytab what remains is unmet, so that nobody takes the plan for the whole of it."""
    leaking = {DOVECOT: OPEN.replace(b"plain gssapi", b"plain ntlm gssapi") + b"auth_use_winbind = yes\n"}
    drawn = plan(leaking, KEYTAB)
    assert files_of(drawn) == [DOVECOT]
    assert "dovecot pop3 without GSSAPI" in {each.what for each in drawn.plan.unmet}
    assert set(files_of(plan(leaking, KEYTAB, extent=Extent.HOST))) == {DOVECOT, FILE}


def test_a_plan_of_the_host_is_read_back() -> None:
    """Its remedy says how far it goes; its hash holds."""
    made = plan(KEYTAB, extent=Extent.HOST).plan
    read = decode(encode(made), "plan.json")
    assert (read, read.remedies) == (made, (WithdrawMechanism(host_wide=True),))


@pytest.mark.parametrize("mechanisms", [("NTLM", "GSS-SPNEGO"), ("NTLM", "GSS-SPNEGO", "GSSAPI")])
def test_a_remedy_without_the_option_is_written_as_ever(mechanisms: tuple[str, ...]) -> None:
    """Plans of earlier versions keep their hash, by which they were approved."""
    written = msgspec.json.decode(msgspec.json.encode(WithdrawMechanism(mechanisms)))
    assert written == {"type": "withdraw_mechanism", "mechanisms": list(mechanisms)}


def test_a_host_whose_only_login_is_gssapi_is_not_locked_out() -> None:
    """No plan is made of that."""
    alone = surveyed("dovecot", {DOVECOT: OPEN.replace(b"plain gssapi", b"gssapi"), **NTLMSSP})
    assert not isinstance(drawn_from(alone), Drawn)


def test_files_of_nobody_else_are_touched() -> None:
    """Postfix' own stay as they are."""
    assert MAIN_CF not in files_of(plan(extent=Extent.HOST))
