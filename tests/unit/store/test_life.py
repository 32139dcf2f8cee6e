"""The life of a finding, event by event, and as the clock goes on."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.unit.store.opened import Clock
from tests.unit.store.samples import (
    DAY,
    NOON,
    RULE,
    batch,
    cleared,
    endpoint,
    finding,
    flagged,
    kept,
    observation,
    run,
)
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.errors import UsageError
from tightlip.model.finding import FindingState
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.store import Kept, KeptFinding, Store

OPEN, FIXED, REGRESSED, ACCEPTED = FindingState
EVERY: frozenset[FindingState] = frozenset()


def only(store: Store) -> KeptFinding:
    """The one finding there is."""
    (found,) = store.findings(EVERY)
    return found


def test_a_flagged_finding_is_open(store: Store) -> None:
    """What was not known is open, first and last seen when it was flagged."""
    assert store.commit(batch(flagged(NOON))) == {finding().id: OPEN}
    found = only(store)
    assert (found.state, found.first_seen, found.last_seen, found.fixed_at) == (OPEN, NOON, NOON, None)
    assert (found.finding, found.host, found.run) == (finding(), "mail.example.org", "run-1")


def test_it_stays_open_while_it_is_flagged(store: Store) -> None:
    """First seen stays, last seen moves."""
    store.commit(batch(flagged(NOON)))
    assert store.commit(batch(flagged(NOON + DAY))) == {finding().id: OPEN}
    assert (only(store).first_seen, only(store).last_seen) == (NOON, NOON + DAY)


def test_a_cleared_finding_is_fixed(store: Store) -> None:
    """With the time of it."""
    store.commit(batch(flagged(NOON)))
    assert store.commit(batch(cleared(NOON + DAY))) == {}
    assert (only(store).state, only(store).last_seen, only(store).fixed_at) == (FIXED, NOON, NOON + DAY)


@pytest.mark.parametrize(
    ("after", "state"), [(timedelta(microseconds=-1), OPEN), (timedelta(), FIXED), (timedelta(microseconds=1), FIXED)]
)
@pytest.mark.parametrize("batches", [1, 2])
def test_a_proof_from_before_it_was_last_seen_closes_nothing(
    store: Store, after: timedelta, state: FindingState, batches: int
) -> None:
    """Of two runs at once the one that began to ask first may commit last; it did not hear what the other heard."""
    seen = (flagged(NOON - DAY), flagged(NOON), cleared(NOON + after))
    for judgements in (seen,) if batches == 1 else (seen[:2], seen[2:]):
        store.commit(batch(*judgements))
    assert (only(store).state, only(store).last_seen) == (state, NOON)
    assert only(store).fixed_at == (NOON + after if state is FIXED else None)


def test_a_proof_is_as_old_as_its_oldest_part(store: Store) -> None:
    """Of a name all addresses clear together: what was heard of one before the finding was last seen is too old."""
    store.commit(batch(flagged(NOON)))
    store.commit(batch(cleared(NOON + DAY), cleared(NOON - DAY)))
    assert only(store).state is OPEN
    store.commit(batch(cleared(NOON + 2 * DAY), cleared(NOON + DAY)))
    assert (only(store).state, only(store).fixed_at) == (FIXED, NOON + 2 * DAY)


def test_clearing_again_does_not_move_the_time_of_the_fix(store: Store) -> None:
    """Fixed is fixed since the first proof."""
    for judgement in (flagged(NOON), cleared(NOON + DAY), cleared(NOON + 2 * DAY)):
        store.commit(batch(judgement))
    assert only(store).fixed_at == NOON + DAY


def test_a_return_is_regressed_and_stays_so(store: Store) -> None:
    """Until it is cleared again."""
    store.commit(batch(flagged(NOON)))
    store.commit(batch(cleared(NOON + DAY)))
    assert store.commit(batch(flagged(NOON + 2 * DAY))) == {finding().id: REGRESSED}
    assert store.commit(batch(flagged(NOON + 3 * DAY))) == {finding().id: REGRESSED}
    store.commit(batch(cleared(NOON + 4 * DAY)))
    assert only(store).state is FIXED


def test_silence_changes_nothing(store: Store) -> None:
    """A judgement that neither flags nor clears leaves the finding as it was."""
    store.commit(batch(flagged(NOON)))
    before = only(store)
    store.commit(batch(flagged(NOON + DAY, rule="another-rule")))
    assert [each for each in store.findings(EVERY) if each.finding.rule == RULE] == [before]


def test_clearing_what_was_never_flagged_makes_nothing(store: Store) -> None:
    """A clean endpoint leaves no finding."""
    store.commit(batch(cleared(NOON)))
    assert list(store.findings(EVERY)) == []


def test_findings_of_different_rules_are_independent(store: Store) -> None:
    """One subject's findings close one by one."""
    store.commit(batch(flagged(NOON), flagged(NOON, rule="ntlm-without-tls")))
    store.commit(batch(cleared(NOON + DAY, rule="ntlm-without-tls")))
    states = {found.finding.rule: found.state for found in store.findings(EVERY)}
    assert states == {RULE: OPEN, "ntlm-without-tls": FIXED}


