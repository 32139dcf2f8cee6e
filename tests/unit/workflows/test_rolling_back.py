"""What a rollback minds besides the bytes: rights changed since, newer changes, and what was only reloaded."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.crash.recorded import (
    ENDPOINT,
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
from tightlip.model.errors import TightlipError
from tightlip.products._product import Command
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.remediate.plan import Expectation, Patch, Plan, PlannedFile
from tightlip.syntax.spans import digest
from tightlip.workflows.changing import Nothing, Order, apply, rollback

IS_ROOT = os.geteuid() == 0
BEFORE, AFTER = b"listen = yes\n", b"listen = no\n"


@pytest.fixture
def host(tmp_path: Path) -> Recorded:
    """A host whose server offers NTLM."""
    return raise_host(tmp_path)


def applied(host: Recorded, order: Order) -> Story:
    """What came of a plan."""
    story = apply(order, site_of(host))
    assert isinstance(story, Story)
    return story


def test_a_rollback_does_not_widen_rights_that_were_tightened_since(host: Recorded) -> None:
    """It is refused before any write, says what differs, and how to go on; that done, it is carried out."""
    change = applied(host, order_for(host)).opening.change
    host.file("a.conf").chmod(0o600)
    refused = rollback(change, site_of(host))
    assert (refused.state, texts(host)) == (State.REFUSED, NEW)
    why = next(record.detail or "" for record in refused.records if record.file)
    assert "mode 0600, not 0640; a rollback would undo that. Give it the old ones (chmod 0640, chown " in why
    host.file("a.conf").chmod(0o640)
    assert rollback(change, site_of(host)).state is State.KEPT


@pytest.mark.skipif(not IS_ROOT, reason="gives a file to another group, which takes root")
def test_another_owner_stops_a_rollback_as_well(host: Recorded) -> None:
    """It is named by numbers, as chown takes them."""
    change = applied(host, order_for(host)).opening.change
    os.chown(host.file("a.conf"), -1, 8)
    refused = rollback(change, site_of(host))
    assert f"owner {os.geteuid()}:8, not {os.geteuid()}:{os.getegid()}" in str(refused.records)


def test_an_undo_leaves_rights_that_were_changed_while_it_waited(host: Recorded) -> None:
    """It has to come to an end, be it by the timer: the old bytes come back, the new rights stay."""
    change = applied(host, order_for(host, timedelta(minutes=10))).opening.change
    host.file("a.conf").chmod(0o600)
    assert rollback(change, site_of(host)).state is State.UNDONE
    assert (texts(host), host.file("a.conf").stat().st_mode & 0o777) == (OLD, 0o600)


@pytest.mark.skipif(not IS_ROOT, reason="gives files to another user, which takes root")
def test_an_undo_that_an_owner_stops_says_the_line_that_mends_it(host: Recorded) -> None:
    """In a folder of the product's account another owner is no administrator's doing, as far as can be told."""
    file = host.file("conf.d/b.conf")
    story = applied(host, order_for(host, timedelta(minutes=10)))
    os.chown(file, 65534, 65534)
    os.chown(file.parent, 65534, -1)
    stuck = rollback(story.opening.change, site_of(host))
    assert (stuck.state, texts(host)["conf.d/b.conf"]) == (State.STUCK, NEW["conf.d/b.conf"])
    assert f": chown {os.geteuid()}:{os.getegid()} {file}, where that is right" in (stuck.records[-1].detail or "")
    assert stuck.records[-1].file is None


def closing(host: Recorded) -> Plan:
    """A plan that closes the port by a file of its own; ``host`` has it, and a server that heeds it."""
    file = host.file("c.conf")
    file.write_bytes(BEFORE)
    plan = order_for(host).plan
    patch = Patch(BEFORE.index(b"yes"), BEFORE.index(b"yes") + 3, b"no", "nobody needs it")
    planned = PlannedFile(path=str(file), before=digest(BEFORE), after=digest(AFTER), patches=(patch,))
    run = host.run

    def heeds(command: Command) -> object:
        ran = run(command)
        if file.read_bytes() == AFTER:
            host.remember({})
        return ran

    host.run = heeds  # type: ignore[method-assign,assignment]  # the port is closed while the file says so
    product = replace(plan.products[0], files=(planned,))
    return replace(plan, products=(product,), expectations=(Expectation(endpoint=ENDPOINT, closed=True),))


def test_a_rollback_has_the_patience_of_a_way_back(host: Recorded) -> None:
    """What it takes back may have killed the service."""
    applied(host, order_for(host))
    assert host.proofs_back == 0
    assert rollback(changes_of(host)[0].id, site_of(host)).state is State.KEPT
    assert host.proofs_back == 1


def test_what_a_newer_change_on_other_files_has_closed_is_not_demanded_open(host: Recorded) -> None:
    """It stays closed; the older change is taken back all the same."""
    older = applied(host, order_for(host))
    newer = applied(host, Order(plan=closing(host), file=host.folder / "plan.json"))
    assert (newer.state, host.memory()) == (State.KEPT, {})
    host.faults = Faults(hangs=True)  # its other services run
    back = rollback(older.opening.change, site_of(host))
    assert back.unproved is None
    assert (back.state, texts(host), host.file("c.conf").read_bytes()) == (State.KEPT, OLD, AFTER)


def test_files_that_are_in_place_and_were_not_reloaded_are_reloaded_and_proved(host: Recorded) -> None:
    """Somebody brought them, or a copy of the host was restored: the server still offers NTLM, which is not nothing."""
    for name, text in NEW.items():
        host.file(name).write_bytes(text)
    assert applied(host, order_for(host)).state is State.KEPT
    assert host.memory() == NEW
    assert apply(order_for(host), site_of(host)) == Nothing("the plan is applied already")


def test_a_way_back_from_a_reload_alone_demands_no_answers_that_cannot_come(host: Recorded) -> None:
    """What the running server had read lies nowhere any more: the files stay, it greets, and the rest is not proved."""
    for name, text in NEW.items():
        host.file(name).write_bytes(text)
    host.faults = Faults(deaf=True)
    story = applied(host, order_for(host))
    assert (story.state, texts(host)) == (State.UNDONE, NEW)
    assert "was in its new form before the change began" in (story.unproved or "")


def test_a_reload_alone_is_not_made_to_be_undone(host: Recorded) -> None:
    """There would be nothing to put back."""
    for name, text in NEW.items():
        host.file(name).write_bytes(text)
    with pytest.raises(TightlipError, match="an undo has nothing to put back"):
        apply(order_for(host, timedelta(minutes=10)), site_of(host))
    assert changes_of(host) == ()


def test_a_change_that_was_a_reload_alone_is_in_no_way_of_a_rollback(host: Recorded) -> None:
    """There is nothing of it to take back, and the change that wrote the files is taken back."""
    first = applied(host, order_for(host)).opening.change
    host.remember({name: text.decode() for name, text in OLD.items()})
    applied(host, order_for(host))
    second = next(each.id for each in changes_of(host) if each.id != first)
    with pytest.raises(TightlipError, match="changed no file: there is nothing to roll back"):
        rollback(second, site_of(host))
    assert rollback(first, site_of(host)).state is State.KEPT
    assert texts(host) == host.memory() == OLD
