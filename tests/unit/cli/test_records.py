"""What commands write for machines keeps the published schemas."""

import json

import pytest

from tests.unit.cli.calling import Heard, call
from tests.unit.reports.schemas import faults
from tightlip.lab.servers import open_lab
from tightlip.lab.shelf import chosen_talks


@pytest.fixture
def scanned() -> Heard:
    """A scan with findings, and its progress."""
    with open_lab(chosen_talks(["pop3/exchange2010-leaks-before-and-after-stls"])) as lab:
        targets = [str(each.endpoint) for each in lab.served]
        return call("scan", *targets, "--format", "jsonl", "--status", "json")


def test_progress_is_a_record(scanned: Heard) -> None:
    """Each line of --status json."""
    lines = [json.loads(line) for line in scanned.err.splitlines() if line.startswith("{")]
    assert {line["record"] for line in lines} == {"status"}
    assert faults(lines) == []


def test_a_kept_finding_is_the_scans_own_record(scanned: Heard) -> None:
    """The same keys and values, and beside them its life."""
    told = {each["id"]: each for each in scanned.records if each["record"] == "finding"}
    kept = call("findings", "--format", "jsonl").records
    assert faults(kept) == []
    assert {each["id"]: {key: each[key] for key in told[each["id"]]} for each in kept} == told
    life = {"first_seen", "last_seen", "fixed_at", "run", "acceptance"}
    assert {frozenset(each.keys() - told[each["id"]].keys()) for each in kept} == {frozenset(life)}


def test_an_accepted_finding_says_on_whose_word(scanned: Heard) -> None:
    """It keeps the schema too."""
    first = next(each["id"] for each in scanned.records if each["record"] == "finding")
    call("accept", first, "--reason", "old printers", "--until", "2999-12-31", "--by", "A. Admin")
    kept = call("findings", "--state", "accepted", "--format", "jsonl").records
    assert [(each["id"], each["acceptance"]["by"]) for each in kept] == [(first, "A. Admin")]
    assert faults(kept) == []


def test_a_listener_is_a_record() -> None:
    """Whoever owns it, and on ports that no protocol has."""
    with open_lab(chosen_talks(["pop3/dovecot-refuses-ntlm-after-the-fix"])) as lab:
        ports = {each.endpoint.port for each in lab.served}
        records = call("listen", "--format", "jsonl", *(w for port in ports for w in ("--port", str(port)))).records
    assert ports <= {each["port"] for each in records}
    assert faults(records) == []
