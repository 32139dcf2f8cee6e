"""A change that cannot be read any more is told as such, and costs no other change anything but that none begins."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.crash.recorded import NEW, OLD, Recorded, changes_of, order_for, raise_host, site_of, texts
from tightlip.config.changes import ChangeFolder
from tightlip.model.errors import Exit, TightlipError, UsageError
from tightlip.remediate.lifecycle import State
from tightlip.workflows.change.driving import story_of
from tightlip.workflows.change.history import damaged, prune, stories
from tightlip.workflows.changing import SetAside, apply, check, confirm, give_up, recover, rollback

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def host(tmp_path: Path) -> Recorded:
    """A host with one change that was kept and rolled back, and the change that did so, whose journal is garbled."""
    made = raise_host(tmp_path)
    apply(order_for(made), site_of(made))
    rollback(changes_of(made)[0].id, site_of(made))
    garble(bad_of(made))
    return made


def garble(change: ChangeFolder) -> None:
    """Damage a line in the middle of its journal."""
    journal = change.path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"begun"', b'"begu\0"'))


def bad_of(host: Recorded) -> ChangeFolder:
    """The change that is to be damaged."""
    return next(each for each in site_of(host).shelf.folders() if b'"undoes":"' in (each.read("journal.jsonl") or b""))


def waiting(host: Recorded) -> ChangeFolder:
    """A sound change, beside the damaged one, that waits to be confirmed."""
    bad = bad_of(host)
    aside = bad.path.rename(host.folder / "elsewhere")
    apply(order_for(host, TEN_MINUTES), site_of(host))
    aside.rename(bad.path)
    return next(folder for folder, story in stories(site_of(host).shelf) if story.state is State.CONFIRMING)


def test_sound_changes_are_listed_and_pruned_beside_a_damaged_one(host: Recorded) -> None:
    """The damaged one is told with the reason, and stays."""
    bad, shelf = bad_of(host), site_of(host).shelf
    (sound,) = changes_of(host)
    (told,) = damaged(shelf)
    assert told.folder == bad
    assert "is damaged in line 3: it cannot be read" in told.why
    assert prune(shelf, host.now() + timedelta(days=90)) == (sound.id,)
    assert shelf.folders() == (bad,)


@pytest.mark.parametrize("how", [apply, check])
def test_no_change_begins_beside_a_damaged_one(host: Recorded, how: Callable[..., object]) -> None:
    """It may be under way: it is named, with the way out. So it is where the plan's files are as they are to become."""
    name = bad_of(host).id
    for text in (OLD, NEW):
        for each in OLD:
            host.file(each).write_bytes(text[each])
        with pytest.raises(TightlipError, match=f"the change {name} is damaged: .* line 3") as caught:
            how(order_for(host), site_of(host))
        assert (caught.value.exit_code, f"--give-up {name}" in caught.value.hint) == (Exit.REFUSED, True)
        assert texts(host) == text


@pytest.mark.parametrize("way", [confirm, rollback])
def test_a_sound_change_that_waits_is_ended_beside_a_damaged_one(host: Recorded, way: Callable[..., object]) -> None:
    """Kept, or taken back."""
    change = waiting(host)
    way(change.id, site_of(host))
    assert story_of(change).state is (State.KEPT if way is confirm else State.UNDONE)
    assert texts(host) == host.memory() == (NEW if way is confirm else OLD)


def test_a_sound_change_is_recovered_beside_a_damaged_one(host: Recorded) -> None:
    """Overdue, it is undone; the damaged one stays as it is."""
    change = waiting(host)
    host.later = TEN_MINUTES
    before = everything(bad_of(host).path)
    ((folder, story),) = recover(site_of(host))
    assert (folder, story.state) == (change, State.UNDONE)
    assert everything(bad_of(host).path) == before


def test_a_kept_change_is_not_rolled_back_beside_a_damaged_one(host: Recorded) -> None:
    """A rollback is a change as well."""
    change = waiting(host)
    confirm(change.id, site_of(host))
    with pytest.raises(TightlipError, match=f"the change {bad_of(host).id} is damaged"):
        rollback(change.id, site_of(host))
    assert texts(host) == NEW


def test_a_damaged_change_is_set_aside_whole(host: Recorded) -> None:
    """Every byte of it lies under another name; its timer is away, no other file is touched, and changes go on."""
    bad = bad_of(host)
    (host.folder / f"armed-{bad.id}").touch()
    before = everything(bad.path)
    aside = give_up(bad.id, site_of(host))
    assert isinstance(aside, SetAside)
    assert (aside.change, aside.path) == (bad.id, bad.path.with_name(f"{bad.id}.damaged"))
    assert everything(aside.path) == before
    assert list(host.folder.glob("armed-*")) == []
    assert texts(host) == host.memory() == OLD
    assert damaged(site_of(host).shelf) == ()
    with pytest.raises(UsageError, match="there is no change"):
        give_up(bad.id, site_of(host))
    apply(order_for(host), site_of(host))
    assert texts(host) == NEW


