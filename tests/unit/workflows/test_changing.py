"""Applying, confirming, rolling back and recovering on a recorded host: what comes out, and what is never touched."""

import json
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from tests.crash.practice_product import CHECK
from tests.crash.recorded import (
    HOST,
    NEW,
    OLD,
    Faults,
    Recorded,
    changes_of,
    leftovers,
    order_for,
    raise_host,
    site_of,
    texts,
)
from tightlip.config.changes import Shelf
from tightlip.model.errors import TightlipError
from tightlip.products._product import Command
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.workflows.change.driving import story_of
from tightlip.workflows.change.ground import Proof
from tightlip.workflows.change.history import prune
from tightlip.workflows.changing import Nothing, Ready, apply, check, give_up, recover, rollback

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def host(tmp_path: Path) -> Recorded:
    """A host whose server offers NTLM."""
    return raise_host(tmp_path)


def applied(host: Recorded, span: timedelta | None = None) -> State:
    """Apply the plan; the state that it comes to rest in."""
    story = apply(order_for(host, span), site_of(host))
    assert not isinstance(story, Nothing)
    return story.state


def everything(host: Recorded) -> dict[str, bytes]:
    """Every file below the host's folder."""
    return {str(path): path.read_bytes() for path in host.folder.rglob("*") if path.is_file()}


def test_an_apply_is_kept_and_leaves_plan_backup_journal_and_evidence(host: Recorded) -> None:
    """The files are new, the server runs with them, and everything about it is private."""
    assert applied(host) is State.KEPT
    assert texts(host) == host.memory() == NEW
    (change,) = changes_of(host)
    assert [change.read(f"backup/{number}") for number in range(2)] == list(OLD.values())
    assert [json.loads(change.read(f"evidence-{when}.json") or b"")["listed"] for when in ("before", "after")] == [
        ["PLAIN", "NTLM"],
        ["PLAIN"],
    ]
    modes = {path.stat().st_mode & 0o777 for path in change.path.rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (change.path, *change.path.rglob("*")) if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})
    assert leftovers(host) == []


def test_a_second_apply_changes_nothing_and_makes_no_second_backup(host: Recorded) -> None:
    """It says that the plan is applied already."""
    applied(host)
    before = everything(host)
    assert apply(order_for(host), site_of(host)) == Nothing("the plan is applied already")
    assert everything(host) == before


def test_a_check_writes_nothing_at_all(host: Recorded) -> None:
    """Not even a lock or a folder, whether the plan could be applied or not."""
    before = everything(host)
    assert check(order_for(host), site_of(host)) == Ready()
    host.file("a.conf").write_bytes(b"mine\n")
    with pytest.raises(TightlipError, match="is not as it was when the plan was made"):
        check(order_for(host), site_of(host))
    host.file("a.conf").write_bytes(OLD["a.conf"])
    assert everything(host) == before
    assert sorted(path.name for path in host.folder.iterdir()) == ["etc", "memory"]


def test_a_file_that_was_changed_since_the_plan_is_refused(host: Recorded) -> None:
    """Nothing is written, and the file is named."""
    host.file("conf.d/b.conf").write_bytes(b"mine\n")
    assert applied(host) is State.REFUSED
    assert texts(host) == {**OLD, "conf.d/b.conf": b"mine\n"}
    assert story_of(changes_of(host)[0]).records[-1].file == str(host.file("conf.d/b.conf"))


def test_a_file_that_is_changed_while_others_are_written_is_left_and_the_rest_is_put_back(host: Recorded) -> None:
    """Somebody saves the second file after the first was written: his text stays, the first becomes old again."""
    write = host.replace

    def busy(path: str, *rest: object) -> None:
        write(path, *rest)  # type: ignore[arg-type]  # handed on as they came
        host.file("conf.d/b.conf").write_bytes(OLD["conf.d/b.conf"] + b"# mine\n")
        host.replace = write  # type: ignore[method-assign]  # only this once

    host.replace = busy  # type: ignore[method-assign,assignment]  # the other editor
    assert applied(host) is State.UNDONE
    assert texts(host) == {**OLD, "conf.d/b.conf": OLD["conf.d/b.conf"] + b"# mine\n"}


