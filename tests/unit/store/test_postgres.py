"""The same store on PostgreSQL, where its binaries and psycopg are at hand."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.unit.store.opened import Clock
from tests.unit.store.postgres_server import binaries, running_server
from tests.unit.store.processes import start_writer
from tests.unit.store.samples import DAY, NOON, RULE, batch, cleared, endpoint, finding, flagged, kept, run, summary
from tightlip.model.errors import Exit, StoreError
from tightlip.model.finding import FindingState
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.store import Forgotten, Kept, Store, open_store

PROGRAMS = binaries()

pytestmark = [
    pytest.mark.skipif(PROGRAMS is None, reason="no PostgreSQL here: apt-get install postgresql"),
    pytest.mark.skipif(find_spec("psycopg") is None, reason="no psycopg here: pip install 'tightlip[postgres]'"),
]

EVERY: frozenset[FindingState] = frozenset()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server of our own."""
    assert PROGRAMS is not None
    with running_server(PROGRAMS) as started:
        yield started


@pytest.fixture
def store(url: str, clock: Clock) -> Iterator[Store]:
    """Emptied by forgetting everything, which is what forget is for."""
    with open_store(url, clock) as opened:
        opened.begin_run(run(), b"spec")
        yield opened
        if opened.run("last").summary is None:
            opened.end_run(summary(run()))
        opened.forget_before(NOON + 999 * DAY)
        assert opened.runs(9) == []


def test_a_life_on_postgres(store: Store, clock: Clock) -> None:
    """Open, accepted, open again when that has ended, fixed, regressed."""
    assert store.commit(batch(flagged(NOON), flagged(NOON, rule="another"))) == {
        finding().id: FindingState.OPEN,
        finding(rule="another").id: FindingState.OPEN,
    }
    assert store.accept(finding().id[:8], "soon", NOON + DAY, "A. Admin").state is FindingState.ACCEPTED
    assert store.commit(batch(flagged(NOON))) == {finding().id: FindingState.ACCEPTED}
    clock.now = NOON + 2 * DAY
    assert [each.finding.rule for each in store.findings(frozenset({FindingState.OPEN}))] == ["another", RULE]
    store.commit(batch(cleared(NOON + 2 * DAY)))
    assert store.commit(batch(flagged(NOON + 3 * DAY))) == {finding().id: FindingState.REGRESSED}
    assert [each.finding for each in store.findings_of("run-1")] == [finding(rule="another"), finding()]


def test_observations_and_resuming_on_postgres(store: Store) -> None:
    """Pages in order, NUL in peer text, the spool, the point to resume at."""
    said = Assessment(Verdict.CLEAN, Reason.REFUSED, "no\0pe")
    many = tuple(Kept(position, kept().observation, said) for position in range(1_100))
    store.commit(batch(flagged(), observations=many, watermark=1_098))
    shown = [each.assessment.detail for each in store.observations("last")]
    assert shown == ["no\N{REPLACEMENT CHARACTER}pe"] * 1_100
    assert sum(len(entry.findings) for entry in store.entries("run-1")) == 1_100
    store.spool("run-1", (f"h{number}" for number in range(6_000)))
    assert list(store.spooled("run-1")) == [f"h{number}" for number in range(6_000)]
    store.end_run(summary(run(), Exit.INTERRUPTED))
    assert [position for position, _, _ in sorted(store.resume_point("run").done)] == [1_098, 1_099]
    assert store.known_as("192.0.2.7") == store.known_as("Mail.example.org.") == ("mail.example.org",)
    assert store.forget_host("mail.example.org") == Forgotten(observations=1_100, findings=1, named=1)
    assert store.known_as("mail.example.org") == ()


def test_two_processes_write_to_postgres(store: Store, url: str) -> None:
    """Side by side, and partly the same positions."""
    with start_writer(url, 0, 20) as one, start_writer(url, 200, 20) as other:
        errors = [writer.communicate(timeout=60)[1] for writer in (one, other)]
    assert errors == ["", ""]
    assert [each.position for each in store.observations("run-1")] == list(range(600))


def test_a_server_that_is_not_there_is_told() -> None:
    """Without the password that the URL holds."""
    with pytest.raises(StoreError, match="cannot be used") as told:
        open_store("postgresql://me:secret@127.0.0.1:1/mail")
    assert "secret" not in told.value.message + told.value.hint


def test_an_endpoint_of_another_host_stays(store: Store) -> None:
    """Forgetting takes one host only."""
    other = endpoint("other.example.org")
    store.commit(batch(flagged(), flagged(of=other)))
    store.forget_host("mail.example.org")
    assert [each.finding for each in store.findings(EVERY)] == [finding(other)]
