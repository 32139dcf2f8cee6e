"""A plan is tried beside the running service before anything of it is written; what shows nothing stops nothing."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.crash.practice_product import RELOAD
from tests.crash.recorded import (
    ENDPOINT,
    NEW,
    OLD,
    Faults,
    Recorded,
    changes_of,
    instance,
    order_for,
    raise_host,
    site_of,
    texts,
)
from tightlip.cli._changes import exit_of, told
from tightlip.config.changes import JOURNAL
from tightlip.model.errors import Exit, TightlipError
from tightlip.remediate._instructions import Check, Instruction, TryOut
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.remediate.plan import Unmet
from tightlip.workflows.change.ground import Dies, Differs, Lives, OutOfReach, TrialOrder, TrialOutcome, Untried
from tightlip.workflows.change.steps import carry_out
from tightlip.workflows.change.work import Trouble, Work
from tightlip.workflows.changing import apply, check, recover, rollback

SAID = (
    "10:00 smtpd[7]: connect",
    "10:00 smtpd[7]: fatal: no mechanism in 'hunter2'",
    "10:01 smtpd[8]: fatal: no mechanism in 'hunter2'",
)
DEADLY = Dies(at={ENDPOINT: "the connection was closed"}, said=SAID)
DIFFERENT = Differs(at={ENDPOINT: "the connection was closed"}, said=SAID)
UNTRIED = Untried("its master.cf was not read whole")
WORDS = "Practice was not tried beforehand with the planned files: its master.cf was not read whole"


@pytest.fixture
def host(tmp_path: Path) -> Recorded:
    """A host whose server offers NTLM."""
    return raise_host(tmp_path)


def test_a_plan_of_which_the_service_would_die_is_refused_before_any_write(host: Recorded) -> None:
    """No file, no command, no reload; the endpoint is named, and the product's reason is told once."""
    host.trial = DEADLY
    lines: list[str] = []
    story = apply(order_for(host), site_of(host, lines))
    assert isinstance(story, Story)
    assert (exit_of(story), texts(host), host.calls) == (Exit.REFUSED, OLD, [])
    assert f"{ENDPOINT}: the connection was closed" in told(story)
    assert [each for each in lines if "hunter2" in each] == ["  10:01 smtpd[8]: fatal: no mechanism in 'hunter2'"]


def test_what_the_product_said_is_not_journalled(host: Recorded) -> None:
    """It may quote a password."""
    host.trial = DEADLY
    apply(order_for(host), site_of(host))
    (change,) = changes_of(host)
    assert b"hunter2" not in (change.read(JOURNAL) or b"")


def test_what_cannot_be_tried_is_told_and_journalled_and_the_change_goes_on(host: Recorded) -> None:
    """Nothing is known then, and the proof after the reload decides; it leaves nothing unproved."""
    host.trial = UNTRIED
    lines: list[str] = []
    story = apply(order_for(host), site_of(host, lines))
    assert isinstance(story, Story)
    assert (story.state, texts(host), story.unproved) == (State.KEPT, NEW, None)
    assert WORDS in lines
    assert [each.unproved for each in story.records if each.unproved] == [WORDS]


def test_a_change_that_is_refused_later_is_no_doubt_for_what_was_not_tried(host: Recorded) -> None:
    """Its exit code is that of a refusal."""
    host.trial = UNTRIED
    host.logins = ()
    story = apply(order_for(host), site_of(host))
    assert isinstance(story, Story)
    assert (story.state, exit_of(story)) == (State.REFUSED, Exit.REFUSED)


def test_both_forms_of_the_files_are_tried_where_the_plan_expects_an_answer(host: Recorded) -> None:
    """The files as they are now are the control."""
    apply(order_for(host), site_of(host))
    (order,) = host.trials
    assert (order.now, order.planned) == (_paths(host, OLD), _paths(host, NEW))
    assert order.endpoints == (ENDPOINT,)


def test_a_rollback_is_tried_with_the_files_of_before(host: Recorded) -> None:
    """Where the service answers with the change, and would not without it."""
    apply(order_for(host), site_of(host))
    host.trial = DEADLY
    story = rollback(changes_of(host)[0].id, site_of(host))
    assert (story.state, texts(host)) == (State.REFUSED, NEW)
    assert "does not answer with the files of before the change" in told(story)
    order = host.trials[-1]
    assert (order.now, order.planned) == (_paths(host, NEW), _paths(host, OLD))
    assert order.endpoints == (ENDPOINT,)


def test_a_service_that_is_not_what_its_files_say_is_not_reloaded(host: Recorded) -> None:
    """Neither by a change nor by a rollback: putting the plan's files back would not help."""
    host.trial = DIFFERENT
    story = apply(order_for(host), site_of(host))
    assert isinstance(story, Story)
    assert (exit_of(story), texts(host), host.calls) == (Exit.REFUSED, OLD, [])
    assert "Practice answers, and started on its current files it does not" in told(story)
    assert "--untried" in told(story)
    host.trial = Lives()
    apply(order_for(host), site_of(host))
    host.trial = DIFFERENT
    assert rollback(changes_of(host)[-1].id, site_of(host)).state is State.REFUSED
    assert texts(host) == NEW


def test_nothing_is_reloaded_on_a_way_back_that_would_stop_the_service(host: Recorded) -> None:
    """Somebody has edited another file meanwhile. The files are back, and the server goes on until that is mended."""
    story = apply(order_for(host, timedelta(minutes=10)), site_of(host))
    assert isinstance(story, Story)
    host.trial, calls = DIFFERENT, len(host.calls)
    story = rollback(story.opening.change, site_of(host))
    assert (story.state, texts(host)) == (State.STUCK, OLD)
    assert {each.split()[0] for each in host.calls[calls:]} == {"replace"}
    assert "Practice was not reloaded. Practice answers, and started on its current files it does not" in told(story)
    assert host.trials[-1] == TrialOrder(instance=instance(host), endpoints=(ENDPOINT,))
    host.trial = Lives()
    ((_, story),) = recover(site_of(host))
    assert (story.state, texts(host)) == (State.UNDONE, OLD)


