"""Which plans are not even begun on a host, each with its reason."""

import os
import zoneinfo
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tests.crash.recorded import ENDPOINT, NEW, OLD, Recorded, changes_of, order_for, raise_host, site_of, texts
from tightlip.model.errors import Exit, TightlipError, UsageError
from tightlip.products._product import Command, Invoke
from tightlip.remediate._instructions import Instruction, TakeWitness
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.remediate.plan import Plan, Unmet, encode
from tightlip.workflows.approval_gate import approvals_of, local_time, read_approvals
from tightlip.workflows.change.admission import read_plan
from tightlip.workflows.change.driving import story_of
from tightlip.workflows.change.steps import carry_out
from tightlip.workflows.change.work import Trouble, Work
from tightlip.workflows.changing import Order, apply, recover, rollback


@pytest.fixture
def host(tmp_path: Path) -> Recorded:
    """A host whose server offers NTLM."""
    return raise_host(tmp_path)


def refusing(host: Recorded, plan: Plan) -> str:
    """Why a plan is refused; nothing is written then."""
    with pytest.raises(TightlipError) as caught:
        apply(Order(plan=plan, file=host.folder / "plan.json"), site_of(host))
    assert caught.value.exit_code is Exit.REFUSED
    assert (texts(host), changes_of(host)) == (OLD, ())
    return caught.value.message


def test_plans_that_are_not_for_here_are_refused_with_the_reason(host: Recorded) -> None:
    """Another host, unmet preconditions, commands that the plug does not give, commands for PowerShell."""
    plan = order_for(host).plan
    (product,) = plan.products
    evil = replace(product, check=(Command(("rm", "-rf", "/")),))
    windows = replace(product, invocations=(Invoke(what="x", do="y", undo="z"),))
    other = replace(product, instance=replace(product.instance, product="postfix"))
    unmet = (Unmet(what="a certificate", why="it ended yesterday"),)
    assert "the plan is for tree:etc" in refusing(host, replace(plan, host="tree:etc"))
    assert "a certificate: it ended yesterday" in refusing(host, replace(plan, unmet=unmet))
    assert "are not those of this tightlip" in refusing(host, replace(plan, products=(evil,)))
    assert "names an instance of postfix" in refusing(host, replace(plan, products=(other,)))
    assert "PowerShell" in refusing(host, replace(plan, products=(windows,)))
    assert host.calls == []


def test_a_plan_without_an_approval_that_the_policy_asks_for_is_refused(host: Recorded) -> None:
    """And a recovery without it takes back instead of going on."""

    def no(*_: object) -> tuple[str, ...]:
        raise TightlipError("the policy does not allow it", "", Exit.REFUSED)

    site = site_of(host)
    strict = replace(site, gate=replace(site.gate, permit=no))
    with pytest.raises(TightlipError, match="the policy"):
        apply(order_for(host), strict)
    cut_off(host)
    ((_, story),) = recover(strict)
    assert (story.state, texts(host)) == (State.UNDONE, OLD)


def cut_off(host: Recorded) -> None:
    """A change that a crash has stopped while it was being proved."""
    apply(order_for(host), site_of(host))
    (change,) = changes_of(host)
    cut = (change.read("journal.jsonl") or b"").splitlines(keepends=True)[:-2]
    (change.path / "journal.jsonl").write_bytes(b"".join(cut))


def test_what_nobody_can_vouch_for_any_more_is_put_back(host: Recorded) -> None:
    """Its server is none that is found here now, or its commands are others: no check of it is run any more."""

    def no(_plan: Plan) -> None:
        raise TightlipError("practice is none that a survey of this host finds", "", Exit.REFUSED)

    cut_off(host)
    host.calls.clear()
    site = site_of(host)
    ((_, story),) = recover(replace(site, gate=replace(site.gate, vouch=no)))
    assert (story.state, texts(host)) == (State.UNDONE, OLD)
    assert host.calls == ["replace b.conf", "replace a.conf", "practice-reload"]


