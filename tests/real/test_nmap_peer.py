"""nmap's scripts side by side with tightlip on the same servers: equal where nmap answers, true where it does not."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.real.conftest import Serve, not_run
from tests.real.expected import CHALLENGES
from tests.real.hostile_challenges import HOSTILE
from tests.real.scans import Scan, is_plain, run_scan, urls
from tests.real.servers.catalogue import NAMES
from tests.real.servers.contract import IMPLICIT, Listener, Server, Unavailable
from tests.real.servers.disclosure import DOMAIN_MEMBER
from tests.real.servers.dovecot import Dovecot
from tests.real.servers.nmap import nmap

# Port and what nmap's script said of it; nothing where it said nothing.
Nmap = Mapping[int, Mapping[str, str]]

_FIELDS = {
    "Target_Name": "target_name",
    "NetBIOS_Domain_Name": "netbios_domain_name",
    "NetBIOS_Computer_Name": "netbios_computer_name",
    "DNS_Domain_Name": "dns_domain_name",
    "DNS_Computer_Name": "dns_computer_name",
    "DNS_Tree_Name": "dns_tree_name",
    "Product_Version": "product_version",
}
# nmap has no script for the other protocols.
_SCRIPTS = {"pop3": "pop3", "imap": "imap", "smtp": "smtp", "submission": "smtp"}
_ONLY_OURS = {"product", "system_time"}
# Those that are leaky as they come; the others are reached by a variant.
_SERVERS = [name for name in CHALLENGES if name in NAMES]
_NAMING = [name for name in _SERVERS if CHALLENGES[name].fields]
# Shapes that occur in the field; its scripts are silent about two, and read an OEM name as UTF-16.
_MISSED = ["32-byte-header", "40-byte-header", "truncated-in-a-pair"]


@pytest.fixture(scope="module")
def servers(serve: Serve) -> dict[str, Server]:
    """Every server that answers NTLM, leaky."""
    return {name: serve(name) for name in _SERVERS}


@pytest.fixture(scope="module")
def peer(servers: dict[str, Server]) -> Nmap:
    """nmap's word on every port that it has a script for."""
    return nmap_on([listener for server in servers.values() for listener in server.listeners])


@pytest.fixture(scope="module")
def ours(servers: dict[str, Server], tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """tightlip's word on the same servers, in one scan."""
    targets = [url for server in servers.values() for url in urls(server.listeners)]
    return run_scan(tmp_path_factory.mktemp("home"), *targets)


def test_where_nmap_answers_it_says_what_we_say(peer: Nmap, ours: Scan) -> None:
    """Every field that nmap prints of a port has our value in every state of that port, and it knows none we lack."""
    compared = 0
    for observation in ours.observations.values():
        if theirs := peer.get(observation["port"]):
            fields = {name: value for name, value in observation["ntlm"]["fields"].items() if name not in _ONLY_OURS}
            assert theirs == fields, observation["endpoint"]
            compared += 1
    assert compared > 0


@pytest.mark.parametrize("name", _NAMING)
def test_nmap_was_heard_on_every_naming_server(servers: dict[str, Server], peer: Nmap, name: str) -> None:
    """The comparison is not empty: nmap reads the challenge on every port that begins in clear."""
    ports = [listener.port for listener in asked(servers[name].listeners) if listener.scheme not in IMPLICIT]
    assert [port for port in ports if not peer[port]] == []


def test_nmap_has_no_word_for_exim(servers: dict[str, Server], peer: Nmap, ours: Scan) -> None:
    """Exim's empty challenge breaks nmap's script; we say that NTLM is offered and nothing named."""
    ports = {listener.port for listener in servers["exim"].listeners}
    assert {port: peer[port] for port in ports} == {port: {} for port in ports}
    said = {each["verdict"] for each in ours.observations.values() if each["port"] in ports}
    assert said == {"offers"}


def test_nmap_sees_no_state_before_starttls(serve: Serve, tmp_path: Path) -> None:
    """Where TLS is required nmap upgrades and reports one answer; we tell the clean state from the leaking one."""
    pop3 = next(listener for listener in serve("dovecot", "tls-required").listeners if listener.scheme == "pop3")
    assert nmap_on([pop3])[pop3.port] != {}
    scan = run_scan(tmp_path, pop3.url)
    said = {is_plain(endpoint): told["verdict"] for endpoint, told in scan.observations.items()}
    assert said == {True: "clean", False: "discloses"}


@pytest.mark.parametrize("shape", _MISSED)
def test_nmap_misses_odd_shapes(serve: Serve, tmp_path: Path, shape: str) -> None:
    """A challenge of an older shape, or one that was cut, is silent or garbled with nmap; we read what it names."""
    server = serve("dovecot")
    assert isinstance(server, Dovecot)
    pop3 = next(listener for listener in server.listeners if listener.scheme == "pop3")
    server.disclose({"raw": base64.b64encode(HOSTILE[shape].raw).decode()})
    try:
        theirs = nmap_on([pop3])[pop3.port]
        scan = run_scan(tmp_path, pop3.url)
    finally:
        server.disclose(DOMAIN_MEMBER)
    name = HOSTILE[shape].fields["target_name"]
    assert name not in theirs.values()
    assert [told["ntlm"]["fields"]["target_name"] for told in scan.observations.values()] == [name, name]


def asked(listeners: tuple[Listener, ...]) -> list[Listener]:
    """Those that nmap has a script for."""
    return [listener for listener in listeners if IMPLICIT.get(listener.scheme, listener.scheme) in _SCRIPTS]


def nmap_on(listeners: list[Listener]) -> Nmap:
    """Ask all ports of one protocol in one go, and the protocols side by side."""
    by_script: dict[str, list[int]] = {}
    for listener in listeners:
        if script := _SCRIPTS.get(IMPLICIT.get(listener.scheme, listener.scheme)):
            by_script.setdefault(script, []).append(listener.port)
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(_run, script, ports) for script, ports in by_script.items()]
    try:
        return {port: fields for run in runs for port, fields in run.result().items()}
    except Unavailable as missing:
        not_run("nmap", missing)


def _run(script: str, ports: list[int]) -> Nmap:
    options = ["-Pn", "-n", "-p", ",".join(map(str, ports)), "--script", f"+{script}-ntlm-info", "127.0.0.1"]
    found: dict[int, dict[str, str]] = {port: {} for port in ports}
    port = 0
    for line in nmap(*options).splitlines():
        if begun := re.match(r"(\d+)/tcp ", line):
            port = int(begun[1])
        elif field := re.match(r"\|[_ ] +([A-Za-z_]+): (.*)", line):
            found[port][_FIELDS[field[1]]] = field[2]
    return found