def test_an_accepted_finding_stays_accepted_when_it_is_flagged(store: Store) -> None:
    """As long as the acceptance holds; a prefix of the id is enough to name it."""
    store.commit(batch(flagged(NOON)))
    accepted = store.accept(finding().id[:6], "migration in June", NOON + 9 * DAY, "A. Admin")
    assert accepted.acceptance is not None
    assert (accepted.state, accepted.acceptance.reason, accepted.acceptance.by, accepted.acceptance.until) == (
        ACCEPTED,
        "migration in June",
        "A. Admin",
        NOON + 9 * DAY,
    )
    assert store.commit(batch(flagged(NOON + DAY))) == {finding().id: ACCEPTED}


def test_an_ended_acceptance_is_open_when_read(store: Store, clock: Clock) -> None:
    """Though nothing was written since; the filter sees it the same way."""
    store.commit(batch(flagged(NOON)))
    store.accept(finding().id, "soon", NOON + DAY, "A. Admin")
    clock.now = NOON + DAY - timedelta(microseconds=1)
    assert [found.state for found in store.findings(frozenset({ACCEPTED}))] == [ACCEPTED]
    assert list(store.findings(frozenset({OPEN}))) == []
    clock.now = NOON + DAY
    assert [found.state for found in store.findings(frozenset({OPEN}))] == [OPEN]
    assert list(store.findings(frozenset({ACCEPTED}))) == []
    assert store.finding(finding().id).state is OPEN


def test_an_ended_acceptance_is_open_when_flagged(store: Store) -> None:
    """And the acceptance is gone for good."""
    store.commit(batch(flagged(NOON)))
    store.accept(finding().id, "soon", NOON + DAY, "A. Admin")
    assert store.commit(batch(flagged(NOON + 2 * DAY))) == {finding().id: OPEN}
    assert only(store).acceptance is None


def test_a_fix_ends_an_acceptance(store: Store) -> None:
    """What comes back within the time once accepted has regressed."""
    store.commit(batch(flagged(NOON)))
    store.accept(finding().id, "soon", NOON + 9 * DAY, "A. Admin")
    store.commit(batch(cleared(NOON + DAY)))
    assert (only(store).state, only(store).acceptance) == (FIXED, None)
    assert store.commit(batch(flagged(NOON + 2 * DAY))) == {finding().id: REGRESSED}


def test_a_fixed_finding_cannot_be_accepted(store: Store) -> None:
    """There is nothing to accept; nothing changes."""
    store.commit(batch(flagged(NOON)))
    store.commit(batch(cleared(NOON + DAY)))
    with pytest.raises(UsageError, match="is fixed"):
        store.accept(finding().id, "late", NOON + 9 * DAY, "A. Admin")
    assert only(store).state is FIXED


def test_an_acceptance_must_end_in_the_future(store: Store) -> None:
    """One that has ended already would change nothing."""
    store.commit(batch(flagged(NOON)))
    with pytest.raises(UsageError, match="is in the past"):
        store.accept(finding().id, "late", NOON, "A. Admin")


def test_one_batch_may_flag_and_clear_the_same(store: Store) -> None:
    """Judgements of a batch befall in their order."""
    states = store.commit(batch(flagged(NOON), cleared(NOON + DAY), flagged(NOON + 2 * DAY)))
    assert states == {finding().id: REGRESSED}
    assert only(store).first_seen == NOON