def emptied(change: ChangeFolder) -> None:
    """A loss of power that the file system took badly."""
    (change.path / "journal.jsonl").write_bytes(b"")


def without_journal(change: ChangeFolder) -> None:
    """Somebody has removed it."""
    (change.path / "journal.jsonl").unlink()


def with_another_plan(change: ChangeFolder) -> None:
    """Its hash is not that of its content."""
    path = change.path / "plan.json"
    path.write_bytes(path.read_bytes().replace(b"withdraw-ntlm", b"require-tls"))


@pytest.mark.parametrize("damage", [garble, emptied, without_journal, with_another_plan])
def test_whatever_keeps_a_change_under_way_from_going_on_is_damage(
    tmp_path: Path, damage: Callable[[ChangeFolder], None]
) -> None:
    """A journal that is garbled, empty or gone, a plan that was altered: it is set aside all the same."""
    host = raise_host(tmp_path)
    apply(order_for(host, TEN_MINUTES), site_of(host))
    (change,) = changes_of(host)
    damage(change)
    assert [each.folder for each in damaged(site_of(host).shelf)] == [change]
    assert recover(site_of(host)) == ()
    assert isinstance(give_up(change.id, site_of(host)), SetAside)
    assert texts(host) == NEW


def test_an_ended_change_with_a_damaged_plan_keeps_nothing_from_beginning(host: Recorded) -> None:
    """It only cannot be rolled back."""
    give_up(bad_of(host).id, site_of(host))
    (first,) = changes_of(host)
    with_another_plan(first)
    with pytest.raises(TightlipError, match=f"{first.id}/plan.json was edited"):
        rollback(first.id, site_of(host))
    assert damaged(site_of(host).shelf) == ()
    apply(order_for(host), site_of(host))
    assert texts(host) == NEW


def test_a_sound_change_is_rolled_back_beside_a_newer_one_with_a_damaged_manifest(tmp_path: Path) -> None:
    """Whether that lies on the same files its plan says."""
    host = raise_host(tmp_path)
    apply(order_for(host), site_of(host))
    (older,) = changes_of(host)
    for each in OLD:
        host.file(each).write_bytes(OLD[each])
    apply(order_for(host), site_of(host))
    newer = next(each for each in changes_of(host) if each != older)
    (newer.path / "manifest.json").write_bytes(b"{")
    with pytest.raises(TightlipError, match=f"the newer change {newer.id} is on the same files"):
        rollback(older.id, site_of(host))
    with pytest.raises(TightlipError, match=f"{newer.id}/manifest.json is damaged"):
        rollback(newer.id, site_of(host))


def test_what_the_endpoints_said_before_is_needed_for_the_way_back_alone(tmp_path: Path) -> None:
    """Damaged, it is a reason to be stuck and no fault of ours; given up, the change is closed."""
    host = raise_host(tmp_path)
    apply(order_for(host, TEN_MINUTES), site_of(host))
    (change,) = changes_of(host)
    (change.path / "earlier.json").write_bytes(b"{")
    story = rollback(change.id, site_of(host))
    assert (story.state, texts(host)) == (State.STUCK, OLD)
    assert "earlier.json is damaged" in (story.records[-1].detail or "")
    closed = give_up(change.id, site_of(host))
    assert not isinstance(closed, SetAside)
    assert closed.state is State.GIVEN_UP


def test_what_a_rollback_under_way_goes_back_to_is_not_pruned(tmp_path: Path) -> None:
    """Whatever its age; and a rollback whose change is gone all the same is still ended."""
    host = raise_host(tmp_path)
    apply(order_for(host), site_of(host))
    (change,) = changes_of(host)
    back = rollback(change.id, site_of(host), TEN_MINUTES)
    shelf = site_of(host).shelf
    assert prune(shelf, host.now() + timedelta(days=90)) == ()
    change.path.rename(tmp_path / "gone")
    assert confirm(back.opening.change, site_of(host)).state is State.KEPT
    assert texts(host) == OLD


def test_a_folder_that_is_no_change_is_none(host: Recorded) -> None:
    """A copy that somebody has made of one, or what a file system keeps for itself."""
    give_up(bad_of(host).id, site_of(host))
    shelf = site_of(host).shelf
    (sound,) = shelf.folders()
    for name in ("lost+found", f"{sound.id}.bak"):
        (shelf.path / name).mkdir()
    assert (shelf.folders(), damaged(shelf)) == ((sound,), ())


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
