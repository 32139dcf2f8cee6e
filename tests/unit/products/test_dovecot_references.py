"""Dovecot: values that stand in another setting or in the environment, and those that it does not start with.

What each comes to was seen with `doveconf -x` of 2.4.1 and 2.3.19.
"""

import pytest

from tests.unit.products import cases
from tightlip.model.endpoint import Security
from tightlip.model.posture import NoteKind, Posture
from tightlip.model.remedy import RequireTls, WithdrawMechanism
from tightlip.products._product import Declined, Instance, Mending
from tightlip.products.dovecot import PRODUCT

MAIN = "/etc/dovecot/dovecot.conf"
INSTANCE = Instance(product="dovecot", config=MAIN)
NEW = b"dovecot_config_version = 2.4.1\nssl_server_cert_file = /c.pem\n"
OLD = b"ssl_cert = </c.pem\n"
SERVED = b"protocols = imap\nauth_use_winbind = yes\n"


def of(main: bytes) -> Posture:
    """The posture of a main file."""
    return PRODUCT.posture(cases.read(PRODUCT, INSTANCE, {MAIN: main}))


def planned(main: bytes) -> Mending | Declined:
    """What withdrawing NTLM comes to."""
    return PRODUCT.edit(cases.read(PRODUCT, INSTANCE, {MAIN: main}), WithdrawMechanism())


def doubts(found: Posture) -> list[tuple[NoteKind, int | None]]:
    """The notes that keep a posture from being certain."""
    return [(note.kind, note.line) for note in found.notes if note.kind in (NoteKind.DOUBT, NoteKind.UNREAD)]


@pytest.mark.parametrize("switch", [b"auth_mechanisms {\n  ntlm = %b\n}\n", b"auth_mechanisms/ntlm = %b\n\n\n"])
def test_a_switch_that_names_another_setting_has_its_value(switch: bytes) -> None:
    """NTLM is on, the line is the cause, and the plan turns it off there."""
    main = NEW + SERVED + switch % b"$SET:auth_use_winbind"
    found = of(main)
    assert [each.name for each in found.services[0].offers] == ["PLAIN", "NTLM"]
    assert found.services[0].offers[1].place.setting == "auth_mechanisms/ntlm"
    assert doubts(found) == []
    mended = planned(main)
    assert isinstance(mended, Mending)
    assert b"ntlm = no" in cases.mended({MAIN: main}, mended)[MAIN]


def test_a_reference_has_the_value_so_far() -> None:
    """What is set behind it does not count, nor does a quoted one name anything."""
    late = of(NEW + b"protocols = imap\nauth_mechanisms/ntlm = $SET:auth_use_winbind\nauth_use_winbind = yes\n")
    assert [each.name for each in late.services[0].offers] == ["PLAIN"]
    assert doubts(late) == []
    quoted = of(NEW + SERVED + b'auth_mechanisms/ntlm = "$SET:auth_use_winbind"\n')
    assert doubts(quoted) == [(NoteKind.DOUBT, 5)]


def test_references_within_lists_and_services() -> None:
    """A list takes the words of a text, a service is switched on by another switch."""
    text = NEW + b"auth_use_winbind = yes\nx = ntlm plain\nauth_mechanisms = login $SET:x\n"
    found = of(text + b"protocols/pop3 = $SET:auth_use_winbind\n")
    assert [each.name for each in found.services] == ["pop3"]
    assert [each.name for each in found.services[0].offers] == ["LOGIN", "NTLM", "PLAIN"]
    assert doubts(found) == []


@pytest.mark.parametrize(
    "line",
    [
        b"auth_mechanisms/ntlm = $ENV:X",
        b"auth_mechanisms/ntlm = $SET:unheard_of",
        b"auth_mechanisms/ntlm = %{env:X}",
        b"auth_mechanisms = plain $ENV:X",
        b"auth_mechanisms = $SET:protocols",
        b"auth_use_winbind = $ENV:X",
        b"auth_allow_cleartext = $ENV:X",
        b"ssl = $ENV:X",
        b"protocols = $ENV:X",
        b"protocols/pop3 = $ENV:X",
        b"ssl_min_protocol = $ENV:X",
    ],
)
def test_a_value_that_cannot_be_told_is_unread(line: bytes) -> None:
    """Its place is told, nothing is taken for a default, and no plan is made that it may overrule."""
    found = of(NEW + SERVED + line + b"\n")
    assert doubts(found) == [(NoteKind.UNREAD, 5)]
    assert any(note.text.startswith("could not tell what ") for note in found.notes)
    offered = planned(NEW + SERVED + b"auth_mechanisms {\n  plain = yes\n  ntlm = yes\n}\n" + line + b"\n")
    assert isinstance(offered, Declined) or line.startswith(b"auth_mechanisms =")


