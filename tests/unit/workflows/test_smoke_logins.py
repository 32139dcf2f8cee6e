"""The test login of a change: made before anything is written, demanded where it worked, and never a way to a lock."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.crash.recorded import ENDPOINT, NEW, OLD, Faults, Recorded, changes_of, order_for, raise_host, site_of, texts
from tightlip.config.changes import Shelf
from tightlip.hosts.local import local_host
from tightlip.model.endpoint import read_endpoint
from tightlip.model.errors import Exit, TightlipError
from tightlip.model.remedy import LimitAccounts
from tightlip.network.credentials import Credentials
from tightlip.network.login import LoggedIn, NotLoggedIn
from tightlip.remediate._instructions import Instruction, Prove
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.remediate.plan import Expectation
from tightlip.workflows import proving
from tightlip.workflows.change.driving import Perform, story_of
from tightlip.workflows.change.live import LiveGround
from tightlip.workflows.change.steps import carry_out
from tightlip.workflows.change.work import Trouble, Work
from tightlip.workflows.changing import apply, recover, rollback
from tightlip.workflows.logins import UNTRIED, Attempts, try_logins

OK = LoggedIn()
NO = NotLoggedIn("535 no", was_refused=True)
LATER = NotLoggedIn("451 later")


def applied(host: Recorded, told: list[str] | None = None) -> Story:
    """What came of the plan."""
    story = apply(order_for(host), site_of(host, told))
    assert isinstance(story, Story)
    return story


def test_an_account_that_logs_in_nowhere_begins_no_change(tmp_path: Path) -> None:
    """It would prove nothing afterwards, on either way: nothing is written, and nothing gets stuck."""
    host = raise_host(tmp_path)
    host.logins = ()
    story = applied(host)
    assert (story.state, texts(host)) == (State.REFUSED, OLD)
    assert story.records[-2].detail == f"the test login proves nothing: {ENDPOINT}: the test login failed"


def test_no_password_is_sent_while_the_server_is_down(tmp_path: Path) -> None:
    """Anybody may listen at a port above 1,023 then: the change is refused for the silence, before any login."""
    host = raise_host(tmp_path)
    host.logins = (ENDPOINT,)
    host.remember({})
    story = applied(host)
    assert (story.state, host.tried) == (State.REFUSED, 0)
    assert "does not answer now" in (story.records[-2].detail or "")


def test_what_did_not_log_in_before_is_left_out_and_named(tmp_path: Path) -> None:
    """Of two endpoints one is demanded afterwards."""
    host, told = raise_host(tmp_path), list[str]()
    host.logins = (ENDPOINT,)
    assert (applied(host, told).state, texts(host)) == (State.KEPT, NEW)
    assert host.demanded == [(ENDPOINT,)]


@pytest.mark.parametrize(
    ("denials", "state", "said"),
    [
        ([], State.KEPT, "that accounts are kept out: give one with --smoke-denied-user"),
        ([LoggedIn(), NotLoggedIn("535 no", was_refused=True)], State.KEPT, None),
        ([LoggedIn(), LoggedIn()], State.UNDONE, f"{ENDPOINT}: the account that is to be kept out logs in"),
        ([LoggedIn(), LATER], State.KEPT, f"that accounts are kept out: {ENDPOINT}: 451 later"),
        ([NotLoggedIn("535 no", was_refused=True)], State.REFUSED, "its refusal would prove nothing"),
    ],
)
def test_who_is_kept_out_is_proved_by_a_login_that_must_fail(
    tmp_path: Path, denials: list[LoggedIn | NotLoggedIn], state: State, said: str | None
) -> None:
    """It logs in before the change, and is refused after it; without such an account that stays unproved."""
    host = raise_host(tmp_path)
    order = order_for(host)
    limiting = LimitAccounts(accounts=("anna",), protocol=read_endpoint(ENDPOINT).protocol)
    host.denials = list(denials)
    story = apply(replace(order, plan=replace(order.plan, remedies=(limiting,))), site_of(host))
    assert isinstance(story, Story)
    assert (story.state, host.denials) == (state, [])
    told = story.unproved if state is State.KEPT else " ".join(each.detail or "" for each in story.records)
    assert (said or "") in (told or "")
    assert (told is None) is (said is None)


def test_the_way_back_demands_no_more_than_worked_before(tmp_path: Path) -> None:
    """The proof forwards fails; back, the same endpoints are asked for a login."""
    host = raise_host(tmp_path)
    host.logins = (ENDPOINT,)
    host.faults = Faults(deaf=True)
    assert (applied(host).state, texts(host)) == (State.UNDONE, OLD)
    assert host.demanded == [(ENDPOINT,), (ENDPOINT,)]


def test_a_rollback_by_an_account_that_logs_in_nowhere_is_refused(tmp_path: Path) -> None:
    """Before anything is written, and it says how to go on: a mistyped password must leave nothing stuck."""
    host, told = raise_host(tmp_path), list[str]()
    kept = applied(host)
    host.logins = ()
    story = rollback(kept.opening.change, site_of(host, told))
    assert (story.state, texts(host)) == (State.REFUSED, NEW)
    assert (story.why or "").endswith("Without --smoke-user the endpoints alone decide")
    assert [line for line in told if ENDPOINT in line] == []
    host.logins = None
    assert rollback(kept.opening.change, site_of(host)).state is State.KEPT


def test_a_change_that_waits_is_not_taken_back_by_an_account_that_logs_in_nowhere(tmp_path: Path) -> None:
    """Refused with exit code 6: it goes on waiting, and can be taken back without the account."""
    host = raise_host(tmp_path)
    host.logins = (ENDPOINT,)
    apply(order_for(host, timedelta(minutes=10)), site_of(host))
    (change,) = changes_of(host)
    host.logins = ()
    with pytest.raises(TightlipError, match="the test login proves nothing now") as caught:
        rollback(change.id, site_of(host))
    assert (caught.value.exit_code, texts(host)) == (Exit.REFUSED, NEW)
    assert story_of(change).state is State.CONFIRMING
    host.logins = None
    assert (rollback(change.id, site_of(host)).state, texts(host)) == (State.UNDONE, OLD)


def test_a_change_that_was_cut_off_is_not_judged_by_an_account_that_logs_in_nowhere(tmp_path: Path) -> None:
    """It may be the password that is wrong: the change stays where it is until one of the two ways on is taken."""
    host = raise_host(tmp_path)
    host.logins = (ENDPOINT,)
    with suppress(SystemExit):
        apply(order_for(host), replace(site_of(host), perform=dying_at(Prove)))
    (change,) = changes_of(host)
    host.logins = ()
    with pytest.raises(TightlipError, match="the test login proves nothing now"):
        recover(site_of(host))
    assert (story_of(change).state, texts(host), host.demanded) == (State.PROVING, NEW, [])
    host.logins = (ENDPOINT,)
    ((_, story),) = recover(site_of(host))
    assert (story.state, host.demanded) == (State.KEPT, [(ENDPOINT,)])


def dying_at(deadly: type[Instruction]) -> Perform:
    """Carries out what comes before an instruction, and then ends as a crash does."""

    def perform(instruction: Instruction, work: Work, story: Story) -> Trouble | None:
        if isinstance(instruction, deadly):
            raise SystemExit
        return carry_out(instruction, work, story)

    return perform


def test_refusals_are_remembered_from_one_proof_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way back tries no password again that was refused twice on the way forwards, and tells so once."""
    asked: list[object] = []

    def refused(endpoint: object, *_told: object) -> NotLoggedIn:
        asked.append(endpoint)
        return NO

    monkeypatch.setattr(proving, "log_in", refused)
    ground = LiveGround(local_host(), Shelf(tmp_path / "changes"), Credentials("bob", "wrong"))
    everywhere = ("pop3s://127.0.0.1:995", "imaps://127.0.0.1:993", "smtps://127.0.0.1:465", "smtps://127.0.0.1:466")
    expected = tuple(Expectation(endpoint=each, kept=("PLAIN",)) for each in everywhere)
    first, second = ground.try_login(expected), ground.try_login(expected)
    assert (first, second) != (None, None)
    assert len(asked) == 2
    assert [len(each.failed) for each in (first, second) if each] == [3, 1]


