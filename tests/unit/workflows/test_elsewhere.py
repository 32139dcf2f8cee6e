"""Addresses that a name has no more keep what was found there, whichever rule found it, until they are asked again."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.assess.observed import REFUSED, TLS_LISTED, observed
from tests.unit.store.samples import DAY, NOON, batch, run
from tightlip.assess.verdict import assess
from tightlip.model.facts import Fact, Mechanisms, PasswordRefused, Standing
from tightlip.model.finding import Cleared
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Depth
from tightlip.store import Kept, Store, open_store
from tightlip.workflows.elsewhere import cleared_everywhere
from tightlip.workflows.judging import judged

RULE = "cleartext-login-without-tls"
SUBJECT = "pop3://mail.example.org:110"
LISTS_PLAIN = (Mechanisms(("PLAIN",)), REFUSED)
WAITS = (
    Mechanisms(()),
    TLS_LISTED,
    REFUSED,
    PasswordRefused("PLAIN", Standing.TLS_REQUIRED, "-ERR STLS first"),
    PasswordRefused("USER", Standing.TLS_REQUIRED, "-ERR STLS first"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One with a run in it."""
    with open_store(str(tmp_path / "store.db")) as opened:
        opened.begin_run(run(), b"")
        yield opened


def heard(*facts: Fact, at: str, time: datetime) -> Assessed:
    """What a thorough asking of the name at one address taught."""
    seen = replace(observed(*facts, depth=Depth.THOROUGH), address=at, time=time)
    return Assessed(seen, assess(seen))


def keep(store: Store, assessed: Assessed, position: int) -> None:
    """As a scan would, judged by itself."""
    judgement = judged(assessed)
    assert judgement is not None
    kept = Kept(position, assessed.observation, assessed.assessment)
    store.commit(batch(replace(judgement, cleared=()), observations=(kept,)))


def clears(store: Store, assessed: Assessed) -> bool:
    """Whether what was heard now still clears the finding, with all that is known of other addresses."""
    (judgement,) = cleared_everywhere([(assessed, judged(assessed))], store)
    return Cleared(RULE, SUBJECT) in judgement.cleared


def test_passwords_in_clear_at_an_address_that_is_not_asked_stand(store: Store) -> None:
    """Another node that wants TLS says nothing of it; the same one, mended later, does."""
    keep(store, heard(*LISTS_PLAIN, at="192.0.2.7", time=NOON), 0)
    mended = heard(*WAITS, at="192.0.2.8", time=NOON + 2 * DAY)
    assert not clears(store, mended)
    assert clears(store, heard(*WAITS, at="192.0.2.7", time=NOON + 2 * DAY))
    keep(store, heard(*WAITS, at="192.0.2.7", time=NOON + DAY), 1)
    assert clears(store, mended)


def test_what_proves_nothing_takes_nothing_back(store: Store) -> None:
    """A later list without logins, or an asking that was cut off."""
    keep(store, heard(*LISTS_PLAIN, at="192.0.2.7", time=NOON), 0)
    keep(store, heard(Mechanisms(()), REFUSED, at="192.0.2.7", time=NOON + DAY), 1)
    assert not clears(store, heard(*WAITS, at="192.0.2.8", time=NOON + 2 * DAY))