def test_what_is_known_of_a_list_is_kept() -> None:
    """NTLM is there whatever the environment adds."""
    found = of(NEW + SERVED + b"auth_mechanisms = ntlm plain $ENV:X\n")
    assert [each.name for each in found.services[0].offers] == ["NTLM", "PLAIN"]
    assert doubts(found) == [(NoteKind.UNREAD, 5)]


def test_an_ssl_of_the_environment_says_nothing_of_logins_before_tls() -> None:
    """Neither that they are taken nor that TLS is off."""
    found = of(NEW + SERVED + b"auth_mechanisms = ntlm plain\nssl = $ENV:S\n")
    assert found.services[0].offers[0].states == (Security.STARTTLS, Security.IMPLICIT)


def test_a_winbind_of_the_environment_is_not_taken_for_none() -> None:
    """NTLM may well be answered: it is told, and not that the auth process ends."""
    found = of(NEW + b"protocols = imap\nauth_mechanisms = ntlm plain\nauth_use_winbind = $ENV:X\n")
    assert found.services[0].offers[0].states
    assert doubts(found) == [(NoteKind.UNREAD, 5)]


def test_a_listener_of_the_environment_is_unread() -> None:
    """Dovecot's own port is reckoned with."""
    found = of(NEW + SERVED + b"service imap-login {\ninet_listener imap {\nport = $ENV:P\nssl = $ENV:S\n}\n}\n")
    assert [each.port for each in found.services[0].listeners] == [143, 993]
    assert doubts(found) == [(NoteKind.UNREAD, 7), (NoteKind.UNREAD, 8)]


@pytest.mark.parametrize(
    "line",
    [
        b"disable_plaintext_auth = $auth_use_winbind",
        b"ssl = $auth_use_winbind",
        b"disable_plaintext_auth = true",
        b"auth_use_winbind = on",
        b"ssl = Required",
        b"auth_mechanisms = $SET:protocols",
        b"AUTH_MECHANISMS = plain ntlm",
    ],
)
def test_what_2_3_does_not_start_with_is_doubted(line: bytes) -> None:
    """It is an error of the file, with its line."""
    assert (NoteKind.DOUBT, 4) in doubts(of(OLD + SERVED + line + b"\n"))


@pytest.mark.parametrize(
    "line",
    [b"auth_mechanisms/ntlm = true", b"auth_allow_cleartext = 0", b"ssl = YES", b"AUTH_MECHANISMS = ntlm", b"Ssl = no"],
)
def test_what_2_4_does_not_start_with_is_doubted(line: bytes) -> None:
    """The same for the settings of 2.4."""
    assert doubts(of(NEW + SERVED + line + b"\n")) == [(NoteKind.DOUBT, 5)]


def test_2_3_takes_the_environment_into_lists() -> None:
    """`$ENV:` may name any protocol, and any mechanism."""
    assert doubts(of(OLD + b"protocols = pop3 $ENV:P\n")) == [(NoteKind.UNREAD, 2)]


@pytest.mark.parametrize("value", [b"yes", b"Y", b"1", b"NO", b'"no"'])
def test_what_dovecot_takes_for_a_switch_is_no_doubt(value: bytes) -> None:
    """In any letters, quoted or not."""
    assert doubts(of(NEW + SERVED + b"auth_allow_cleartext = " + value + b"\n")) == []
    assert isinstance(PRODUCT.edit(cases.read(PRODUCT, INSTANCE, {MAIN: NEW + SERVED}), RequireTls()), Mending)


def test_references_are_not_put_in_without_end() -> None:
    """Each line doubles the one before."""
    doubling = b"".join(b"x%d = $SET:x%d $SET:x%d\n" % (each + 1, each, each) for each in range(100))
    found = of(NEW + SERVED + b"x0 = plain ntlm\n" + doubling + b"auth_mechanisms = $SET:x100\n")
    assert doubts(found) == [(NoteKind.UNREAD, 106)]
