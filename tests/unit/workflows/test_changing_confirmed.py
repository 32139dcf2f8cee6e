"""Changes that wait to be confirmed: kept in time, undone by whichever clock is over first, and tried again."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.crash.recorded import (
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
from tightlip.model.errors import TightlipError
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.workflows.change.waiting import undo_unattended, wait_and_undo
from tightlip.workflows.changing import apply, confirm, recover

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def host(tmp_path: Path) -> Recorded:
    """A host whose server offers NTLM."""
    return raise_host(tmp_path)


def applied(host: Recorded, confirm: timedelta | None = None) -> State:
    """Where an apply ended."""
    story = apply(order_for(host, confirm), site_of(host))
    assert isinstance(story, Story)
    return story.state


def test_a_confirmed_change_is_kept_and_an_overdue_one_undone(host: Recorded) -> None:
    """While it waits nothing else begins; the timer is there as long."""
    assert applied(host, TEN_MINUTES) is State.CONFIRMING
    (change,) = changes_of(host)
    assert list(host.folder.glob("armed-*"))
    with pytest.raises(TightlipError, match="waiting to be confirmed"):
        apply(order_for(host), site_of(host))
    ((_, story),) = recover(site_of(host))
    assert story.state is State.CONFIRMING
    assert confirm(change.id, site_of(host)).state is State.KEPT
    assert leftovers(host) == []
    assert confirm(change.id, site_of(host)).state is State.KEPT


def test_what_somebody_has_undone_is_not_confirmed(host: Recorded) -> None:
    """In the change's own files, or in others that the server has read: it goes on waiting, and the reason is told."""
    applied(host, TEN_MINUTES)
    (change,) = changes_of(host)
    host.file("a.conf").write_bytes(OLD["a.conf"])
    with pytest.raises(TightlipError, match=r"the files are not as .* left them"):
        confirm(change.id, site_of(host))
    host.file("a.conf").write_bytes(NEW["a.conf"])
    host.file("a.conf").chmod(0o666)
    with pytest.raises(TightlipError, match=r"its rights are not as .* left them: mode 0666"):
        confirm(change.id, site_of(host))
    host.file("a.conf").chmod(0o640)
    host.remember({name: text.decode() for name, text in OLD.items()})
    with pytest.raises(TightlipError, match="what was proved no longer holds"):
        confirm(change.id, site_of(host))
    host.remember({name: text.decode() for name, text in NEW.items()})
    assert confirm(change.id, site_of(host)).state is State.KEPT


def test_a_confirmation_that_comes_too_late_undoes(host: Recorded) -> None:
    """Eleven minutes for ten."""
    applied(host, TEN_MINUTES)
    host.later = timedelta(minutes=11)
    assert confirm(changes_of(host)[0].id, site_of(host)).state is State.UNDONE
    assert (texts(host), leftovers(host)) == (OLD, [])


@pytest.mark.parametrize("moved", [timedelta(days=-400), timedelta()])
def test_a_clock_that_is_set_back_gives_no_more_time(host: Recorded, moved: timedelta) -> None:
    """The machine's own clock counts as well, which nobody sets; in another boot the time of day is all there is."""
    applied(host, TEN_MINUTES)
    host.later = moved
    host.longer = timedelta(minutes=9).total_seconds()
    assert [story.state for _, story in recover(site_of(host))] == [State.CONFIRMING]
    host.longer = timedelta(minutes=11).total_seconds()
    assert [story.state for _, story in recover(site_of(host))] == [State.UNDONE]


def test_after_a_boot_the_time_of_day_decides(host: Recorded) -> None:
    """The machine's own clock has begun anew."""
    applied(host, TEN_MINUTES)
    host.boot = "the next one"
    host.longer = timedelta(minutes=11).total_seconds()
    assert [story.state for _, story in recover(site_of(host))] == [State.CONFIRMING]
    host.later = timedelta(minutes=11)
    assert [story.state for _, story in recover(site_of(host))] == [State.UNDONE]


def test_an_undo_that_is_stuck_is_reported_and_tried_again(host: Recorded) -> None:
    """Where nobody looks: the server comes back after the second try."""
    applied(host, TEN_MINUTES)
    (change,) = changes_of(host)
    host.later = timedelta(minutes=11)
    host.faults = Faults(gone=True, hangs=True)
    reported: list[str] = []

    def report(text: str) -> None:
        reported.append(text)
        if len(reported) == 2:
            host.faults = Faults()

    assert undo_unattended(change, site_of(host), report, between=0.0).state is State.UNDONE
    assert ["cannot be undone" in each for each in reported] == [True, True, False]
    assert (texts(host), reported[-1].endswith("it is undone")) == (OLD, True)


def test_the_waiting_process_undoes_when_the_time_is_over(host: Recorded) -> None:
    """It looks at the clock, and at the journal; a change that has ended it leaves alone."""
    applied(host, timedelta(seconds=0.3))
    (change,) = changes_of(host)
    assert wait_and_undo(change, site_of(host), look_again=0.01).state is State.UNDONE
    assert wait_and_undo(change, site_of(host), look_again=0.01).state is State.UNDONE
    assert texts(host) == OLD
