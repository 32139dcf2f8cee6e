"""Turns results into Markdown: a table for each race, its commands, and the goals with what was reached."""

import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

from arena import Result
from goals import Goal, ratio
from races import Race

Results = dict[str, list[Result]]


def race_table(race: Race, results: Results, work: Path) -> list[str]:
    """Return the race's section: medians over its rounds, ratios as the median of each round's own ratio."""
    head = ["client", "hosts", "hosts/s", "CPU µs/host", "command MiB", "engine MiB", "× floor", "× nmap best"]
    lines = [f"### {race.title}", "", _row(head), _row(["---", *["---:"] * (len(head) - 1)])]
    for label, runs in results.items():
        lines.append(_row([label, *_figures(runs), *_ratios(results, runs)]))
    busiest = max(run.bystanders for runs in results.values() for run in runs)
    lines += ["", f"Rounds: {race.rounds}. Other programs took at most {busiest:.0%} of the machine. Commands:", ""]
    lines.append("```sh")
    lines += [shlex.join(_command(entrant.client.command(entrant.load, work), work)) for entrant in race.entrants]
    return [*lines, "```", ""]


def goal_table(goals: Sequence[Goal]) -> list[str]:
    """Return the goals with wanted and reached value; nothing when no goal was tried."""
    if not goals:
        return []
    lines = ["### Goals", "", _row(["goal", "wanted", "reached", "met"]), _row(["---", "---:", "---:", "---"])]
    lines += [_row([goal.title, goal.wanted, goal.reached, "yes" if goal.met else "**no**"]) for goal in goals]
    return [*lines, ""]


def _figures(runs: Sequence[Result]) -> list[str]:
    return [
        f"{runs[0].rows:,}",
        f"{_median(runs, lambda run: run.rate):,.0f}",
        f"{_median(runs, lambda run: run.cpu_us):,.0f}",
        _mib(run.usage.command_kib for run in runs),
        _mib(run.usage.engine_kib for run in runs),
    ]


def _ratios(results: Results, runs: Sequence[Result]) -> list[str]:
    references = (results.get("C floor"), results.get("nmap, best settings"))
    return [f"{ratio(runs, reference):.2f}" if reference else "" for reference in references]


def _median(runs: Sequence[Result], figure: Callable[[Result], float]) -> float:
    return median(map(figure, runs))


def _mib(peaks: Iterable[int]) -> str:
    peak = max(peaks)
    return f"{peak / 1024:.1f}" if peak else ""


def _command(words: Sequence[str], work: Path) -> list[str]:
    return [word.replace(str(work), "/tmp/bench") for word in words]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
