"""Ways back while the service is stopped: what was silent is not demanded, and a dead server leaves nothing stuck."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.crash.practice_product import CHECK, product_named
from tests.crash.recorded import (
    ENDPOINT,
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
from tightlip.cli._changes import exit_of, told
from tightlip.config.changes import ChangeFolder
from tightlip.model.errors import Exit, TightlipError
from tightlip.products._product import Commands, Hup
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.remediate.plan import ReloadHup
from tightlip.workflows.change.driving import Site
from tightlip.workflows.changing import Order, apply, recover, rollback

TEN_MINUTES = timedelta(minutes=10)
START_IT = "practice does not run: start it"


@pytest.fixture
def host(tmp_path: Path) -> Recorded:
    """A host whose reload fails where its server does not run."""
    made = raise_host(tmp_path)
    made.faults = Faults(strict=True)
    return made


def stop(host: Recorded) -> None:
    """End its server."""
    host.remember({})


def start(host: Recorded) -> None:
    """Start it: it reads its files."""
    host.remember({name: text.decode() for name, text in texts(host).items()})


def kept(host: Recorded, span: timedelta | None = None) -> ChangeFolder:
    """The plan, applied."""
    apply(order_for(host, span), site_of(host))
    return changes_of(host)[0]


def test_a_rollback_of_a_stopped_service_is_done_and_not_proved(host: Recorded) -> None:
    """The files are back, which is said, with what is to be done; the exit code is that of a doubt."""
    change = kept(host)
    stop(host)
    story = rollback(change.id, site_of(host))
    assert (story.state, story.unproved, texts(host), leftovers(host)) == (State.KEPT, START_IT, OLD, [])
    assert exit_of(story) is Exit.DOUBT
    assert f"is done: the files are back.\nNot proved: {START_IT}.\n" in told(story)
    start(host)
    assert recover(site_of(host)) == ()


def test_a_change_that_waits_is_undone_though_the_service_is_stopped(host: Recorded) -> None:
    """No server that does not run keeps it from its end."""
    change = kept(host, TEN_MINUTES)
    stop(host)
    story = rollback(change.id, site_of(host))
    assert (story.state, story.unproved, texts(host), leftovers(host)) == (State.UNDONE, START_IT, OLD, [])
    assert (exit_of(story), START_IT in told(story)) == (Exit.DOUBT, True)


def test_a_rollback_that_is_stuck_ends_once_the_service_is_started(host: Recorded) -> None:
    """What was silent when it began need not be closed afterwards: else no state of the server would let it end."""
    change = kept(host)
    stop(host)
    host.faults = Faults(strict=True, hangs=True)
    assert rollback(change.id, site_of(host)).state is State.STUCK
    start(host)
    ((_, story),) = recover(site_of(host))
    assert (story.state, texts(host), host.memory()) == (State.UNDONE, NEW, NEW)
    assert story.unproved == "nothing answered before, and so nothing could be demanded now"
    assert f"the files of {change.id} are in place" in told(story)


def test_what_a_change_has_closed_is_demanded_open_by_its_rollback_and_closed_again_by_the_way_back(
    host: Recorded,
) -> None:
    """It was silent because of the change."""
    plan = order_for(host).plan
    closing = replace(plan, expectations=(replace(plan.expectations[0], withdrawn=(), kept=(), closed=True),))
    run = host.run

    def closes(command: object) -> object:
        ran = run(command)  # type: ignore[arg-type]  # handed on as it came
        if texts(host) == NEW:
            stop(host)
        return ran

    host.run = closes  # type: ignore[method-assign,assignment]  # the new files close the port
    host.faults = Faults(hangs=True)  # its other services run
    change = apply(Order(plan=closing, file=host.folder / "plan.json"), site_of(host))
    assert isinstance(change, Story)
    assert (change.state, host.memory()) == (State.KEPT, {})
    host.faults = Faults(check=True, hangs=True)
    failed = rollback(change.opening.change, site_of(host))
    assert (failed.state, host.memory()) == (State.UNDONE, {})
    host.faults = Faults(hangs=True)
    assert rollback(change.opening.change, site_of(host)).state is State.KEPT
    assert host.memory() == OLD


def test_what_was_silent_and_stays_so_is_told_as_not_proved(host: Recorded) -> None:
    """The server runs, takes its reload, and answers nobody, before as after."""
    change = kept(host)
    stop(host)
    host.faults = Faults(hangs=True)
    run = host.run
    host.run = lambda _command: run(CHECK)  # type: ignore[method-assign,assignment]  # nothing comes of the reload
    story = rollback(change.id, site_of(host))
    assert (story.state, texts(host)) == (State.KEPT, OLD)
    assert story.unproved == f"silent before, and not as it was before the change: {ENDPOINT}"


def test_a_server_that_is_told_by_a_signal_has_to_run_for_a_change(host: Recorded) -> None:
    """It is said before anything is written."""
    plan = order_for(host).plan
    order = Order(
        plan=replace(plan, products=(replace(plan.products[0], reload=ReloadHup()),)), file=host.folder / "plan.json"
    )
    site = hanging_up(host)
    stop(host)
    with pytest.raises(TightlipError, match="no process runs practice") as caught:
        apply(order, site)
    assert (caught.value.exit_code, texts(host), changes_of(host)) == (Exit.REFUSED, OLD, ())


def hanging_up(host: Recorded) -> Site:
    """The host, with a product that is told by a signal."""
    site = site_of(host)
    plug = replace(product_named("practice"), commands=lambda _: Commands(check=(CHECK,), reload=Hup()))
    return replace(site, gate=replace(site.gate, product=lambda _: plug))
