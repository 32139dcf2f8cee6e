"""Progress on stderr: a bar that is true on a terminal, JSON lines for programs, nothing elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tightlip.workflows import scan


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
    elif form is StatusForm.BAR or (form is StatusForm.AUTO and sys.stderr.isatty()):
        with _bar() as show:
            yield show
    else:
        yield _ignore


def _write_json(progress: scan.Progress) -> None:
    line = msgspec.json.encode({"record": "status", "schema": 1, **msgspec.structs.asdict(progress)})
    sys.stderr.write(line.decode() + "\n")


def _ignore(_progress: scan.Progress) -> None:
    """Nobody watches."""


@contextmanager
def _bar() -> Iterator[Callable[[scan.Progress], None]]:
    """Counts targets whose every endpoint is done; the text tells the verdicts so far."""
    columns = (
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} targets"),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    # Results have standard output for themselves: a bar that catches it would send them to stderr.
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
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
