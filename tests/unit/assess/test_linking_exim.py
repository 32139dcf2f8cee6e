"""Linking Exim: it announces its own authenticators, and of some of them Dovecot answers the logins."""

import pytest
from msgspec.structs import replace

from tests.unit.products.cases import read
from tests.unit.rules.postures import naming, offer, posture
from tightlip.assess.judge import judge
from tightlip.assess.linking import link
from tightlip.model.endpoint import Security
from tightlip.model.finding import Finding
from tightlip.model.host_view import HostView
from tightlip.model.posture import AuthSocket, Offer, Posture
from tightlip.products._product import Instance
from tightlip.products.exim import PRODUCT

CONF = "/etc/exim4/exim4.conf"
SOCKET = AuthSocket(path="/run/dovecot/auth-exim")
PLAIN, STARTTLS = Security.PLAIN, Security.STARTTLS
ASKING = "  driver = dovecot\n  server_socket = /run/dovecot/auth-exim\n"
BLOCKS = f"begin authenticators\na:\n{ASKING}  public_name = NTLM\nb:\n{ASKING}  public_name = PLAIN\n"


def _exim(main: str = "", more: str = "") -> Posture:
    text = f"{main}{BLOCKS}{more}".encode()
    return PRODUCT.posture(read(PRODUCT, Instance(product="exim", config=CONF), {CONF: text}))


def _dovecot(*offers: Offer) -> Posture:
    return posture(backend=offers, backend_at=(SOCKET,))


def _offers(*postures: Posture) -> dict[str, Offer]:
    return {each.name: each for each in link(postures)[0].services[0].offers}


def test_what_dovecot_does_not_have_is_listed_and_never_answered() -> None:
    """Exim 4.96 announced NTLM, and answered AUTH NTLM with 435: PLAIN by the same socket went through."""
    told = _offers(_exim(), _dovecot(offer("PLAIN")))
    assert (told["NTLM"].states, told["NTLM"].only_listed) == ((), (PLAIN, STARTTLS))
    assert (told["PLAIN"].states, told["PLAIN"].proviso) == ((PLAIN, STARTTLS), "")
    found = judge(HostView((), link((_exim(), _dovecot(offer("PLAIN")))), "mail1", None))
    assert not any("ntlm" in each.rule for each in found if isinstance(each, Finding))


def test_what_dovecot_has_it_answers_where_exim_lets_it() -> None:
    """The place is Exim's: its block announces it, and is to go first."""
    told = _offers(_exim("auth_advertise_hosts = ${if def:tls_in_cipher{*}}\n"), _dovecot(naming("NTLM")))
    assert (told["NTLM"].states, told["NTLM"].proviso, told["NTLM"].place.file) == ((STARTTLS,), "", CONF)
    assert told["PLAIN"].states == ()


@pytest.mark.parametrize("others", [(), (replace(_dovecot(offer("PLAIN")), backend_at=()),)])
def test_where_no_dovecot_is_known_to_answer_it_is_on_that_proviso(others: tuple[Posture, ...]) -> None:
    """None was read, or none that listens there."""
    told = _offers(_exim(), *others)
    assert (told["NTLM"].states, told["NTLM"].proviso) == ((PLAIN, STARTTLS), "if the Dovecot that it asks offers it")


def test_another_socket_is_not_taken_for_the_first() -> None:
    """A Dovecot that was found answers at the one that it listens at."""
    more = "c:\n  driver = dovecot\n  server_socket = /run/other\n  public_name = MSN\n"
    told = _offers(_exim(more=more), _dovecot(offer("PLAIN")))
    assert told["MSN"].proviso == "if another Dovecot, which it asks, offers it"


def test_other_provisos_stay() -> None:
    """What Dovecot has, an ACL may refuse all the same."""
    told = _offers(_exim("acl_smtp_auth = ${lookup{x}lsearch{/y}}\n"), _dovecot(naming("NTLM")))
    assert told["NTLM"].proviso == "if acl_smtp_auth lets it"


def test_an_authenticator_of_exims_own_is_left_alone() -> None:
    """Dovecot has no say in it."""
    more = "c:\n  driver = cyrus_sasl\n  public_name = GSS-SPNEGO\n"
    told = _offers(_exim(more=more), _dovecot(offer("PLAIN")))
    assert told["GSS-SPNEGO"].states == (PLAIN, STARTTLS)


def test_where_exim_advertises_nothing_dovecot_s_mechanisms_are_none_of_its() -> None:
    """It announces what its own blocks say, and no more."""
    assert _offers(_exim("auth_advertise_hosts =\n"), _dovecot(naming("NTLM"))) == {}


def test_linking_exim_twice_changes_nothing() -> None:
    """Neither offers nor notes are added again."""
    once = link((_exim(), _dovecot(offer("PLAIN"))))
    assert link(once) == once
