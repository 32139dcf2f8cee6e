"""What is said of a change: what is in force, why, who approved; and after a failed check that nothing is reloaded."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.crash.recorded import (
    NEW,
    OLD,
    Faults,
    Recorded,
    changes_of,
    order_for,
    raise_host,
    site_of,
    texts,
)
from tightlip.cli._changes import told
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.workflows.changing import apply, recover, rollback

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def host(tmp_path: Path) -> Recorded:
    """A host whose server offers NTLM."""
    return raise_host(tmp_path)


def kept(host: Recorded, span: timedelta | None = None) -> str:
    """The id of the change, applied."""
    apply(order_for(host, span), site_of(host))
    return changes_of(host)[0].id


def test_a_rollback_that_was_undone_has_left_the_change_in_force(host: Recorded) -> None:
    """It is not called the old configuration, which it is not."""
    change = kept(host)
    host.faults = Faults(check=True)
    back = rollback(change, site_of(host))
    assert (back.state, texts(host)) == (State.UNDONE, NEW)
    assert f"is undone: {change} is still in force.\n" in told(back)
    assert "old configuration" not in told(back)


def test_what_kept_a_change_stuck_is_no_reason_any_more_once_it_is_undone(host: Recorded) -> None:
    """What began the undo is."""
    change = kept(host, TEN_MINUTES)
    host.file("a.conf").write_bytes(b"mine\n")
    assert "somebody has changed it since" in told(rollback(change, site_of(host)))
    host.file("a.conf").write_bytes(OLD["a.conf"])
    ((_, story),) = recover(site_of(host))
    assert told(story) == f"{change} is undone: the old configuration is in force, byte for byte.\nWhy: by hand\n"


def test_a_rollback_that_nobody_confirmed_says_so(host: Recorded) -> None:
    """And not that a way back needs no approval, which was said when it began."""
    change = kept(host)
    rollback(change, site_of(host), TEN_MINUTES)
    host.later = TEN_MINUTES
    ((_, story),) = recover(site_of(host))
    assert (story.state, story.why) == (State.UNDONE, "nobody confirmed it in time")


def test_nothing_is_called_approved_that_nobody_has_approved(host: Recorded) -> None:
    """It is permitted, where the policy asks for nobody."""
    alone, signed = list[str](), list[str]()
    site = site_of(host, signed)
    apply(order_for(host), site_of(host, alone))
    assert ("permitted" in alone, "approved" in alone) == (True, False)
    for name, text in OLD.items():
        host.file(name).write_bytes(text)
    apply(order_for(host), replace(site, gate=replace(site.gate, permit=lambda *_: ("A. Admin",))))
    assert ("permitted" in signed, "approved" in signed) == (False, True)


def test_what_ends_a_change_is_told_once(host: Recorded) -> None:
    """By whoever tells how it came out, not by the driver as well."""
    said: list[str] = []
    host.logins = ()
    story = apply(order_for(host), site_of(host, said))
    assert isinstance(story, Story)
    assert "the test login proves nothing" in told(story)
    assert [line for line in said if "test login" in line] == []


def test_after_a_check_that_failed_nothing_is_reloaded(host: Recorded) -> None:
    """No server was told of the new files; a signal might have ended one."""
    host.faults = Faults(check=True)
    story = apply(order_for(host), site_of(host))
    assert isinstance(story, Story)
    assert (story.state, texts(host)) == (State.UNDONE, OLD)
    assert "practice-reload" not in host.calls