def test_each_run_keeps_its_own_account(store: Store) -> None:
    """A later run changes neither state nor evidence of an earlier one."""
    store.commit(batch(flagged(NOON, text="old")))
    store.commit(batch(cleared(NOON + DAY)))
    store.begin_run(run("run-2", NOON + 2 * DAY), b"spec")
    store.commit(batch(flagged(NOON + 2 * DAY, text="new"), run_id="run-2"))
    (first,) = store.findings_of("run-1")
    (second,) = store.findings_of("run-2")
    assert (first.state, first.finding) == (OPEN, finding(text="old"))
    assert (second.state, second.finding) == (REGRESSED, finding(text="new"))
    assert only(store).finding == finding(text="new")


def test_a_subject_judged_in_two_batches_keeps_both_findings(store: Store) -> None:
    """The run's account of the endpoint grows."""
    store.commit(batch(flagged(NOON, rule="a")))
    store.commit(batch(flagged(NOON, rule="b"), flagged(NOON, of=endpoint(port=143))))
    assert [found.finding.rule for found in store.findings_of("run-1")] == ["a", "b", RULE]


def test_findings_are_filtered_by_host(store: Store) -> None:
    """By the host they were judged for."""
    other = endpoint("other.example.org")
    store.commit(batch(flagged(NOON), flagged(NOON, of=other)))
    assert [found.finding for found in store.findings(EVERY, "other.example.org")] == [finding(other)]


def test_an_unknown_or_ambiguous_finding_is_a_usage_error(store: Store) -> None:
    """So is an empty name."""
    subjects = [endpoint(port=port) for port in range(1, 40)]
    store.commit(batch(*(flagged(NOON, of=each) for each in subjects)))
    first = sorted(finding(each).id[0] for each in subjects)
    shared = next(digit for digit in first if first.count(digit) > 1)
    with pytest.raises(UsageError, match="several findings begin"):
        store.finding(shared)
    for name in ("", "xyz", "%"):
        with pytest.raises(UsageError, match="no finding"):
            store.finding(name)


def test_findings_that_a_run_left_standing_are_counted(store: Store) -> None:
    """Of endpoints that it asked: open, above info, and not found again by it."""
    other = endpoint("other.example.org")
    store.commit(batch(flagged(NOON), flagged(NOON, rule="ntlm-without-tls"), flagged(NOON, of=other)))
    store.begin_run(run("run-2"), b"")
    store.commit(batch(run_id="run-2", observations=(kept(), kept(1, address="192.0.2.8"))))
    assert store.still_standing("run-2") == 2
    store.commit(batch(flagged(NOON + DAY, rule="ntlm-without-tls"), run_id="run-2"))
    assert store.still_standing("run-2") == 1
    store.commit(batch(cleared(NOON + DAY), run_id="run-2"))
    assert store.still_standing("run-2") == 0


@pytest.mark.parametrize(
    ("asked", "standing"),
    [
        (Endpoint("mail.example.org", 110, "smtp", Security.PLAIN), 1),
        (Endpoint("mail.example.org", 110, "pop3", Security.IMPLICIT), 1),
        (Endpoint("mail.example.org", 110, "unknown", Security.PLAIN), 1),
        (Endpoint("mail.example.org", 110, "pop3", Security.STARTTLS), 0),
        (Endpoint("mail.example.org", 10, "smtp", Security.PLAIN), 0),
        (Endpoint("mail.example.org", 1110, "smtp", Security.PLAIN), 0),
        (Endpoint("mx.mail.example.org", 110, "smtp", Security.PLAIN), 0),
    ],
)
def test_findings_of_another_protocol_at_a_port_stand_too(store: Store, asked: Endpoint, standing: int) -> None:
    """Where that port was asked, and nothing of the service that they are of; another TLS state is another question."""
    store.commit(batch(flagged(NOON)))
    store.begin_run(run("run-2"), b"")
    seen = Kept(0, observation(asked), Assessment(Verdict.CLEAN, Reason.REFUSED))
    store.commit(batch(run_id="run-2", observations=(seen,)))
    assert store.still_standing("run-2") == standing


def test_a_proof_that_began_before_a_leak_had_been_heard_out_closes_nothing(store: Store) -> None:
    """Askings take minutes: of two that overlap, the one that is committed last may have heard the older state."""
    store.commit(batch(replace(flagged(NOON), until=NOON + DAY)))
    store.commit(batch(cleared(NOON + DAY / 2)))
    assert (only(store).state, only(store).last_seen) == (OPEN, NOON + DAY)
    store.commit(batch(cleared(NOON + DAY)))
    assert only(store).state is FIXED
