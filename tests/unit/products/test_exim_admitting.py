"""Exim: what turns clients away before an authenticator answers, as Exim 4.96 did when it was asked."""

import pytest

from tests.unit.products.cases import read
from tightlip.assess.judge import judge
from tightlip.model.finding import Finding
from tightlip.model.host_view import HostView
from tightlip.model.posture import NoteKind, Posture
from tightlip.products._product import Instance
from tightlip.products.exim import PRODUCT

CONF = "/etc/exim4/exim4.conf"
BLOCKS = (
    "begin authenticators\nntlm:\n  driver = cyrus_sasl\n  public_name = NTLM\n"
    "plain:\n  driver = plaintext\n  public_name = PLAIN\n  server_condition = no\n"
)
UNDER_TLS = "auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}\n"


def _posture(text: str) -> Posture:
    return PRODUCT.posture(read(PRODUCT, Instance(product="exim", config=CONF), {CONF: (text + BLOCKS).encode()}))


def _found(posture: Posture) -> dict[str, str]:
    found = judge(HostView((), (posture,), "mail1", None))
    return {each.rule: each.summary for each in found if isinstance(each, Finding)}


def _doubted(posture: Posture) -> list[int | None]:
    return [note.line for note in posture.notes if note.kind is NoteKind.DOUBT]


@pytest.mark.parametrize(
    "acl",
    [
        "  deny condition = ${if match{$smtp_command_argument}{(?i)^NTLM}}\n  accept\n",
        "  accept encrypted = *\n",
        "  accept\n    encrypted = *\n  deny\n",
        "  warn\n  accept\n",
        "",
    ],
)
def test_an_acl_for_auth_may_refuse_it(acl: str) -> None:
    """It is asked first; whether it lets a mechanism through before TLS, or at all, it alone knows."""
    posture = _posture(f"acl_smtp_auth = acl_a\nbegin acl\nacl_a:\n{acl}")
    assert _doubted(posture) == [1]
    told = _found(posture)
    assert "if acl_smtp_auth lets it" in told["ntlm-discloses-host"]
    assert told.keys().isdisjoint({"ntlm-without-tls", "plaintext-without-tls"})


@pytest.mark.parametrize(
    "text",
    [
        "acl_smtp_auth = acl_a\nbegin acl\nacl_a:\n  accept\n",
        "acl_smtp_auth = acl_a\nbegin acl\nacl_a:\n  accept\n  deny\nother:\n  deny\n",
        "acl_smtp_auth = accept\n",
        "",
    ],
)
def test_an_acl_that_lets_everybody_through_is_none(text: str) -> None:
    """It begins with an accept that has no conditions, beside it or below."""
    posture = _posture(text)
    assert _doubted(posture) == []
    told = _found(posture)
    assert "lets it" not in told["ntlm-discloses-host"]
    assert {"ntlm-without-tls", "plaintext-without-tls"} <= told.keys()


@pytest.mark.parametrize("text", ["acl_smtp_auth = ${lookup{x}lsearch{/y}}\n", "acl_smtp_auth = /etc/exim4/auth.acl\n"])
def test_an_acl_that_is_not_at_hand_is_a_doubt_too(text: str) -> None:
    """An expansion, and a file of its own."""
    assert _doubted(_posture(text)) == [1]


@pytest.mark.parametrize("hosts", ["*", "! 192.0.2.1 : *", "${lookup{x}lsearch{/y}}"])
def test_where_everybody_has_to_show_a_certificate_the_challenge_is_on_that_proviso(hosts: str) -> None:
    """TLS does not come up without one, and before it nothing is offered."""
    posture = _posture(f"tls_verify_hosts = {hosts}\n{UNDER_TLS}")
    assert _doubted(posture) == [1]
    assert "if the client has a certificate" in _found(posture)["ntlm-discloses-host"]


def test_where_logins_go_on_before_tls_no_certificate_matters() -> None:
    """Who has none does not begin TLS; what waits for it is in doubt all the same."""
    posture = _posture("tls_verify_hosts = *\n")
    assert _doubted(posture) == [1]
    assert "certificate" not in _found(posture)["ntlm-discloses-host"]


@pytest.mark.parametrize("text", ["tls_verify_hosts = 192.0.2.0/24 : 127.0.0.1\n", "tls_try_verify_hosts = *\n"])
def test_where_others_need_no_certificate_nothing_is_in_doubt(text: str) -> None:
    """The others get their challenge."""
    assert _doubted(_posture(f"{text}{UNDER_TLS}")) == []
