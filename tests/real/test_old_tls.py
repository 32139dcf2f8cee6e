"""A Postfix that speaks no TLS above 1.0, with a small key and an expired certificate, is read and reported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.real.conftest import Serve
from tests.real.scans import Scan, endpoints, is_plain, run_scan, urls
from tests.real.servers.certificate import OLD_NAME
from tests.real.servers.contract import Server

_NAME = "postfix-cyrus-sasl"
_TLS = {"version": "TLSv1", "subject_names": [OLD_NAME], "self_signed": True, "name_matches": None}
_OLD = {"tls-obsolete": "medium", "certificate-expired": "medium"}


@pytest.fixture(scope="module")
def server(serve: Serve) -> Server:
    """The old server, leaky besides."""
    return serve(_NAME, "old-tls")


@pytest.fixture(scope="module")
def scan(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """All of its endpoints, by address."""
    return run_scan(tmp_path_factory.mktemp("home"), *urls(server.listeners))


def test_old_tls_does_not_stop_the_reading(server: Server, scan: Scan) -> None:
    """Behind TLS 1.0 the challenge is read as it is in clear."""
    assert sorted(scan.observations) == endpoints(server.listeners)
    said = {(each["verdict"], each["ntlm"]["fields"]["target_name"]) for each in scan.observations.values()}
    assert said == {("discloses", "PF01.LAB.TEST")}


def test_old_tls_is_told(server: Server, scan: Scan) -> None:
    """The version, the common name (there is no other), and that nobody promised the address."""
    said = {
        endpoint: told["tls"] and {name: told["tls"][name] for name in _TLS}
        for endpoint, told in scan.observations.items()
    }
    assert said == {endpoint: None if is_plain(endpoint) else _TLS for endpoint in endpoints(server.listeners)}


def test_the_expiry_is_told(server: Server, scan: Scan) -> None:
    """The certificate ended yesterday, and is read all the same."""
    for endpoint in endpoints(server.listeners):
        if not is_plain(endpoint):
            ended = datetime.fromisoformat(scan.observations[endpoint]["tls"]["not_after"])
            assert timedelta(hours=23) < datetime.now(UTC) - ended < timedelta(hours=25)


def test_old_tls_is_found(server: Server, scan: Scan) -> None:
    """Each state with TLS has a finding for its version and one for its certificate; the plain state has neither."""
    found = {
        endpoint: {rule: severity for rule, severity in rules.items() if rule in _OLD}
        for endpoint, rules in scan.findings.items()
    }
    assert found == {endpoint: {} if is_plain(endpoint) else _OLD for endpoint in endpoints(server.listeners)}


def test_a_name_that_the_certificate_lacks_is_told(server: Server, tmp_path: Path) -> None:
    """Asked for by a name, the certificate of another one does not match."""
    smtps = next(listener for listener in server.listeners if listener.scheme == "smtps")
    # The name may have an IPv6 address as well, where nobody listens.
    records = run_scan(tmp_path, f"smtps://localhost:{smtps.port}").records
    (told,) = [each for each in records if each.get("address") == "127.0.0.1"]
    assert (told["endpoint"], told["tls"]["name_matches"]) == (f"smtps://localhost:{smtps.port}", False)
