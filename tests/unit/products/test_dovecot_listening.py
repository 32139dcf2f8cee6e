"""Dovecot's login services that nobody reaches: each of their ports is 0."""

from tests.unit.products import cases
from tightlip.model.posture import Posture
from tightlip.products._product import Instance
from tightlip.products.dovecot import PRODUCT
from tightlip.rules import no_usable_mechanism_left

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
