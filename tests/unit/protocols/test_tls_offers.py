"""Whether a list offers to upgrade: noted of every server in clear, and within TLS of those that should not."""

import pytest

from tests.unit.protocols.holding import asking, hold
from tightlip.model.endpoint import Security
from tightlip.model.facts import TlsOffer

PLAIN, STARTTLS, IMPLICIT = Security.PLAIN, Security.STARTTLS, Security.IMPLICIT
# What each server says up to its list: with an offer, and without.
LISTS = {
    "pop3": ([b"+OK hi\r\n", b"+OK\r\nSTLS\r\n.\r\n"], [b"+OK hi\r\n", b"+OK\r\nUSER\r\n.\r\n"]),
    "imap": (
        [b"* OK hi\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n"],
        [b"* OK hi\r\n", b"* CAPABILITY IMAP4rev1\r\na1 OK\r\n"],
    ),
    "smtp": ([b"220 hi\r\n", b"250-mx\r\n250 STARTTLS\r\n"], [b"220 hi\r\n", b"250-mx\r\n250 SIZE\r\n"]),
    "lmtp": ([b"220 hi\r\n", b"250-mx\r\n250 STARTTLS\r\n"], [b"220 hi\r\n", b"250-mx\r\n250 SIZE\r\n"]),
    "nntp": (
        [b"200 hi\r\n", b"101 list\r\nVERSION 2\r\nREADER\r\nSTARTTLS\r\n.\r\n"],
        [b"200 hi\r\n", b"101 list\r\nVERSION 2\r\nREADER\r\n.\r\n"],
    ),
    "managesieve": ([b'"STARTTLS"\r\nOK\r\n'], [b'"SIEVE" "fileinto"\r\nOK\r\n']),
}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_in_clear_both_are_noted(name: str) -> None:
    """So that "TLS first" can be held against it."""
    for answers, listed in zip(LISTS[name], (True, False), strict=True):
        assert hold(name, asking(PLAIN), answers).of(TlsOffer) == [TlsOffer(listed)]


@pytest.mark.parametrize("name", sorted(LISTS))
def test_within_tls_an_offer_is_noted(name: str) -> None:
    """Another program ends TLS there, and the server behind it takes us for a client in clear."""
    for answers, noted in zip(LISTS[name], ([TlsOffer(True)], []), strict=True):
        assert hold(name, asking(IMPLICIT), answers).of(TlsOffer) == noted
