"""Forgetting: what goes, what stays, and that no byte of it is left in the files."""

from pathlib import Path

import pytest

from tests.unit.store.samples import DAY, NOON, batch, cleared, endpoint, finding, flagged, kept, run, summary
from tightlip.model.errors import UsageError
from tightlip.model.run import NotAsked, Run, Unasked
from tightlip.store import Forgotten, Store, open_store

DOOMED = endpoint("doomed.example.net")
OTHER = endpoint("other.example.org")


def test_a_forgotten_host_leaves_no_byte(tmp_path: Path) -> None:
    """Neither in the database nor in a log beside it: name, address, and what runs were told to ask."""
    path = tmp_path / "store.db"
    asked = Run(id="run-1", version="0", started=NOON, targets=("pop3://Doomed.example.net:110", "other"), seed="s")
    unasked = NotAsked("imap://doomed.example.net", Unasked.OUT_OF_SCOPE)
    with open_store(str(path)) as store:
        store.begin_run(asked, b"targets: doomed.example.net")
        store.spool("run-1", ["doomed.example.net", "other.example.org"])
        both = (kept(0, DOOMED, address="203.0.113.77"), kept(1, OTHER))
        store.commit(batch(flagged(of=DOOMED), flagged(of=OTHER), observations=both))
        ended = summary(asked)
        store.end_run(type(ended)(asked, 1, 1, {}, {}, ended.exit, "why", (unasked,)))
        assert store.forget_host("DOOMED.example.net.") == Forgotten(observations=1, findings=1, named=1)
        left = b"".join(each.read_bytes() for each in tmp_path.iterdir()).lower()
        assert (b"doomed" in left, b"203.0.113.77" in left, b"other.example.org" in left) == (False, False, True)
        assert [each.observation.endpoint for each in store.observations("run-1")] == [OTHER]
        assert [each.finding for each in store.findings(frozenset())] == [finding(OTHER)]


def test_an_address_takes_the_host_that_was_found_there(store: Store) -> None:
    """Its observations at that address, and its findings, whose evidence may come from there."""
    store.commit(batch(flagged(of=DOOMED), observations=(kept(0, DOOMED, address="2001:db8::1"), kept(1, DOOMED))))
    assert store.forget_host("2001:DB8:0::1") == Forgotten(observations=1, findings=1, beside=(DOOMED.host,))
    assert [each.position for each in store.observations("run-1")] == [1]


def test_a_run_whose_targets_named_the_host_cannot_be_resumed(store: Store) -> None:
    """Its spool and specification would have kept the name."""
    store.spool("run-1", ["doomed.example.net"])
    assert store.forget_host("doomed.example.net") == Forgotten(unresumable=1)
    with pytest.raises(UsageError):
        store.resume_point("run-1")


def test_a_run_that_named_others_can_still_be_resumed(store: Store) -> None:
    """It keeps what it needs."""
    store.spool("run-1", ["other.example.org"])
    assert store.forget_host("doomed.example.net") == Forgotten()
    assert (store.resume_point("run-1").spec, list(store.spooled("run-1"))) == (b"spec", ["other.example.org"])


def test_before_a_date_goes_what_lies_wholly_before(store: Store) -> None:
    """Runs with their observations, and findings that nobody has seen or mended since."""
    store.commit(batch(flagged(NOON, of=DOOMED), flagged(NOON, of=OTHER), observations=(kept(0), kept(1))))
    store.end_run(summary(run()))
    store.begin_run(run("run-2", NOON + 5 * DAY), b"spec")
    store.commit(batch(flagged(NOON + 5 * DAY, of=OTHER), run_id="run-2", observations=(kept(0, time=NOON + 5 * DAY),)))
    assert store.forget_before(NOON + DAY) == Forgotten(observations=2, findings=1, runs=1)
    assert [each.run.id for each in store.runs(9)] == ["run-2"]
    (left,) = store.findings(frozenset())
    assert (left.finding, left.first_seen) == (finding(OTHER), NOON)


def test_a_fix_since_keeps_the_finding(store: Store) -> None:
    """And the run it was last seen in, without its observations."""
    store.commit(batch(flagged(NOON), observations=(kept(0),)))
    store.end_run(summary(run()))
    store.begin_run(run("run-2", NOON + 5 * DAY), b"spec")
    store.commit(batch(cleared(NOON + 5 * DAY), run_id="run-2"))
    assert store.forget_before(NOON + DAY) == Forgotten(observations=1)
    (left,) = store.findings(frozenset())
    assert (left.finding, left.fixed_at) == (finding(), NOON + 5 * DAY)


def test_what_was_forgotten_can_be_found_again(store: Store) -> None:
    """As if it had never been known."""
    store.commit(batch(flagged(NOON)))
    store.forget_host("mail.example.org")
    store.commit(batch(flagged(NOON + DAY)))
    assert [each.first_seen for each in store.findings(frozenset())] == [NOON + DAY]