def test_a_change_that_has_failed_goes_back_at_once(host: Recorded) -> None:
    """Clients may be without the service; the files that come back were tried a moment ago."""
    host.faults = Faults(deaf=True)
    story = apply(order_for(host), site_of(host))
    assert isinstance(story, Story)
    assert (story.state, texts(host), len(host.trials)) == (State.UNDONE, OLD, 1)


@pytest.mark.parametrize("before", [UNTRIED, Lives()])
@pytest.mark.parametrize("on_the_way", [UNTRIED, DEADLY, DIFFERENT])
def test_what_could_not_be_tried_before_a_change_is_not_tried_on_its_way_back(
    host: Recorded, before: TrialOutcome, on_the_way: TrialOutcome
) -> None:
    """And of what is tried nothing else keeps the way back from its reload."""
    host.trial = before
    story = apply(order_for(host, timedelta(minutes=10)), site_of(host))
    assert isinstance(story, Story)
    host.trial = on_the_way
    state = rollback(story.opening.change, site_of(host)).state
    assert state is (State.STUCK if (before, on_the_way) == (Lives(), DIFFERENT) else State.UNDONE)


def test_a_rollback_reloads_nothing_that_others_have_edited(host: Recorded) -> None:
    """A port that a running server holds and its files no longer name shows it; nothing is written down either."""
    apply(order_for(host), site_of(host))
    site, unmet = site_of(host), Unmet(what="practice runs as its files say", why="it listens on port 110")
    edited = replace(site, gate=replace(site.gate, unreloaded=lambda _plan: (unmet,)))
    with pytest.raises(TightlipError, match="practice runs as its files say: it listens on port 110") as caught:
        rollback(changes_of(host)[0].id, edited)
    assert caught.value.exit_code is Exit.REFUSED
    assert (texts(host), len(changes_of(host))) == (NEW, 1)


def test_a_check_tries_as_well_and_writes_nothing(host: Recorded) -> None:
    """No folder of a change either."""
    host.trial = DEADLY
    with pytest.raises(TightlipError, match="does not answer with the planned files") as caught:
        check(order_for(host), site_of(host))
    assert caught.value.exit_code is Exit.REFUSED
    assert (texts(host), changes_of(host)) == (OLD, ())


def test_who_interrupts_a_trial_has_changed_nothing(host: Recorded) -> None:
    """It is an interruption all the same, by its exit code."""

    def perform(instruction: Instruction, work: Work, story: Story) -> Trouble | None:
        if isinstance(instruction, TryOut):
            os.kill(os.getpid(), signal.SIGINT)
        return carry_out(instruction, work, story)

    story = apply(order_for(host), replace(site_of(host), perform=perform))
    assert isinstance(story, Story)
    assert (story.state, exit_of(story), texts(host)) == (State.REFUSED, Exit.INTERRUPTED, OLD)


def test_files_that_are_in_place_are_tried_as_they_are(host: Recorded) -> None:
    """There is nothing to compare them with, since nobody has the old ones: but a reload may stop the service."""
    for name, text in NEW.items():
        host.file(name).write_bytes(text)
    host.trial = DIFFERENT
    story = apply(order_for(host), site_of(host))
    assert isinstance(story, Story)
    assert (story.state, [(each.now, each.planned) for each in host.trials]) == (
        State.REFUSED,
        [(_paths(host, NEW),) * 2],
    )


def test_an_edit_after_the_trial_and_before_a_recovery_is_seen(host: Recorded) -> None:
    """Killed before its check, the change goes on by a recovery, much later perhaps. No server was told of anything."""

    def killed(instruction: Instruction, work: Work, story: Story) -> Trouble | None:
        if isinstance(instruction, Check):
            raise SystemExit
        return carry_out(instruction, work, story)

    with pytest.raises(SystemExit):
        apply(order_for(host), replace(site_of(host), perform=killed))
    assert texts(host) == NEW
    host.trial, calls = DIFFERENT, len(host.calls)
    ((_, story),) = recover(site_of(host))
    assert (story.state, texts(host)) == (State.UNDONE, OLD)
    assert RELOAD.argv[0] not in host.calls[calls:]


def test_a_reload_that_would_not_reach_the_server_is_refused(host: Recorded) -> None:
    """Somebody has moved its run folder in its files: it would go on as it is, and nothing would bring it back."""
    host.trial = OutOfReach(why="/run/other/master.pid: No such file or directory")
    story = apply(order_for(host), site_of(host))
    assert isinstance(story, Story)
    assert (story.state, texts(host)) == (State.REFUSED, OLD)
    assert "by its current files a reload would not reach it: /run/other/master.pid: No such" in told(story)


def test_a_service_that_is_mute_is_not_changed(host: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its port takes connections, and says nothing: neither way could be proved. A check says so as well."""
    monkeypatch.setattr(host, "silent", frozenset)
    with pytest.raises(TightlipError, match=f"does not answer now at {ENDPOINT}") as caught:
        check(order_for(host), site_of(host))
    assert caught.value.exit_code is Exit.REFUSED
    story = apply(order_for(host), site_of(host))
    assert isinstance(story, Story)
    assert (story.state, texts(host)) == (State.REFUSED, OLD)
    assert f"does not answer now at {ENDPOINT}" in told(story)


def _paths(host: Recorded, form: dict[str, bytes]) -> dict[str, bytes]:
    return {str(host.file(name)): text for name, text in form.items()}
