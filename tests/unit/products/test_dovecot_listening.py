"""Dovecot's login services that nobody reaches, or that have TLS for some clients alone; seen on 2.3.19."""

import pytest

from tests.unit.products import cases
from tightlip.model.endpoint import Security
from tightlip.model.posture import NoteKind, Posture
from tightlip.products._product import Instance
from tightlip.products.dovecot import PRODUCT
from tightlip.rules import last_tls_path_missing, no_usable_mechanism_left

MAIN = "/etc/dovecot/dovecot.conf"
INSTANCE = Instance(product="dovecot", config=MAIN)
CERTIFICATE = "ssl_cert = </c.pem\n"


def of(text: str) -> Posture:
    """What a main file means."""
    return PRODUCT.posture(cases.read(PRODUCT, INSTANCE, {MAIN: text.encode()}))


def test_a_service_whose_ports_are_all_closed_is_none() -> None:
    """Nobody logs in there, so that no mechanism is wanting."""
    closed = "".join(f"  inet_listener {name} {{\n    port = 0\n  }}\n" for name in ("pop3", "pop3s"))
    found = of(f"protocols = pop3 imap\n{CERTIFICATE}service pop3-login {{\n{closed}}}\n")
    assert [each.name for each in found.services] == ["imap"]
    assert not list(no_usable_mechanism_left.written(found))
    (left, _) = of(f"protocols = pop3 imap\nservice pop3-login {{\n{closed.replace('0', '1110', 1)}}}\n").services
    assert [each.port for each in left.listeners] == [1110]


@pytest.mark.parametrize("block", ["local 192.0.2.1", "remote 192.0.2.0/24", "protocol imap {\n local 192.0.2.1"])
def test_tls_whose_certificate_stands_in_blocks_of_addresses_is_a_doubt(block: str) -> None:
    """It comes up for those; for whom else it does not is not told."""
    ends = "}\n" * block.count("{")
    found = of(f"protocols = imap\nssl = required\n{block} {{\n{CERTIFICATE}}}\n{ends}")
    assert not list(last_tls_path_missing.written(found))
    (service,) = found.services
    assert {state for each in service.listeners for state in each.states} == set(Security)
    assert [note.kind for note in found.notes if note.kind is NoteKind.DOUBT and "ssl_cert" in note.text]


@pytest.mark.parametrize("block", ["local_name mail.example.org", "protocol pop3"])
def test_a_certificate_for_a_name_alone_brings_no_tls_up(block: str) -> None:
    """No handshake succeeds, not even with that name."""
    found = of(f"protocols = imap\nssl = required\n{block} {{\n{CERTIFICATE}}}\n")
    assert [each.setting for each in last_tls_path_missing.written(found)] == ["ssl_cert"]
