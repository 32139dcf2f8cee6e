"""A bare host and port, whatever its number: the protocol is known from the greeting, TLS from the silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real.conftest import Serve
from tests.real.expected import STATES
from tests.real.scans import Scan, endpoints, is_plain, run_scan
from tests.real.servers.contract import LEAKY, Server

_SERVERS = ["dovecot", "cyrus", "postfix-cyrus-sasl", "exim", "courier"]
# Longer than the slowest of them takes to refuse (Courier, 5 s), and as short as that allows: a port that wants TLS
# first is silent for all of this time.
_PATIENCE = ("--connect-timeout", "1", "--read-timeout", "8")


@pytest.fixture(scope="module")
def servers(serve: Serve) -> list[Server]:
    """Servers of every protocol, all leaky."""
    return [serve(name) for name in _SERVERS]


@pytest.fixture(scope="module")
def scan(servers: list[Server], tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """One scan of all their ports, named by nothing but number."""
    targets = [f"{listener.host}:{listener.port}" for server in servers for listener in server.listeners]
    return run_scan(tmp_path_factory.mktemp("home"), *targets, *_PATIENCE)


def test_every_port_is_recognised(servers: list[Server], scan: Scan) -> None:
    """Each port comes out as its own protocol, with plain and STARTTLS or with implicit TLS, once."""
    assert sorted(scan.observations) == sorted(found for server in servers for found in endpoints(server.listeners))


def test_recognised_ports_are_judged_like_named_ones(servers: list[Server], scan: Scan) -> None:
    """The verdict does not depend on whether the protocol was named or recognised."""
    wanted = {}
    for server in servers:
        bare, secured = STATES[f"{server.name}-{LEAKY}"]
        for endpoint in endpoints(server.listeners):
            wanted[endpoint] = (bare if is_plain(endpoint) else secured).says
    assert {endpoint: (told["verdict"], told["reason"]) for endpoint, told in scan.observations.items()} == wanted


def test_a_port_of_another_service_is_told_apart(servers: list[Server], tmp_path: Path) -> None:
    """Asked for a protocol that it does not speak, a port gives no verdict on NTLM, and its words as the detail."""
    pop3 = servers[0].listeners[0]
    assert pop3.scheme == "pop3"
    scan = run_scan(tmp_path, f"imap+plain://{pop3.host}:{pop3.port}")
    (said,) = scan.observations.values()
    assert (said["verdict"], said["reason"], said["detail"]) == (
        "inconclusive",
        "other_protocol",
        "+OK Dovecot (Debian) ready.",
    )
    assert scan.exit == 4
