"""Which fixed findings an upgrade opens: those whose clean runs since all prove nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from tests.unit.store.samples import DAY, NOON, RULE, batch, cleared, endpoint, flagged, kept, run
from tightlip.model.finding import FindingState
from tightlip.model.observation import Observation
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.store import Kept, Store, open_store
from tightlip.store.database import Database, connect
from tightlip.store.place import SqliteFile
from tightlip.store.reopening import reopen_unproven
from tightlip.store.tables import observation

CLEAN = Assessment(Verdict.CLEAN, Reason.REFUSED)
PROOF = "192.0.2.1"


@pytest.fixture
def database(tmp_path: Path, store: Store) -> Iterator[Database]:
    """The file of ``store``, in whose first run a finding was seen at noon."""
    store.commit(batch(flagged(), observations=(kept(),)))
    opened = connect(SqliteFile(tmp_path / "store.db"))
    yield opened
    opened.engine.dispose()


def proves(seen: Observation) -> bool:
    """What was heard at one address is a proof, at every other not."""
    return seen.address == PROOF


def clean(address: str, days: int, assessment: Assessment = CLEAN) -> Kept:
    """An observation some days later."""
    return replace(kept(time=NOON + days * DAY, address=address), assessment=assessment)


def later(store: Store, days: int, *observations: Kept, rule: str = RULE) -> None:
    """A run some days later that clears the finding."""
    name = f"later-{days}"
    store.begin_run(run(name, NOON + days * DAY), b"")
    store.commit(batch(cleared(NOON + days * DAY, rule=rule), run_id=name, observations=observations))


def reopened(database: Database) -> int:
    """What the upgrade would open."""
    with database.writing() as connection:
        return reopen_unproven(connection, proves)


def test_a_fix_without_proof_is_opened(store: Store, database: Database) -> None:
    """It is open, as if it had never been fixed, and regresses only when it is fixed once more."""
    later(store, 1, clean("192.0.2.9", 1))
    assert reopened(database) == 1
    (found,) = store.findings(frozenset({FindingState.OPEN}))
    assert found.fixed_at is None
    assert list(store.commit(batch(flagged(NOON + 2 * DAY))).values()) == [FindingState.OPEN]


def test_a_proof_in_any_run_since_is_enough(store: Store, database: Database) -> None:
    """Whether it was heard before or after the refusal that proves nothing."""
    later(store, 1, clean("192.0.2.9", 1))
    later(store, 2, clean(PROOF, 2))
    later(store, 3, clean("192.0.2.9", 3))
    assert reopened(database) == 0


def test_a_proof_before_it_was_last_seen_is_none(store: Store, database: Database) -> None:
    """It leaked again after that, and was closed by something else."""
    later(store, 1, clean(PROOF, 1))
    store.commit(batch(flagged(NOON + 2 * DAY)))
    later(store, 3, clean("192.0.2.9", 3))
    assert reopened(database) == 1


def test_every_address_of_a_run_has_to_prove_it(store: Store, database: Database) -> None:
    """As every address had to be clean for the finding to be closed."""
    later(store, 1, clean(PROOF, 1), clean("192.0.2.9", 1))
    assert reopened(database) == 1


def test_a_run_that_was_not_clean_everywhere_closed_nothing(store: Store, database: Database) -> None:
    """One proven address beside an inconclusive one leaves the proof to another run."""
    doubt = Assessment(Verdict.INCONCLUSIVE, Reason.TIMED_OUT)
    later(store, 1, clean("192.0.2.9", 1))
    later(store, 2, clean(PROOF, 2), clean("192.0.2.9", 2, doubt))
    assert reopened(database) == 1


def test_what_no_stored_run_closed_stays(store: Store, database: Database) -> None:
    """There is nothing to read: an audit closed it, or its observations were forgotten."""
    later(store, 1)
    assert reopened(database) == 0


def test_a_rule_that_rests_on_something_else_stays(store: Store, database: Database) -> None:
    """A list without PLAIN proves that no password is asked for, whatever was said to NTLM."""
    other = "cleartext-login-without-tls"
    store.commit(batch(flagged(rule=other)))
    later(store, 1, clean("192.0.2.9", 1), rule=other)
    assert reopened(database) == 0
    assert [each.finding.rule for each in store.findings(frozenset({FindingState.FIXED}))] == [other]


def test_an_observation_that_cannot_be_read_proves_nothing(store: Store, database: Database) -> None:
    """The upgrade goes on: one damaged row does not make the store useless."""
    later(store, 1, clean(PROOF, 1))
    with database.writing() as connection:
        where = (observation.c.endpoint == str(endpoint()), observation.c.address == PROOF)
        connection.execute(update(observation).where(*where).values(body=b"\xc1"))
    assert reopened(database) == 1


def test_a_new_store_has_nothing_to_open(tmp_path: Path) -> None:
    """Nor has one that this version made."""
    for _ in range(2):
        with open_store(str(tmp_path / "new.db")) as opened:
            assert opened.reopened == 0
