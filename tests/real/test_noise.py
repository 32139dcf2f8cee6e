"""What a scan of mended servers at default settings costs its address: fail2ban's shipped filters read their logs.

What they count is named in docs/scanning.md, with the way around; this test counts the same lines.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.real.conftest import Serve, not_run
from tests.real.scans import run_polite_scan, urls
from tests.real.servers.contract import FIXED, Server, Unavailable
from tests.real.servers.fail2ban import counted

_SCANNER, _INTRUDER = "127.0.0.60", "127.0.0.61"
# The same server again is scanned from another address: the lines of the first are still in its log.
_AGAIN = "127.0.0.62"
# Before this many failures nobody is banned (`maxretry` of the shipped jail.conf).
_BANNED = 5
_PATIENCE = 20.0
# A log that has not grown for so long is complete.
_QUIET = 1.5


@dataclass(frozen=True, kw_only=True)
class Case:
    """A server, its log, the filters by which Debian's jails read it, and a pattern for each line that they count."""

    server: str
    log: str
    filters: Sequence[str]
    counts: Sequence[str] = ()
    variant: str = FIXED
    scanner: str = _SCANNER

    def __str__(self) -> str:
        return f"{self.server}:{self.variant}"


# Without TLS every AUTH is a failed login to Dovecot 2.3, whatever the mechanism; submission alone says nothing.
_CLEAR = [rf"{name}-login: .*\(auth failed, 1 attempts .*method=NTLM" for name in ("pop3", "imap", "managesieve")]
_DOVECOT = Case(server="dovecot", log="dovecot.log", filters=["dovecot"], counts=_CLEAR)
# The filter does not know the words of Dovecot 2.4.
_DOVECOT_24 = Case(server="dovecot-2.4", log="dovecot.log", filters=["dovecot"])
_CYRUS = Case(server="cyrus", log="syslog", filters=["cyrus-imap", "sieve"])
_POSTFIX = Case(server="postfix-cyrus-sasl", log="maillog", filters=["postfix[mode=more]", "postfix[mode=auth]"])
_POSTFIX_AND_DOVECOT = replace(_POSTFIX, server="postfix-dovecot-sasl")
# Without TLS Exim offers no AUTH, and by Debian's log_selector it says who asked all the same: on two ports.
_EXIM = Case(
    server="exim",
    log="spool/exim-mainlog",
    filters=["exim", "exim-spam"],
    counts=[r'"AUTH NTLM".* AUTH command used when not advertised'] * 2,
)
_COURIER = Case(server="courier", log="output", filters=["courier-auth"])
_CASES = [
    _DOVECOT,
    # Kerberos takes our question for a failed login; what Dovecot writes down is how the last attempt ended.
    replace(_DOVECOT, variant="kerberos", scanner=_AGAIN),
    _DOVECOT_24,
    _CYRUS,
    _POSTFIX,
    replace(_POSTFIX, variant="kerberos", scanner=_AGAIN),
    _POSTFIX_AND_DOVECOT,
    _EXIM,
]


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_a_scan_leaves_little_in_the_logs(serve: Serve, tmp_path: Path, case: Case) -> None:
    """Every state is clean, and the filters count what is documented, too little for a ban, and nothing else."""
    server = serve(case.server, case.variant)
    scan = run_polite_scan(tmp_path, *urls(server.listeners), "--source", case.scanner)
    assert {told["verdict"] for told in scan.observations.values()} == {"clean"}
    found = _counted(case, server, case.scanner)
    assert len(found) == len(case.counts) < _BANNED
    assert _unexplained(found, case.counts) == []


def test_courier_counts_whatever_it_refuses(serve: Serve, tmp_path: Path) -> None:
    """Every state is clean within the default time-outs, and leaves failed logins enough to be banned for."""
    server = serve(_COURIER.server, _COURIER.variant)
    scan = run_polite_scan(tmp_path, *urls(server.listeners), "--source", _COURIER.scanner)
    assert {told["verdict"] for told in scan.observations.values()} == {"clean"}
    found = _counted(_COURIER, server, _COURIER.scanner)
    assert len(found) >= len(scan.observations) > _BANNED
    assert [line for line in found if "LOGIN FAILED, method=" not in line] == []


@pytest.mark.parametrize(
    ("case", "scheme", "user"),
    [
        (_DOVECOT, "pop3s", "bob"),
        (_CYRUS, "imaps", "bob"),
        (_POSTFIX, "smtps", "bob@pf01.lab.test"),
        (_POSTFIX_AND_DOVECOT, "smtps", "bob"),
        (_EXIM, "smtps", "bob"),
    ],
    ids=str,
)
def test_the_filters_would_count_a_failed_login(serve: Serve, case: Case, scheme: str, user: str) -> None:
    """A wrong password on the same server is counted, so that the test above can tell."""
    server = serve(case.server, case.variant)
    _fail_to_log_in(server, scheme, user)
    assert _counted(case, server, _INTRUDER)


def _counted(case: Case, server: Server, client: str) -> list[str]:
    log = server.folder / case.log
    _wait_until_quiet(log)
    try:
        return [line for name in case.filters for line in counted(name, log, client)]
    except Unavailable as missing:
        not_run("fail2ban's filters", missing)


def _unexplained(lines: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """The lines that are left when each pattern has explained one."""
    left = list(lines)
    for pattern in patterns:
        explained = next((line for line in left if re.search(pattern, line)), None)
        if explained is not None:
            left.remove(explained)
    return left


def _wait_until_quiet(log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    size = -1
    while (grown := log.stat().st_size) != size and time.monotonic() < deadline:
        size = grown
        time.sleep(_QUIET)


def _fail_to_log_in(server: Server, scheme: str, user: str) -> None:
    """Give a wrong password over TLS, and wait for the answer."""
    initial = base64.b64encode(f"\0{user}\0wrong".encode())
    lines = {
        "pop3s": [b"AUTH PLAIN " + initial],
        "imaps": [b"a LOGIN bob wrong"],
        "smtps": [b"EHLO intruder.lab.test", b"AUTH PLAIN " + initial],
    }[scheme]
    port = next(listener.port for listener in server.listeners if listener.scheme == scheme)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), _PATIENCE, (_INTRUDER, 0)) as bare,
        context.wrap_socket(bare) as secured,
    ):
        secured.recv(4096)
        for line in lines:
            secured.sendall(line + b"\r\n")
            secured.recv(4096)