def test_a_password_that_was_changed_meanwhile_is_refused_twice_a_round() -> None:
    """It had worked before the change; the proof and the way back each find out anew, at two services at most."""
    everywhere, attempts = ["pop3:110", "pop3:995", "imap:143", "imap:993", "smtp:587"], Attempts()
    rounds = list[list[str]]()
    for outcome in (OK, NO, NO):
        asked = list[str]()

        def attempt(
            at: str, asked: list[str] = asked, outcome: LoggedIn | NotLoggedIn = outcome
        ) -> LoggedIn | NotLoggedIn:
            asked.append(at)
            return outcome

        list(try_logins(everywhere, lambda at: at.partition(":")[0], attempt, attempts))
        rounds.append(asked)
    assert rounds == [everywhere, ["pop3:110", "imap:143"], ["pop3:110", "imap:143"]]


@pytest.mark.parametrize(
    ("answers", "tried"),
    [
        ([NO, NO], ["pop3:110", "imap:143"]),
        ([NO, OK, NO, OK, OK], ["pop3:110", "imap:143", "pop3:995", "imap:993", "smtp:587"]),
        ([LATER, NO, NO], ["pop3:110", "pop3:995", "imap:143"]),
        ([LATER, LATER, LATER, LATER, LATER], ["pop3:110", "pop3:995", "imap:143", "imap:993", "smtp:587"]),
        ([OK, NO, NO, NO, NO], ["pop3:110", "pop3:995", "imap:143", "imap:993", "smtp:587"]),
    ],
)
def test_an_account_is_refused_twice_at_most_before_it_has_worked(
    answers: list[LoggedIn | NotLoggedIn], tried: list[str]
) -> None:
    """At two services; a "later" is no refusal, and once the account has worked each other port is tried once."""
    everywhere = ["pop3:110", "pop3:995", "imap:143", "imap:993", "smtp:587"]
    asked: list[str] = []

    def attempt(at: str) -> LoggedIn | NotLoggedIn:
        asked.append(at)
        return answers[len(asked) - 1]

    outcomes = dict(try_logins(everywhere, lambda at: at.partition(":")[0], attempt, Attempts()))
    assert asked == tried
    assert [at for at, outcome in outcomes.items() if outcome is UNTRIED] == [
        at for at in everywhere if at not in tried
    ]
