"""The life of findings, on a real Dovecot that is mended and broken again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.real.conftest import Serve
from tests.real.expected import STATES
from tests.real.scans import Record, endpoints, is_plain, records_of, run_kept_scan, run_tightlip, urls
from tests.real.servers.contract import FIXED, LEAKY

_ALL_STATES = [word for state in ("open", "fixed", "regressed", "accepted") for word in ("--state", state)]


def test_findings_are_opened_fixed_and_come_back(serve: Serve, tmp_path: Path) -> None:
    """A scan that proves the mended server clean closes every finding; the same ids regress when it leaks again."""
    targets = urls(serve("dovecot").listeners)
    wanted = found_in_leaky(endpoints(serve("dovecot").listeners))

    assert run_kept_scan(tmp_path, *targets).exit == 1
    first = kept(tmp_path)
    assert sorted((each["endpoint"], each["rule"]) for each in first.values()) == wanted
    assert states(first) == {"open": len(wanted)}

    serve("dovecot", FIXED)
    assert run_kept_scan(tmp_path, *targets).exit == 0
    second = kept(tmp_path)
    assert second.keys() == first.keys()
    assert states(second) == {"fixed": len(wanted)}

    serve("dovecot", LEAKY)
    assert run_kept_scan(tmp_path, *targets).exit == 1
    third = kept(tmp_path)
    assert third.keys() == first.keys()
    assert states(third) == {"regressed": len(wanted)}


def test_what_was_not_proven_changes_nothing(serve: Serve, tmp_path: Path) -> None:
    """TLS required is no fix: below TLS all findings stay open, and in clear too, since a client is only sent on."""
    targets = urls(serve("dovecot").listeners)
    run_kept_scan(tmp_path, *targets)
    serve("dovecot", "tls-required")
    assert run_kept_scan(tmp_path, *targets).exit == 1
    left = {(is_plain(each["endpoint"]), each["state"]) for each in kept(tmp_path).values()}
    assert left == {(True, "open"), (False, "open")}


def found_in_leaky(places: list[str]) -> list[tuple[str, str]]:
    """Endpoint and rule of every finding that the leaky Dovecot deserves."""
    bare, secured = STATES["dovecot-leaky"]
    return sorted((place, rule) for place in places for rule in (bare if is_plain(place) else secured).findings)


def kept(home: Path) -> dict[str, Record]:
    """Every finding the store knows, by id."""
    done = run_tightlip(home, "findings", *_ALL_STATES, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    records = records_of(done.stdout)
    found = {record["id"]: record for record in records}
    assert len(found) == len(records)
    return found


def states(found: dict[str, Record]) -> Counter[str]:
    """How many findings are in which state."""
    return Counter(each["state"] for each in found.values())
