"""The test login of a change: made before anything is written, demanded where it worked, and never a way to a lock."""

from pathlib import Path

import pytest

from tests.crash.recorded import ENDPOINT, NEW, OLD, Faults, Recorded, order_for, raise_host, site_of, texts
from tightlip.network.login import LoggedIn, NotLoggedIn
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.workflows.changing import apply, rollback
from tightlip.workflows.logins import UNTRIED, try_logins

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


def test_what_did_not_log_in_before_is_left_out_and_named(tmp_path: Path) -> None:
    """Of two endpoints one is demanded afterwards."""
    host, told = raise_host(tmp_path), list[str]()
    host.logins = (ENDPOINT,)
    assert (applied(host, told).state, texts(host)) == (State.KEPT, NEW)
    assert host.demanded == [(ENDPOINT,)]


def test_the_way_back_demands_no_more_than_worked_before(tmp_path: Path) -> None:
    """The proof forwards fails; back, the same endpoints are asked for a login."""
    host = raise_host(tmp_path)
    host.logins = (ENDPOINT,)
    host.faults = Faults(deaf=True)
    assert (applied(host).state, texts(host)) == (State.UNDONE, OLD)
    assert host.demanded == [(ENDPOINT,), (ENDPOINT,)]


def test_a_rollback_goes_on_without_a_login(tmp_path: Path) -> None:
    """It may be what the server needs: what does not log in now is named, and nothing is demanded of it."""
    host, told = raise_host(tmp_path), list[str]()
    kept = applied(host)
    host.logins = ()
    story = rollback(kept.opening.change, site_of(host, told))
    assert (story.state, texts(host)) == (State.KEPT, OLD)
    assert f"left out of the proof: {ENDPOINT}: the test login failed" in told


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

    outcomes = dict(try_logins(everywhere, lambda at: at.partition(":")[0], attempt))
    assert asked == tried
    assert [at for at, outcome in outcomes.items() if outcome is UNTRIED] == [
        at for at in everywhere if at not in tried
    ]
