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
        except TimeoutError:
            return b""
