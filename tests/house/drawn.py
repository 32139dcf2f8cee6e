"""A pytest plugin that ./check loads: it spreads tests over workers, and of those that are many of a kind it runs some.

`@pytest.mark.drawn(4)` says that one in four of a test's cases is enough for a day, `drawn(4, "plays")` says it of all
tests with this word. They are drawn by a seed that is told at the end; `TIGHTLIP_DRAW_SEED` draws the same again.
Without this plugin all are run: `./check long` does that.

A file is one worker's, from its first test to its last, for its tests share what costs much to make; but see `ALONE`
and `SERVERS`.
"""

import os
from collections.abc import Iterator, Sequence
from random import Random
from secrets import token_hex

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_SEED = "TIGHTLIP_DRAW_SEED"

# What takes longest, by how its id begins: a worker that began one of these last would keep the others waiting.
LONGEST = (
    "tests/model/test_thorough.py",
    "tests/unit/remediate/test_ansible.py",
    "tests/crash/test_matrix.py",
    "tests/unit/syntax/test_hostile.py",
    "tests/unit/workflows/test_resume.py",
    "tests/unit/store/test_crashing.py",
    "tests/unit/workflows/test_interruption.py",
    "tests/unit/reports/test_large.py",
    "tests/unit/cli/test_streams.py",
    "tests/unit/cli/test_scan_unreached.py",
    "tests/unit/remediate/test_exchange_scripts.py",
    "tests/unit/store/test_many.py",
    "tests/model/test_polite.py",
    "tests/real/test_noise.py::test_a_scan_leaves_little_in_the_logs[dovecot:",
    "tests/real/test_kills.py",
    "tests/real/test_rendered_plans.py::test_the_playbook",
    "tests/real/test_rendered_guard.py",
    "tests/real/test_outage.py",
    "tests/real/test_unreloaded.py",
    "tests/real/test_trial.py",
    "tests/real/test_truth_table.py",
    "tests/real/test_noise.py::test_courier",
    "tests/real/test_circle.py",
    "tests/real/test_goals.py",
    "tests/real/test_gssapi_circle.py",
    "tests/real/test_gssapi_chroot.py",
    "tests/real/test_interruption.py",
    "tests/real/test_noise.py",
    "tests/real/test_life_of_findings.py",
    "tests/real/test_behind_a_proxy.py",
)

# The tests of these share nothing: any worker takes the next of them.
ALONE = frozenset(
    {
        "tests/unit/remediate/test_ansible.py",
        "tests/real/test_rendered_guard.py",
        "tests/real/test_outage.py",
        "tests/real/test_rendered_plans.py",
        "tests/real/test_trial.py",
        "tests/real/test_unreloaded.py",
        "tests/real/test_circle.py",
        "tests/real/test_goals.py",
        "tests/real/test_gssapi_circle.py",
        "tests/real/test_gssapi_chroot.py",
    }
)

# The tests of these share a server, whose name their ids tell up to a colon; the first two one visit to it as well.
SERVERS = {
    "tests/real/test_truth_table.py": "visits to",
    "tests/real/test_servers_answer.py": "visits to",
    "tests/real/test_noise.py": "noise of",
}


def pytest_configure() -> None:
    """Choose a seed; the workers inherit it, since all of them have to draw the same."""
    os.environ.setdefault(_SEED, token_hex(4))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not drawn, and begin with the longest."""
    drawn = set(_drawn(items))
    config.hook.pytest_deselected(items=[item for item in items if item not in drawn])
    items[:] = sorted((item for item in items if item in drawn), key=_place)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Hand out groups of tests in the order in which they were put."""
    config.option.loadscopereorder = False
    return _Scheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell the seed."""
    terminalreporter.write_line(f"where some cases of many were run they were drawn by {_SEED}={os.environ[_SEED]}")


def _drawn(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    many: dict[tuple[str, int], list[pytest.Item]] = {}
    for item in items:
        mark = item.get_closest_marker("drawn")
        if mark is None:
            yield item
        else:
            one_in, *word = mark.args
            many.setdefault((word[0] if word else item.nodeid.partition("[")[0], one_in), []).append(item)
    for (kind, one_in), cases in many.items():
        yield from Random(f"{os.environ[_SEED]} {kind}").sample(cases, -(-len(cases) // one_in))


def _place(item: pytest.Item) -> int:
    return next((place for place, name in enumerate(LONGEST) if item.nodeid.startswith(name)), len(LONGEST))


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells no types
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(test: str) -> str:
    """What is the same for all tests that one worker has to run, by their ids."""
    file, _, name = test.partition("::")
    if file in ALONE:
        return test
    if file in SERVERS and ":" in name.partition("[")[2]:
        return f"{SERVERS[file]} {name.partition('[')[2].partition(':')[0]}"
    return file
