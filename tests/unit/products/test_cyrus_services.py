"""Lines of cyrus.conf: the arguments of what they start, as the services of Cyrus IMAP read them."""

import pytest

from tests.unit.products.cases import read
from tightlip.model.endpoint import Security
from tightlip.model.posture import Service
from tightlip.products._product import Instance
from tightlip.products.cyrus import PRODUCT

IMAPD, CYRUS, OWN = "/etc/imapd.conf", "/etc/cyrus.conf", "/etc/own.conf"
MAIN = b"sasl_mech_list: PLAIN\nallowplaintext: yes\n"
NTLM = b"sasl_mech_list: NTLM\nallowplaintext: yes\n"


def _service(command: str, main: bytes = MAIN) -> Service:
    services = f'SERVICES {{\n  one cmd="{command}" listen="1143"\n}}\n'.encode()
    files = {IMAPD: main, CYRUS: services, OWN: NTLM}
    return PRODUCT.posture(read(PRODUCT, Instance(product="cyrus", config=IMAPD), files)).services[0]


@pytest.mark.parametrize(
    "words",
    ["-C /etc/own.conf", "-C /etc/imapd.conf -T 60 -C /etc/own.conf", "-sC /etc/own.conf", "-p 2 junk -C /etc/own.conf"],
)
def test_the_last_file_that_a_service_is_given_counts(words: str) -> None:
    """Each was seen on 3.6.1, which reads its arguments by glibc's getopt: also behind a word that is none."""
    assert [each.name for each in _service(f"imapd {words}").offers] == ["NTLM"]


@pytest.mark.parametrize("words", ["-U 30 -T 60", "-p 2 -- -C /etc/own.conf", "-C"])
def test_a_service_without_a_file_of_its_own_has_the_usual_one(words: str) -> None:
    """Nothing behind two dashes is an option."""
    assert [each.name for each in _service(f"imapd {words}").offers] == ["PLAIN"]


@pytest.mark.parametrize(
    ("words", "states"),
    [("-C /etc/own.conf -s", (Security.IMPLICIT,)), ("-sC /etc/own.conf", (Security.PLAIN,))],
)
def test_a_switch_that_shares_its_word_is_lost(words: str, states: tuple[Security, ...]) -> None:
    """Seen on 3.6.1: with -sC it reads the file, and greets in clear."""
    (listener,) = _service(f"imapd {words}").listeners
    assert listener.states == states
