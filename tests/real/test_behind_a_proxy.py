"""Listeners that greet only who comes through their proxy: to everybody else they say nothing, which is not clean."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.real.conftest import Serve
from tests.real.scans import run_scan, urls
from tests.real.servers.contract import IMPLICIT, Listener

_SOURCE = "127.0.0.3"
# Dovecot gives a client 3 seconds for its PROXY header, Postfix 5.
_MUTE_SECONDS = 2.0
_PATIENCE = 20.0
_DOUBTS = 4
_BEHIND_A_PROXY = ["dovecot", "postfix-cyrus-sasl"]


@pytest.mark.parametrize("name", _BEHIND_A_PROXY)
def test_only_the_proxy_is_greeted(serve: Serve, name: str) -> None:
    """A client that says nothing hears nothing; after a PROXY header it is greeted at once."""
    for listener in serve(name, "proxied").listeners:
        assert _heard(listener, b"", _MUTE_SECONDS) == b""
        if listener.scheme not in IMPLICIT:
            header = f"PROXY TCP4 127.0.0.4 {listener.host} 40000 {listener.port}\r\n"
            assert _heard(listener, header.encode(), _PATIENCE).startswith((b"+OK", b"* OK", b"220", b'"'))


def test_dovecot_greets_no_proxy_that_it_does_not_trust(serve: Serve) -> None:
    """Whoever is in none of its networks is disconnected, header or not; listeners without `haproxy` greet as ever."""
    for listener in serve("dovecot", "proxied-elsewhere").listeners:
        if listener.scheme not in IMPLICIT:
            header = f"PROXY TCP4 127.0.0.4 {listener.host} 40000 {listener.port}\r\n".encode()
            is_behind = listener.scheme == "imap"
            assert bool(_heard(listener, b"", _PATIENCE)) is not is_behind
            assert not is_behind or _heard(listener, header, _PATIENCE) == b""


def test_exim_greets_who_is_no_proxy_of_its(serve: Serve) -> None:
    """Its proxies alone have to send the header."""
    for variant, header in (("proxied", True), ("proxied-elsewhere", False)):
        listener = next(each for each in serve("exim", variant).listeners if each.scheme == "smtp")
        sent = f"PROXY TCP4 127.0.0.4 {listener.host} 40000 {listener.port}\r\n".encode() if header else b""
        assert _heard(listener, sent, _PATIENCE).startswith(b"220 ")


@pytest.mark.parametrize("name", _BEHIND_A_PROXY)
def test_nothing_is_certain_of_it(serve: Serve, tmp_path: Path, name: str) -> None:
    """Every state of such a server is inconclusive, and the scan ends with doubts: the leak is behind the proxy."""
    scan = run_scan(tmp_path, *urls(serve(name, "proxied").listeners))
    assert {told["verdict"] for told in scan.observations.values()} == {"inconclusive"}
    assert (scan.exit, any(scan.findings.values())) == (_DOUBTS, False)


def _heard(listener: Listener, said: bytes, seconds: float) -> bytes:
    """What the listener says first, within so many seconds, to a client that says this or nothing."""
    with socket.create_connection((listener.host, listener.port), _PATIENCE, (_SOURCE, 0)) as connection:
        connection.sendall(said)
        connection.settimeout(seconds)
        try:
            return connection.recv(4096)
        except (TimeoutError, ConnectionResetError):
            return b""
