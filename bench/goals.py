"""What the project promises of its speed and memory, held against the results of one bench run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from arena import Result

Reached = dict[str, dict[str, list[Result]]]
ENGINE_MIB = 64
COMMAND_MIB = 128
GROWTH_MIB = 4
START_SECONDS = 0.35
# In the sweep's and the delayed race's own labels: (race, ours, other, least ratio).
RATIOS = (
    ("sweep", "tightlip, no store, no output", "C floor", 0.50),
    ("sweep", "tightlip, no store, no output", "nmap, best settings", 3.0),
    ("sweep", "tightlip, store and JSON Lines", "C floor", 0.40),
    ("delayed", "tightlip, no store, no output", "nmap, best settings", 4.0),
    ("delayed", "tightlip, no store, no output", "nmap, default", 30.0),
)
SILENT_SHARE = 0.93


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One promise: what was wanted, what was reached."""

    title: str
    wanted: str
    reached: str
    met: bool


def judge(results: Reached, starts: Sequence[float]) -> list[Goal]:
    """Return the goals that this run's results can say something about."""
    goals = [*_ratios(results), *_silent(results.get("silent", {})), *_memory(results)]
    if results.get("lossless"):
        goals.append(Goal(title="every host in the rows", wanted="all", reached="all", met=True))
    if starts:
        took = median(starts)
        title = "`./tightlip --version`"
        goals.append(
            Goal(title=title, wanted=f"< {START_SECONDS} s", reached=f"{took:.2f} s", met=took < START_SECONDS)
        )
    return goals


def ratio(runs: Sequence[Result], others: Sequence[Result]) -> float:
    """The median of the rates' ratios, each taken within one round."""
    return median(run.rate / other.rate for run, other in zip(runs, others, strict=True))


def _ratios(results: Reached) -> Iterator[Goal]:
    for race, ours, other, least in RATIOS:
        runs, others = results.get(race, {}).get(ours), results.get(race, {}).get(other)
        if runs and others:
            reached = ratio(runs, others)
            title = f"{race}: {ours} / {other}"
            yield Goal(title=title, wanted=f"≥ {least:.2f}", reached=f"{reached:.2f}", met=reached >= least)


def _silent(results: dict[str, list[Result]]) -> Iterator[Goal]:
    if results:
        run = list(results.values())[-1][-1]
        # The time-out is 1 s, so concurrency / time-out is the concurrency.
        share = run.rate / run.load.concurrency
        title = f"{run.rows:,} silent targets: share of concurrency / time-out"
        yield Goal(title=title, wanted=f"≥ {SILENT_SHARE}", reached=f"{share:.2f}", met=share >= SILENT_SHARE)


def _memory(results: Reached) -> Iterator[Goal]:
    runs = [run for race in results.values() for several in race.values() for run in several]
    ours = [run.usage for run in runs if run.client.name.startswith("tightlip")]
    if ours:
        yield _below("engine process, largest peak", max(usage.engine_kib for usage in ours), ENGINE_MIB)
        yield _below("command process, largest peak", max(usage.command_kib for usage in ours), COMMAND_MIB)
    silent = [several[-1] for several in results.get("silent", {}).values()]
    if len(silent) > 1:
        few, many = silent[-2], silent[-1]
        span = f"grows from {few.rows:,} to {many.rows:,} targets"
        yield _below(f"engine process {span}", many.usage.engine_kib - few.usage.engine_kib, GROWTH_MIB)
        yield _below(f"command process {span}", many.usage.command_kib - few.usage.command_kib, GROWTH_MIB)


def _below(title: str, kib: int, limit_mib: int) -> Goal:
    return Goal(title=title, wanted=f"< {limit_mib} MiB", reached=f"{kib / 1024:.1f} MiB", met=kib < limit_mib * 1024)