@pytest.mark.parametrize("faults", [Faults(check=True), Faults(reload=True), Faults(dies=True), Faults(deaf=True)])
def test_whatever_goes_wrong_everything_is_put_back(host: Recorded, faults: Faults) -> None:
    """A failing check, a failing reload, a server that does not come back, a proof that fails."""
    host.faults = faults
    assert applied(host) is State.UNDONE
    assert texts(host) == host.memory() == OLD
    assert host.file("a.conf").stat().st_mode & 0o777 == 0o640
    assert host.proofs_back == 1


def test_who_interrupts_the_proof_has_the_change_undone(host: Recorded) -> None:
    """It is the longest of all states, and what follows it cannot be stopped."""
    prove = host.prove

    def interrupted(*of: object) -> Proof:
        signal.raise_signal(signal.SIGINT)
        host.prove = prove  # type: ignore[method-assign]  # the proof of the way back is left alone
        return prove(*of)  # type: ignore[arg-type]  # handed on as they came

    host.prove = interrupted  # type: ignore[method-assign,assignment]  # somebody presses Ctrl-C
    assert applied(host) is State.UNDONE
    assert texts(host) == host.memory() == OLD
    assert story_of(changes_of(host)[0]).records[-2].detail == "interrupted"


def test_what_a_check_says_is_told_and_not_journalled(host: Recorded) -> None:
    """It may quote a line with a password."""
    told: list[str] = []
    host.faults = Faults(check=True)
    apply(order_for(host), site_of(host, told))
    assert any("hunter2" in line for line in told)
    assert b"hunter2" not in b"".join(everything(Recorded(host.folder / "changes")).values())


def test_a_server_that_cannot_be_brought_back_is_stuck_until_it_can(host: Recorded) -> None:
    """It runs and answers nobody; the files are old, and once the server is well, recover ends it."""
    host.faults = Faults(dies=True, hangs=True)
    run = host.run

    def broken(command: Command) -> object:
        """The reload does nothing once the files are old again."""
        return run(CHECK if texts(host) == OLD else command)

    host.run = broken  # type: ignore[method-assign,assignment]  # the way back does not reload
    assert applied(host) is State.STUCK
    assert texts(host) == OLD
    with pytest.raises(TightlipError, match="is still stuck"):
        apply(order_for(host), site_of(host))
    host.run = run  # type: ignore[method-assign]  # well again
    ((_, story),) = recover(site_of(host))
    assert (story.state, host.memory()) == (State.UNDONE, OLD)


def test_a_file_that_somebody_edited_on_top_is_not_overwritten_by_the_way_back(host: Recorded) -> None:
    """Waiting to be confirmed, edited meanwhile, taken back: stuck, the file named; giving up leaves all as it is."""
    applied(host, TEN_MINUTES)
    mine = NEW["a.conf"] + b"# mine\n"
    host.file("a.conf").write_bytes(mine)
    (change,) = changes_of(host)
    story = rollback(change.id, site_of(host))
    assert (story.state, story.records[-1].file) == (State.STUCK, str(host.file("a.conf")))
    assert texts(host) == {**NEW, "a.conf": mine}
    assert isinstance(closed := give_up(change.id, site_of(host)), Story)
    assert closed.state is State.GIVEN_UP
    assert texts(host) == {**NEW, "a.conf": mine}


def test_a_rollback_tells_what_a_file_should_have_been(host: Recorded) -> None:
    """As the change left it: nobody made a plan to go back."""
    applied(host)
    (change,) = changes_of(host)
    host.file("a.conf").write_bytes(b"mine\n")
    story = rollback(change.id, site_of(host))
    assert story.records[-1].detail == f"{host.file('a.conf')}: it is not as the change left it"
    assert texts(host) == {**NEW, "a.conf": b"mine\n"}


