"""How a scan looks from the servers' side: it cancels, says goodbye, is not punished, and minds its own address."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import time
from pathlib import Path

import pytest

from tests.real.conftest import Serve
from tests.real.scans import run_scan, urls
from tests.real.servers.contract import FIXED, LEAKY, Server
from tests.real.servers.namespace import wait_until

_GUEST = "127.0.0.50"
_PATIENCE = 20.0
# Dovecot makes an address wait 4 s after one failed login and 15 s after three.
_NOT_DELAYED = 2.0

# Server, log, the line of a conversation that was ended properly, and how many of them a scan leaves: one for each
# state of each port. Exim's challenge names nothing, so that the other paths are asked by as well.
_GOODBYES = [
    (
        "dovecot",
        "dovecot.log",
        r"Disconnected: Aborted login by logging out \(client didn't finish SASL auth, .* method=NTLM, rip={guest},",
        11,
    ),
    ("dovecot-2.4", "dovecot.log", r"Logged out .*\(auth_aborted_by_client\): user=<>, method=NTLM, rip={guest},", 11),
    ("postfix-cyrus-sasl", "maillog", r"disconnect from unknown\[{guest}\] .* auth=0/1 quit=1 ", 5),
    ("postfix-dovecot-sasl", "maillog", r"disconnect from unknown\[{guest}\] .* auth=0/1 quit=1 ", 5),
    ("exim", "spool/exim-mainlog", r"SMTP connection from .*\[{guest}\]:\d+ closed by QUIT", 5),
    ("courier", "output", r"LOGOUT, ip=\[::ffff:{guest}\]", 6),
]
# What servers write of a client that goes without a word, or breaks their grammar.
_RUDE = re.compile(
    r"Connection (reset|closed)|[Ll]ost connection|unexpected(ly)? disconnect|improper command|"
    r"non-SMTP|syntax|Too many|auth failed|[Ii]nactivity|[Tt]imeout|timed out"
)


@pytest.mark.parametrize(("name", "log", "goodbye", "count"), _GOODBYES, ids=[case[0] for case in _GOODBYES])
def test_every_conversation_is_ended_properly(
    serve: Serve, tmp_path: Path, name: str, log: str, goodbye: str, count: int
) -> None:
    """The server's log shows, for each state, the cancelled exchange and the goodbye, and nothing rude."""
    server = serve(name)
    place = server.folder / log
    before = place.stat().st_size if place.exists() else 0
    pattern = re.compile(goodbye.replace("{guest}", re.escape(_GUEST)))

    def lines() -> list[str]:
        return place.read_bytes()[before:].decode("utf-8", "replace").splitlines()

    run_scan(tmp_path, *urls(server.listeners), "--source", _GUEST)
    wait_until(lambda: sum(bool(pattern.search(line)) for line in lines()) >= count, _PATIENCE, lambda: str(lines()))
    mine = [line for line in lines() if _GUEST in line]
    assert sum(bool(pattern.search(line)) for line in mine) == count
    assert [line for line in mine if _RUDE.search(line)] == []


@pytest.mark.parametrize("variant", [LEAKY, FIXED])
def test_a_scan_costs_its_address_no_penalty(serve: Serve, tmp_path: Path, variant: str) -> None:
    """After two scans, answered or refused, Dovecot lets a user of the same address in without delay."""
    server = serve("dovecot", variant)
    for _ in range(2):
        run_scan(tmp_path, *urls(server.listeners), "--source", _GUEST)
    began = time.monotonic()
    assert log_in(server, _GUEST) == b"+OK Logged in.\r\n"
    assert time.monotonic() - began < _NOT_DELAYED


def test_a_failed_login_would_have_cost(serve: Serve) -> None:
    """The penalty is there: a wrong password delays the same address, so that the test above can tell."""
    server = serve("dovecot")
    elsewhere = "127.0.0.51"
    assert log_in(server, elsewhere, password="wrong").startswith(b"-ERR")
    began = time.monotonic()
    assert log_in(server, elsewhere) == b"+OK Logged in.\r\n"
    assert time.monotonic() - began > _NOT_DELAYED


def test_an_own_address_is_dialled_from_another(serve: Serve, tmp_path: Path) -> None:
    """Dovecot counts a client of its own address as secured; asked from another one it says what strangers hear."""
    target = f"pop3+plain://127.0.0.1:{pop3_port(serve('dovecot', 'tls-required'))}"
    (stranger,) = run_scan(tmp_path, target).observations.values()
    assert (stranger["source_address"], stranger["verdict"], stranger["reason"]) == (
        "127.0.0.2",
        "clean",
        "tls_required",
    )
    assert stranger["ntlm"]["oddities"] == []


def test_the_same_address_is_said(serve: Serve, tmp_path: Path) -> None:
    """Dialled from its own address on demand, the answer is the insiders', and the observation says why."""
    target = f"pop3+plain://127.0.0.1:{pop3_port(serve('dovecot', 'tls-required'))}"
    (insider,) = run_scan(tmp_path, target, "--source", "127.0.0.1").observations.values()
    assert (insider["source_address"], insider["verdict"]) == ("127.0.0.1", "discloses")
    assert [oddity["name"] for oddity in insider["ntlm"]["oddities"]] == ["same_address"]


def pop3_port(server: Server) -> int:
    """The port where POP3 begins in clear."""
    return next(listener.port for listener in server.listeners if listener.scheme == "pop3")


def log_in(server: Server, source: str, password: str = "bobpw") -> bytes:
    """Log in for real, over POP3S, and hand back what the server says to it."""
    port = next(listener.port for listener in server.listeners if listener.scheme == "pop3s")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), _PATIENCE, (source, 0)) as bare,
        context.wrap_socket(bare) as secured,
    ):
        secured.recv(4096)
        secured.sendall(b"AUTH PLAIN " + base64.b64encode(f"\0bob\0{password}".encode()) + b"\r\n")
        answer = secured.recv(4096)
        secured.sendall(b"QUIT\r\n")
        return answer
