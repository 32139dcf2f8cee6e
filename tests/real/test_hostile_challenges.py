"""What a hostile helper behind a real Dovecot sends is read as far as it goes, and never breaks a scan."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.real.conftest import Serve
from tests.real.hostile_challenges import HOSTILE, Hostile
from tests.real.scans import Record, endpoints, run_scan, urls
from tests.real.servers.disclosure import DOMAIN_MEMBER
from tests.real.servers.dovecot import Dovecot

# An address of its own: should Dovecot hold a broken exchange against it, no other test is delayed, and what it leaves
# in the log is not counted by test_noise.py.
_SOURCE = ("--source", "127.0.0.63")


@pytest.fixture
def dovecot(serve: Serve) -> Iterator[Dovecot]:
    """A leaky Dovecot, which says the usual again when the test is over."""
    server = serve("dovecot")
    assert isinstance(server, Dovecot)
    yield server
    server.disclose(DOMAIN_MEMBER)


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_challenges_are_read_as_far_as_they_go(dovecot: Dovecot, hostile: Hostile, tmp_path: Path) -> None:
    """Every protocol and state gives the same verdict, fields and oddities for the same bytes."""
    said = scanned(dovecot, {"raw": base64.b64encode(hostile.raw).decode()}, tmp_path)
    told = {(tuple(each["ntlm"]["fields"].items()), oddities(each)) for each in said.values()}
    assert {(each["ending"], each["verdict"], each["reason"]) for each in said.values()} == {
        ("completed", *hostile.says)
    }
    ((fields, odd),) = told
    named = {name: value for name, value in fields if name != "system_time"}
    assert named == hostile.fields
    assert odd == hostile.oddities


def test_a_refusal_after_accepting_is_still_an_offer(dovecot: Dovecot, tmp_path: Path) -> None:
    """Where the helper gives up on our message, the mechanism was accepted all the same."""
    said = scanned(dovecot, {"line": "NA NT_STATUS_ACCESS_DENIED"}, tmp_path)
    assert {(each["verdict"], each["reason"]) for each in said.values()} == {("offers", "refused_after_accepting")}
    assert {each["ntlm"]["accepted"] for each in said.values()} == {True}
    assert all(each["detail"] for each in said.values())


def scanned(dovecot: Dovecot, told: Mapping[str, Any], home: Path) -> Mapping[str, Record]:
    """The observations of all endpoints while the helper says this."""
    dovecot.disclose(told)
    scan = run_scan(home, *urls(dovecot.listeners), *_SOURCE)
    assert sorted(scan.observations) == endpoints(dovecot.listeners)
    return scan.observations


def oddities(observation: Record) -> tuple[str, ...]:
    """The names of what was odd, sorted."""
    return tuple(sorted(oddity["name"] for oddity in observation["ntlm"]["oddities"]))
