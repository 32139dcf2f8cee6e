"""Dovecot: what 2.3 takes for the same as today's settings, as `doveconf -n` of 2.3.19 printed it."""

import pytest

from tests.unit.products import cases
from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import NoteKind, Posture, Service
from tightlip.model.remedy import DisableService, WithdrawMechanism
from tightlip.products._product import Files, Instance, Mending
from tightlip.products.dovecot import PRODUCT

MAIN = "/etc/dovecot/dovecot.conf"
INSTANCE = Instance(product="dovecot", config=MAIN)
BASE = "protocols = imap pop3\nssl_cert = </c.pem\n"


def files_of(text: str) -> Files:
    """The files of a configuration in one file."""
    return cases.read(PRODUCT, INSTANCE, {MAIN: text.encode()})


def of(text: str, version: str = "2.3.19") -> Posture:
    """The posture of one file with a version that knows NTLM through winbind alone."""
    files = files_of(text)
    return PRODUCT.posture(Files(instance=INSTANCE, files=files.files, missing=files.missing, version=version))


def first(text: str) -> Service:
    """Its first service."""
    return of(text).services[0]


@pytest.mark.parametrize("yes", ["yes", "YES", "y", "Y", "1"])
def test_yes_has_several_spellings(yes: str) -> None:
    """With `auth_use_winbind = y` NTLM is answered: it is not a list that ends the auth process."""
    service = first(f"{BASE}auth_mechanisms = plain ntlm\nauth_use_winbind = {yes}\n")
    (ntlm,) = [each for each in service.offers if each.name == "NTLM"]
    assert ntlm.states
    assert ntlm.names_host
    listener = f"service imap-login {{\n  inet_listener more {{\n    port = 1993\n    ssl = {yes}\n  }}\n}}\n"
    states = [
        each.states for service in of(BASE + listener).services for each in service.listeners if each.port == 1993
    ]
    assert states == [(Security.IMPLICIT,)]


def test_mechanisms_of_an_auth_section_are_those_of_all() -> None:
    """2.3 adds the prefix itself; the line is the one in the section, and is changed there."""
    text = f"{BASE}auth_use_winbind = yes\nauth default {{\n  mechanisms = plain ntlm\n}}\n"
    (ntlm,) = [each for each in first(text).offers if each.name == "NTLM"]
    assert ntlm.place == Place(MAIN, 5, "auth_mechanisms", "plain ntlm")
    mending = PRODUCT.edit(files_of(text), WithdrawMechanism())
    assert isinstance(mending, Mending)
    changed = cases.mended({MAIN: text.encode()}, mending)[MAIN]
    assert b"  mechanisms = plain\n" in changed


def test_words_of_protocols_have_changed() -> None:
    """`imaps` alone starts imap on its TLS port; managesieve is sieve; the words are taken away as they stand."""
    text = "protocols = imaps pop3 pop3s managesieve\nssl_cert = </c.pem\n"
    found = {each.name: [socket.port for socket in each.listeners] for each in of(text).services}
    assert found == {"pop3": [110, 995], "imap": [993], "sieve": [4190]}
    mending = PRODUCT.edit(files_of(text), DisableService("pop3"))
    assert isinstance(mending, Mending)
    assert cases.mended({MAIN: text.encode()}, mending)[MAIN].startswith(b"protocols = imaps managesieve\n")


def test_certificate_and_switch_of_tls_had_other_names() -> None:
    """ssl_cert_file is the certificate, and ssl_disable says the opposite of ssl."""
    tls = first("protocols = imap\nssl_cert_file = /c.pem\n").tls
    assert (tls.available, tls.certificate) == (True, "/c.pem")
    assert not first(f"{BASE}ssl_disable = yes\n").tls.available
    assert first(f"{BASE}ssl_disable = no\n").tls.available


@pytest.mark.parametrize(
    ("text", "is_doubted"),
    [
        ("listen = *:1143\n", True),
        ("listen = 192.0.2.1, [::1]:1143\n", True),
        ("protocol imap {\n  ssl_listen = *:1993\n}\n", True),
        ("listen = *, ::\n", False),
        ("listen = 192.0.2.1, 2001:db8::1, [::1]\n", False),
    ],
)
def test_a_port_in_the_way_of_dovecot_1_is_doubted(text: str, is_doubted: bool) -> None:
    """Where it listens was not followed; addresses alone are those of today."""
    assert (NoteKind.DOUBT in [note.kind for note in of(BASE + text).notes]) is is_doubted


def test_a_newer_dovecot_has_none_of_it() -> None:
    """2.4 does not know these words: nothing is translated."""
    text = "dovecot_config_version = 2.4.1\nprotocols = imap pop3s\nauth default {\n  mechanisms = plain ntlm\n}\n"
    found = of(text, "2.4.1")
    assert [each.name for each in found.services] == ["imap"]
    assert [each.name for each in found.services[0].offers] == ["PLAIN"]