def test_a_rollback_puts_back_bytes_and_mode_and_the_plan_can_be_applied_again(host: Recorded) -> None:
    """The whole circle, twice."""
    for _ in range(2):
        applied(host)
        story = rollback(changes_of(host)[-1].id, site_of(host))
        assert story.state is State.KEPT
        assert texts(host) == host.memory() == OLD
        assert host.file("a.conf").stat().st_mode & 0o777 == 0o640


def test_a_host_that_was_renamed_knows_its_changes(host: Recorded) -> None:
    """Its machine id says that it is the same: a kept change can be taken back, and a waiting one is seen."""
    applied(host)
    host.host = "mx9.example.org (0123456789abcdef)"
    assert rollback(changes_of(host)[-1].id, site_of(host)).state is State.KEPT
    host.host = HOST
    assert applied(host, TEN_MINUTES) is State.CONFIRMING
    host.host = "mx9.example.org (0123456789abcdef)"
    assert [story.state for _, story in recover(site_of(host))] == [State.CONFIRMING]
    host.host = "mx9.example.org (fedcba9876543210)"
    assert recover(site_of(host)) == ()


def test_a_rollback_names_what_stands_in_its_way(host: Recorded) -> None:
    """A newer change on the same files goes first; twice, or of a rollback, there is nothing to do."""
    applied(host)
    first = changes_of(host)[0].id
    rollback(first, site_of(host))
    applied(host)
    changes = changes_of(host)
    third = next(each.id for each in changes[1:] if story_of(each).opening.undoes is None)
    back = next(each.id for each in changes if story_of(each).opening.undoes)
    for name, why in [(first, "rolled back already"), (back, "a rollback itself"), ("nothing", "there is no change")]:
        with pytest.raises(TightlipError, match=why):
            rollback(name, site_of(host))
    assert rollback(third, site_of(host)).state is State.KEPT


def test_a_newer_change_on_the_same_file_goes_first(host: Recorded) -> None:
    """It is named."""
    applied(host)
    first = changes_of(host)[0]
    text = NEW["a.conf"]
    host.file("a.conf").write_bytes(OLD["a.conf"])
    apply(order_for(host), site_of(host))
    host.file("a.conf").write_bytes(text)
    newer = next(each.id for each in changes_of(host) if each != first)
    with pytest.raises(TightlipError, match=f"the newer change {newer}"):
        rollback(first.id, site_of(host))


def test_a_rollback_of_an_edited_file_is_refused(host: Recorded) -> None:
    """What was done since is not thrown away."""
    applied(host)
    host.file("a.conf").write_bytes(b"mine\n")
    assert rollback(changes_of(host)[0].id, site_of(host)).state is State.REFUSED
    assert texts(host) == {**NEW, "a.conf": b"mine\n"}


def test_two_changes_at_once_exclude_one_another(host: Recorded) -> None:
    """The second is refused while the first holds the lock."""
    site = site_of(host)
    with site.shelf.held(), pytest.raises(TightlipError, match="another change is being made"):
        apply(order_for(host), site_of(host))


def test_a_fault_of_our_own_puts_everything_back_and_is_raised(host: Recorded) -> None:
    """It is not lost, and the host is not left half changed."""
    prove = host.prove

    def faulty(expectations: object, _logins: object) -> object:
        host.prove = prove  # type: ignore[method-assign]  # only this once
        raise ZeroDivisionError(expectations)

    host.prove = faulty  # type: ignore[method-assign,assignment]  # a bug in the prover
    with pytest.raises(ZeroDivisionError):
        apply(order_for(host), site_of(host))
    assert story_of(changes_of(host)[0]).state is State.UNDONE
    assert texts(host) == host.memory() == OLD


def test_pruning_removes_old_ends_and_nothing_under_way(host: Recorded) -> None:
    """Whatever its age, a change that waits stays."""
    applied(host)
    rollback(changes_of(host)[0].id, site_of(host))
    applied(host, TEN_MINUTES)
    waiting = next(each for each in changes_of(host) if story_of(each).state is State.CONFIRMING)
    shelf = Shelf(host.folder / "changes")
    assert prune(shelf, host.now() - timedelta(days=90)) == ()
    assert len(prune(shelf, host.now() + timedelta(days=90))) == 2
    assert shelf.folders() == (waiting,)
