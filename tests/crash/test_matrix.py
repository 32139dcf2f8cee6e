"""kill -9 at any point of a change: recovery leaves the host wholly old or wholly new, and the change closed.

`./check` tries one in eight of the points, drawn by a seed that it prints (`TIGHTLIP_KILL_SEED` draws them again);
`./check long` tries all of them (`TIGHTLIP_KILL_ALL=true`).
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

import pytest

from tests.crash.killing import by_instruction, in_child, killed_at, points_of
from tests.crash.recorded import (
    NEW,
    NO_FAULTS,
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
from tests.house.told import Tell
from tightlip.remediate.lifecycle import ENDS, State
from tightlip.workflows.change.driving import Site, story_of
from tightlip.workflows.changing import apply, recover, rollback

pytestmark = pytest.mark.slow  # thousands of processes

KILLS_EVERYWHERE = os.environ.get("TIGHTLIP_KILL_ALL") == "true"
SEED = os.environ.get("TIGHTLIP_KILL_SEED") or token_hex(4)

HOUR = timedelta(hours=1)
Make = Callable[[Path], Recorded]
Work = Callable[[Recorded, Site], object]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: thousands of changes wait for the disk otherwise."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(dir=memory) as name:
        yield Path(name)


def old_host(folder: Path) -> Recorded:
    """Nothing has been changed yet."""
    return raise_host(folder)


def changed_host(folder: Path) -> Recorded:
    """A plan was applied and kept."""
    host = raise_host(folder)
    apply(order_for(host), site_of(host))
    return host


def applying(host: Recorded, site: Site) -> object:
    """Apply the plan."""
    return apply(order_for(host), site)


def applying_for_an_hour(host: Recorded, site: Site) -> object:
    """Apply the plan, to be confirmed within an hour."""
    return apply(order_for(host, HOUR), site)


def rolling_back(host: Recorded, site: Site) -> object:
    """Roll the only change back."""
    return rollback(changes_of(host)[0].id, site)


def going_on(_host: Recorded, site: Site) -> object:
    """Recover."""
    return recover(site)


def taking_back(_host: Recorded, site: Site) -> object:
    """Recover by putting everything back."""
    return recover(site, take_back="by hand")


# (name, the host, what is killed, what goes wrong, how it is recovered, how much later, how it may end)
SCENARIOS: list[tuple[str, Make, Work, Faults, Work, timedelta, set[str]]] = [
    ("apply, then go on", old_host, applying, NO_FAULTS, going_on, timedelta(), {"old", "new"}),
    ("apply, then take back", old_host, applying, NO_FAULTS, taking_back, timedelta(), {"old", "new"}),
    ("check fails", old_host, applying, Faults(check=True), going_on, timedelta(), {"old"}),
    ("reload fails", old_host, applying, Faults(reload=True), going_on, timedelta(), {"old"}),
    ("server does not come back", old_host, applying, Faults(dies=True), going_on, timedelta(), {"old"}),
    ("commands are gone", old_host, applying, Faults(gone=True), going_on, timedelta(), {"old"}),
    ("proof fails", old_host, applying, Faults(deaf=True), going_on, timedelta(), {"old"}),
    ("not confirmed in time", old_host, applying_for_an_hour, NO_FAULTS, going_on, 2 * HOUR, {"old"}),
    ("rollback, then go on", changed_host, rolling_back, NO_FAULTS, going_on, timedelta(), {"old", "new"}),
    ("rollback, then take back", changed_host, rolling_back, NO_FAULTS, taking_back, timedelta(), {"old", "new"}),
    ("rollback, check fails", changed_host, rolling_back, Faults(check=True), going_on, timedelta(), {"new"}),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[each[0] for each in SCENARIOS])
def test_a_kill_at_any_point_is_recovered(
    scenario: tuple[str, Make, Work, Faults, Work, timedelta, set[str]], folder: Path, record_property: Tell
) -> None:
    """Before, after and within every instruction, between journal and instruction, and in the middle of a write."""
    title, make, work, faults, repair, later, endings = scenario
    passed, tried = Counter[str](), Counter[str]()
    bad: list[str] = []
    points = _points(folder, make, work, faults)
    assert len(points) > 100
    for number in _drawn(len(points), title):
        inside, label = points[number]
        host = make(folder / str(number))
        host.faults = faults
        assert _killed(host, work, number) == -9
        tried[inside] += 1
        assert in_child(lambda host=host: _repaired(host, repair, later)) == 0  # type: ignore[misc]  # bound at once
        wrong = _wrong(host, endings)
        passed[inside] += not wrong
        bad += [f"point {number}, {inside}, {label}: {each}" for each in wrong]
    record_property("told", f"kill -9, {title}: {passed.total()}/{tried.total()}{_of(len(points))}")
    print(by_instruction(passed, tried))
    assert bad == []


STATES = [
    State.APPROVED,
    State.GUARDING,
    State.BACKING_UP,
    State.WRITING,
    State.CHECKING,
    State.RELOADING,
    State.PROVING,
    State.SETTLING,
]


@pytest.mark.parametrize("repair", [going_on, taking_back])
@pytest.mark.parametrize("state", STATES)
def test_a_killed_recovery_is_recovered(state: State, repair: Work, folder: Path, record_property: Tell) -> None:
    """An apply is killed as it enters a state, its recovery at each of its own points, and the next one ends it."""
    points = [label for _, label in _points(folder, lambda path: _cut_off(path, state), repair, NO_FAULTS)]
    what = f"{state}, then {repair.__name__}".replace("_", " ")
    bad, well = list[str](), 0
    numbers = _drawn(len(points), what)
    for number in numbers:
        host = _cut_off(folder / str(number), state)
        assert _killed(host, repair, number) == -9
        assert in_child(lambda host=host: _repaired(host, repair, timedelta())) == 0  # type: ignore[misc]  # at once
        wrong = _wrong(host, {"old", "new"})
        well += not wrong
        bad += [f"point {number}, {points[number]}: {each}" for each in wrong]
    record_property("told", f"kill -9 again, {what}: {well}/{len(numbers)}{_of(len(points))}")
    assert bad == []
    assert points


def _drawn(points: int, what: str) -> list[int]:
    """The points to kill at."""
    if KILLS_EVERYWHERE:
        return list(range(points))
    return sorted(random.Random(f"{SEED} {what}").sample(range(points), -(-points // 8)))


def _of(points: int) -> str:
    return "" if KILLS_EVERYWHERE else f" of {points} points, seed {SEED}"


def _points(folder: Path, make: Make, work: Work, faults: Faults) -> list[tuple[str, str]]:
    host = make(folder / "counted")
    host.faults = faults
    log = folder / "points"
    assert killed_at(None, log, site_of(host), lambda site: work(host, site)) == 0
    return points_of(log)


def _killed(host: Recorded, work: Work, number: int) -> int:
    return killed_at(number, host.folder / "log", site_of(host), lambda site: work(host, site))


def _cut_off(folder: Path, state: State) -> Recorded:
    """A host whose change was killed right after its journal said that it had come into a state."""
    host = raise_host(folder)
    assert applying(host, site_of(host))
    (change,) = changes_of(host)
    lines = change.read("journal.jsonl") or b""
    whole = story_of(change)
    at = next(number for number, record in enumerate(whole.records) if record.state is state)
    (change.path / "journal.jsonl").write_bytes(b"".join(lines.splitlines(keepends=True)[: at + 2]))
    if state in (State.APPROVED, State.GUARDING, State.BACKING_UP, State.WRITING):
        for name, text in OLD.items():
            host.file(name).write_bytes(text)
    if state in STATES[: STATES.index(State.RELOADING) + 1]:
        host.remember({name: text.decode() for name, text in OLD.items()})
    return host


def _repaired(host: Recorded, repair: Work, later: timedelta) -> None:
    host.later = later
    repair(host, site_of(host))


def _wrong(host: Recorded, endings: set[str]) -> list[str]:
    """What is not as it has to be after a recovery."""
    now = texts(host)
    name = "old" if now == OLD else "new" if now == NEW else f"a mixture {now}"
    found = [f"the files are {name}"] if name not in endings else []
    if host.memory() != now:
        found.append(f"the server runs with {host.memory()}")
    found += [f"{each.id} is {story_of(each).state}" for each in changes_of(host) if story_of(each).state not in ENDS]
    if host.file("a.conf").stat().st_mode & 0o777 != 0o640:
        found.append("the mode was lost")
    return found + leftovers(host)
