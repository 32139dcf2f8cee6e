"""What goes in comes out: runs, observations, pages of them, and what each endpoint was found to do."""

import pytest

from tests.unit.store.samples import (
    DAY,
    NOON,
    batch,
    endpoint,
    finding,
    flagged,
    kept,
    observation,
    run,
    summary,
)
from tightlip.model.errors import StoreError, UsageError
from tightlip.model.finding import FindingState
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.store import Kept, KeptEntry, KeptRun, NullStore, Store


def test_an_observation_comes_back_whole(store: Store) -> None:
    """Bytes, times, oddities and peer text with NUL and escapes included."""
    store.commit(batch(observations=(kept(3),)))
    assert list(store.observations("run-1")) == [kept(3)]


def test_peer_text_with_nul_is_kept_readable(store: Store) -> None:
    """The column shows a replacement; PostgreSQL could not hold the NUL."""
    said = Kept(0, observation(endpoint()), Assessment(Verdict.CLEAN, Reason.REFUSED, "no\0pe"))
    store.commit(batch(observations=(said,)))
    (back,) = store.observations("run-1")
    assert back.assessment.detail == "no\N{REPLACEMENT CHARACTER}pe"


def test_observations_come_in_order_over_many_pages(store: Store) -> None:
    """By position, however they were committed, each once."""
    many = [kept(position, endpoint(f"h{position % 7}.example")) for position in range(1_203)]
    for start in (800, 0, 400, 1_200):
        store.commit(batch(observations=tuple(many[start : start + 400])))
    assert list(store.observations("run-1")) == many


def test_one_position_holds_several_endpoints_and_addresses(store: Store) -> None:
    """And an unresolved name, which has no address."""
    several = [
        kept(5, endpoint(port=110), address=None),
        kept(5, endpoint(port=110), address="192.0.2.7"),
        kept(5, endpoint(port=110), address="192.0.2.8"),
        kept(5, endpoint(port=143)),
    ]
    store.commit(batch(observations=tuple(reversed(several))))
    assert list(store.observations("run-1")) == several


def test_what_is_asked_again_replaces_what_was_kept(store: Store) -> None:
    """A resumed run may ask what was in flight: the union holds it once."""
    store.commit(batch(observations=(kept(1, time=NOON),)))
    store.commit(batch(observations=(kept(1, time=NOON + DAY),)))
    assert list(store.observations("run-1")) == [kept(1, time=NOON + DAY)]


def test_entries_join_the_findings_of_their_endpoint(store: Store) -> None:
    """With the state of that run; an endpoint without findings has none."""
    pop, imap = endpoint(port=110), endpoint(port=143)
    store.commit(batch(flagged(of=pop), observations=(kept(0, pop), kept(0, imap))))
    assert list(store.entries("run-1")) == [
        KeptEntry(kept(0, pop), ((finding(pop), FindingState.OPEN),)),
        KeptEntry(kept(0, imap), ()),
    ]


def test_a_failed_commit_leaves_nothing(store: Store) -> None:
    """Neither observations nor findings nor the watermark."""
    naive = flagged(NOON.replace(tzinfo=None))
    with pytest.raises(TypeError):
        store.commit(batch(flagged(), naive, observations=(kept(),), watermark=7))
    assert list(store.observations("run-1")) == []
    assert list(store.findings(frozenset())) == []
    assert store.resume_point("run-1").watermark == 0


def test_a_batch_for_an_unknown_run_is_refused(store: Store) -> None:
    """It may have been forgotten meanwhile."""
    with pytest.raises(StoreError, match="no run run-9"):
        store.commit(batch(run_id="run-9"))


def test_runs_are_listed_youngest_first(store: Store) -> None:
    """With their summary once they have ended, and the number of their observations."""
    store.commit(batch(observations=(kept(0), kept(1))))
    store.end_run(summary(run()))
    store.begin_run(run("run-2", NOON + DAY), b"")
    ended = summary(run())
    assert store.runs(9) == [KeptRun(run("run-2", NOON + DAY), None, 0, "0.1"), KeptRun(ended.run, ended, 2, "0.1")]
    assert [each.run.id for each in store.runs(1)] == ["run-2"]


def test_a_run_is_found_by_id_beginning_or_last(store: Store) -> None:
    """An exact id wins over those it begins."""
    for id_, started in (("run-12", NOON - DAY), ("x_1", NOON - 2 * DAY)):
        store.begin_run(run(id_, started), b"")
    assert [store.run(name).run.id for name in ("run-1", "run-12", "x", "last")] == ["run-1", "run-12", "x_1", "run-1"]


@pytest.mark.parametrize(
    ("name", "complaint"), [("run", "several runs"), ("nope", "no run"), ("", "no run"), ("_", "no run")]
)
def test_an_unknown_or_ambiguous_run_is_a_usage_error(store: Store, name: str, complaint: str) -> None:
    """Wildcards of SQL are ordinary letters."""
    store.begin_run(run("run-2"), b"")
    with pytest.raises(UsageError, match=complaint):
        store.run(name)


def test_the_store_that_keeps_nothing_lets_work_go_on() -> None:
    """Everything flagged is open; spooled lines pass through; no run is known."""
    store: Store = NullStore()
    with store:
        store.begin_run(run(), b"")
        store.spool("run-1", iter(["a", "b"]))
        assert list(store.spooled("run-1")) == ["a", "b"]
        # A finding of which no state is told is open.
        assert store.commit(batch(flagged(), observations=(kept(),))) == {}
        store.end_run(summary(run()))
        assert (store.runs(5), list(store.findings(frozenset())), store.last_unfinished_run()) == ([], [], None)
        with pytest.raises(UsageError, match="nothing is kept"):
            store.observations("last")
