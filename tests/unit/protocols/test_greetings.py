"""Who greets how: of real greetings each is recognised by exactly one protocol."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tightlip.registry import gather
from tightlip.talk.protocol import Protocol

GREETINGS = {
    "pop3": [
        b"+OK Dovecot (Debian) ready.",
        b"+OK The Microsoft Exchange POP3 service is ready. [RgBBAEIA]",
        b"+OK Hello there. <26384.1714564800@mx1.corp.example>",
        b"+OK",
        b"-ERR [SYS/TEMP] too many connections",
    ],
    "imap": [
        b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=NTLM] Dovecot (Debian) ready.",
        b"* OK The Microsoft Exchange IMAP4 service is ready.",
        b"* ok ready",
        b"* PREAUTH IMAP4rev1 server logged in as anna",
        b"* BYE Too many connections",
    ],
    "smtp": [
        b"220 pf01.lab.test ESMTP Postfix (Debian/GNU)",
        b"220 ex01.lab.test ESMTP Exim 4.96 Mon, 23 Nov 2026 23:16:58 +0000",
        b"220 mail03.contoso.example Microsoft ESMTP MAIL Service, Version: 6.0.3790.4675 ready",
        b"220 popsrv01.lab.test Dovecot (Debian) ready.",
        b"220-mx1.corp.example ESMTP",
        b"220 ***************",
        b"220 lmtp-gateway.corp.example ESMTP Sendmail",
        b"220 ftp.corp.example ESMTP",
        b"220 LMTP-GATEWAY ESMTP ready",
        b"421 4.7.0 mx1.corp.example Error: too many connections",
        b"554 mx1.corp.example no SMTP service here",
        b"521 mx1.corp.example does not accept mail",
        b"550 access denied",
    ],
    "lmtp": [
        b"220 cyr01.lab.test Cyrus LMTP 3.6.1 server ready",
        b"220 mx1.corp.example LMTP",
        b"421 4.3.2 LMTP service not available",
    ],
    "nntp": [
        b"200 news.corp.example InterNetNews NNRP server INN 2.6.4 ready (posting ok)",
        b"200 NNTP Service 6.0.3790.3959 Version: 6.0.3790.3959 Posting Allowed",
        b"201 news.corp.example ready, no posting",
        b"400 news.corp.example too many users",
        b"502 You have no permission to talk. Goodbye.",
    ],
    "managesieve": [
        b'"IMPLEMENTATION" "Dovecot Pigeonhole"',
        b'"IMPLEMENTATION" {20}',
        b'"SASL" "PLAIN LOGIN"',
        b'"VERSION" "1.0"',
        b'OK "ready"',
        b"OK",
        b'NO "not now"',
        b'BYE (TRYLATER) "too many connections"',
    ],
}
STRANGERS = [
    b"",
    b"220 (vsFTPd 3.0.3)",
    b"220 ProFTPD Server (Debian) [192.0.2.1]",
    b"220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------",
    b"220 Microsoft FTP Service",
    b"SSH-2.0-OpenSSH_9.2p1",
    b"HTTP/1.1 400 Bad Request",
    b"OK MPD 0.23.5",
    b"* HELLO",
    b"2200 nothing",
    b"RFB 003.008",
    b"J\x00\x00\x00\n8.0.36\x00",
]
TABLE = [(line, name) for name, lines in GREETINGS.items() for line in lines]
PROTOCOLS = gather("protocols", Protocol)


def greeted(line: bytes) -> list[str]:
    """The protocols that take ``line`` for a greeting of theirs."""
    return [name for name, protocol in PROTOCOLS.items() if protocol.greets(line)]


@pytest.mark.parametrize(("line", "name"), TABLE, ids=[repr(line[:40]) for line, _ in TABLE])
def test_a_greeting_belongs_to_one_protocol(line: bytes, name: str) -> None:
    """Exactly the protocol it comes from recognises it."""
    assert greeted(line) == [name]


@pytest.mark.parametrize("line", STRANGERS, ids=repr)
def test_strangers_belong_to_none(line: bytes) -> None:
    """Other services' first lines are nobody's greeting."""
    assert greeted(line) == []


@given(line=st.sampled_from([line for line, _ in TABLE]), tail=st.binary(max_size=20))
def test_no_greeting_is_claimed_twice(line: bytes, tail: bytes) -> None:
    """Whatever follows a greeting, at most one protocol claims it."""
    assert len(greeted(line + b" " + tail.replace(b"\n", b""))) <= 1


def test_every_protocol_is_in_the_table() -> None:
    """A new plug brings its greetings."""
    assert set(GREETINGS) == set(PROTOCOLS)
