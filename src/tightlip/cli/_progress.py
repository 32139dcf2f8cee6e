"""Progress on stderr: a bar that is true on a terminal, JSON lines elsewhere: few, or for programs all of them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column

from tightlip.workflows import scan

# Seconds between two lines in a log that somebody may read, or that cron sends as a mail.
_SELDOM = 60.0
_BAR_WIDTH = 20


class StatusForm(StrEnum):
    """How progress is shown."""

    AUTO = "auto"
    BAR = "bar"
    JSON = "json"
    NONE = "none"


@contextmanager
def watcher(form: StatusForm) -> Iterator[Callable[[scan.Progress], None]]:
    """What to call with every progress."""
    if form is StatusForm.JSON:
        yield _write_json
    elif form is StatusForm.NONE:
        yield _ignore
    elif form is StatusForm.BAR or sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _seldom()


def _seldom() -> Callable[[scan.Progress], None]:
    """A line a minute, which shows that a long scan lives, and the last one."""
    told = 0.0

    def show(progress: scan.Progress) -> None:
        nonlocal told
        if progress.ended or progress.elapsed - told >= _SELDOM:
            told = progress.elapsed
            _write_json(progress)

    return show


def _write_json(progress: scan.Progress) -> None:
    line = msgspec.json.encode({"record": "status", "schema": 1, **msgspec.structs.asdict(progress)})
    sys.stderr.write(line.decode() + "\n")


def _ignore(_progress: scan.Progress) -> None:
    """Nobody watches."""


@contextmanager
def _bar() -> Iterator[Callable[[scan.Progress], None]]:
    """Counts targets whose every endpoint is done; the text tells the verdicts so far."""
    # Results have standard output for themselves: a bar that catches it would send them to stderr.
    bar = Progress(*_columns(), console=Console(stderr=True), expand=True, transient=True, redirect_stdout=False)
    task = bar.add_task("", total=None)

    def show(progress: scan.Progress) -> None:
        told = ", ".join(f"{count:,} {verdict}" for verdict, count in progress.verdicts.items())
        bar.update(task, completed=progress.targets, total=progress.total, description=told or "dialling")
        if progress.ended:
            bar.stop()
        else:
            bar.start()

    try:
        yield show
    finally:
        bar.stop()


def _columns() -> tuple[ProgressColumn, ...]:
    """Only the verdicts are cut to what is left; on a terminal narrower than the rest the bar is shorter."""
    return (
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} targets", table_column=Column(no_wrap=True)),
        BarColumn(_BAR_WIDTH),
        TimeElapsedColumn(Column(no_wrap=True)),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
    )
