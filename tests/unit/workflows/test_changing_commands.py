"""The products' own commands, missing or gone: said before anything is written, and no reason to be stuck later."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

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
from tightlip.model.errors import Exit, TightlipError
from tightlip.products._product import Absent, Command, Ran
from tightlip.remediate._instructions import Check, Instruction, Prove
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.workflows.change.steps import carry_out
from tightlip.workflows.change.work import Trouble, Work
from tightlip.workflows.changing import Nothing, apply, check, recover, rollback

GONE = Faults(gone=True)


@pytest.fixture
def host(tmp_path: Path) -> Recorded:
    """A host whose server offers NTLM."""
    return raise_host(tmp_path)


def applied(host: Recorded, when: type[Instruction], faults: Faults) -> State:
    """Apply the plan while right before an instruction something begins to go wrong; how it ends."""
    site = replace(site_of(host), perform=failing(host, when, faults))
    story = apply(order_for(host), site)
    assert not isinstance(story, Nothing)
    return story.state


def failing(
    host: Recorded, when: type[Instruction], faults: Faults
) -> Callable[[Instruction, Work, Story], Trouble | None]:
    """Carries instructions out with faults from one of them on."""

    def perform(instruction: Instruction, work: Work, story: Story) -> Trouble | None:
        if isinstance(instruction, when):
            host.faults = faults
        return carry_out(instruction, work, story)

    return perform


@pytest.mark.parametrize("how", [apply, check])
def test_a_command_that_is_not_installed_is_said_before_anything_is_written(
    host: Recorded, how: Callable[..., object]
) -> None:
    """By its name, with exit code 6; also by a mere check."""
    host.faults = Faults(missing=True)
    with pytest.raises(TightlipError, match="practice-check is not installed") as caught:
        how(order_for(host), site_of(host))
    assert caught.value.exit_code is Exit.REFUSED
    assert (texts(host), changes_of(host), host.calls) == (OLD, (), [])


def test_a_rollback_looks_for_its_commands_as_well(host: Recorded) -> None:
    """The change stays in force, and another rollback can be tried."""
    apply(order_for(host), site_of(host))
    (change,) = changes_of(host)
    host.faults = Faults(missing=True)
    with pytest.raises(TightlipError, match="practice-check is not installed"):
        rollback(change.id, site_of(host))
    assert (texts(host), changes_of(host)) == (NEW, (change,))
    host.faults = Faults()
    assert rollback(change.id, site_of(host)).state is State.KEPT


def test_where_nothing_was_reloaded_a_reload_that_cannot_run_is_no_reason_to_be_stuck(host: Recorded) -> None:
    """The server never heard of the new files: that it runs as before is proved instead, and the reason is told."""
    assert applied(host, Check, GONE) is State.UNDONE
    assert (texts(host), host.memory(), leftovers(host)) == (OLD, OLD, [])


def test_where_nothing_was_reloaded_a_server_that_does_otherwise_is_still_stuck(host: Recorded) -> None:
    """Somebody else had it read the new files meanwhile: the proof notices."""
    run = host.run

    def told_by_another(command: Command) -> Ran | Absent:
        host.remember({name: text.decode() for name, text in NEW.items()})
        return run(command)

    host.run = told_by_another  # type: ignore[method-assign]  # somebody's reload, at this moment
    assert applied(host, Check, GONE) is State.STUCK
    assert texts(host) == OLD


def test_once_a_reload_was_begun_the_way_back_needs_one(host: Recorded) -> None:
    """Else the server would go on with the new files: stuck, until the command is there again."""
    assert applied(host, Prove, replace(GONE, deaf=True)) is State.STUCK
    assert (texts(host), host.memory()) == (OLD, NEW)
    host.faults = Faults()
    ((_, story),) = recover(site_of(host))
    assert (story.state, host.memory()) == (State.UNDONE, OLD)