def test_an_edited_plan_file_is_refused(host: Recorded) -> None:
    """Its hash gives it away; what is no plan at all is wrong usage."""
    file = host.folder / "plan.json"
    file.write_bytes(encode(order_for(host).plan).replace(b"withdraw-ntlm", b"require-tls"))
    with pytest.raises(TightlipError, match="was edited") as caught:
        read_plan(file)
    assert caught.value.exit_code is Exit.REFUSED
    # Two plans in one file: a person reads the first, a reader of JSON takes the last.
    plan = order_for(host).plan
    harmless = msgspec.json.encode(replace(plan, goal="harmless"))
    file.write_bytes(encode(plan).replace(b'"plan":', b'"plan": ' + harmless + b', "plan":', 1))
    with pytest.raises(TightlipError, match="not as tightlip writes it"):
        read_plan(file)
    file.write_bytes(b"{}")
    with pytest.raises(TightlipError, match="is no plan") as caught:
        read_plan(file)
    assert caught.value.exit_code is Exit.USAGE


def test_a_fifo_in_the_place_of_a_plan_keeps_nobody_waiting(host: Recorded) -> None:
    """Nor in that of its approvals."""
    fifo = host.folder / "plan.json"
    os.mkfifo(fifo)
    with pytest.raises(TightlipError, match="cannot read"):
        read_plan(fifo)
    os.mkfifo(approvals_of(fifo))
    with pytest.raises(TightlipError, match="cannot read"):
        read_approvals(fifo)


@pytest.mark.parametrize("deadly", [False, True], ids=["at once", "after a crash"])
def test_a_service_that_does_not_answer_is_noticed_before_anything_is_written(host: Recorded, deadly: bool) -> None:
    """It is stopped, or broken, or was not reloaded since somebody edited it: neither form could be proved."""

    def cut(instruction: Instruction, work: Work, story: Story) -> Trouble | None:
        trouble = carry_out(instruction, work, story)
        if isinstance(instruction, TakeWitness) and deadly:
            raise SystemExit
        return trouble

    host.remember({})
    with suppress(SystemExit):
        apply(order_for(host), replace(site_of(host), perform=cut))
    recover(site_of(host))
    (change,) = changes_of(host)
    story = story_of(change)
    assert (story.state, texts(host), host.calls) == (State.REFUSED, OLD, [])
    assert f"does not answer now at {ENDPOINT}: start it, or reload it" in str(story.records)
    host.remember({name: text.decode() for name, text in OLD.items()})
    apply(order_for(host), site_of(host))
    assert texts(host) == NEW


def test_a_way_back_is_taken_though_the_service_does_not_answer(host: Recorded) -> None:
    """It may have died of the change."""
    apply(order_for(host), site_of(host))
    (change,) = changes_of(host)
    host.remember({})
    assert rollback(change.id, site_of(host)).state is State.KEPT
    assert texts(host) == host.memory() == OLD


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to another user, which takes root")
def test_a_folder_in_other_hands_stops_a_change_and_no_way_back(host: Recorded) -> None:
    """A change is refused with the line that allows it; one that was kept can be rolled back all the same."""
    kept = apply(order_for(host), site_of(host))
    assert isinstance(kept, Story)
    os.chown(host.file("conf.d"), 65534, -1)
    back = rollback(kept.opening.change, site_of(host))
    assert (back.state, texts(host)) == (State.KEPT, OLD)
    again = apply(order_for(host), site_of(host))
    assert isinstance(again, Story)
    assert (again.state, texts(host)) == (State.REFUSED, OLD)
    assert 'write trusted_owners = ["nobody"] under [policy]' in (again.records[-1].detail or "")


def test_no_variable_moves_the_clock_of_a_window(tmp_path: Path) -> None:
    """Zones come from the system: somebody else's Berlin is not the one that the window was signed for."""
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Berlin").write_bytes(Path("/usr/share/zoneinfo/UTC").read_bytes())
    zoneinfo.reset_tzpath(to=[str(tmp_path)])  # as PYTHONTZPATH does
    try:
        assert local_time(datetime(2026, 7, 1, 12, tzinfo=UTC), "Europe/Berlin").hour == 14
    finally:
        zoneinfo.reset_tzpath()
    for name in ("Mars/Olympus", "../../etc/passwd", "/etc/localtime", ""):
        with pytest.raises(UsageError, match="knows no time zone"):
            local_time(datetime(2026, 7, 1, 12, tzinfo=UTC), name)


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another group, which takes root")
def test_another_group_of_a_changed_file_stops_no_way_back(host: Recorded) -> None:
    """Nobody but root may write there: it was an administrator, and the bytes are ours."""
    story = apply(order_for(host, timedelta(hours=1)), site_of(host))
    assert isinstance(story, Story)
    assert story.state is State.CONFIRMING
    os.chown(host.file("a.conf"), -1, 8)
    assert rollback(story.opening.change, site_of(host)).state is State.UNDONE
    assert texts(host) == OLD
