"""``tightlip forget``: remove what the store knows of a host, or from before a day."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cyclopts import Parameter

from tightlip.cli._command import Command, Stage
from tightlip.cli._hosts import host_of
from tightlip.cli._output import say
from tightlip.cli._store import open_for
from tightlip.config.entries import parse_until
from tightlip.model.counting import counted
from tightlip.model.errors import Exit, UsageError
from tightlip.store.values import Forgotten


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much."""

    before: str | None = None
    "Forget all that was seen before this day (2026-01-31) and not since."
    store: str | None = None
    "Where it is kept. Default: TIGHTLIP_STORE, else the embedded file."


def forget(host: str | None = None, /, extent: Extent = Extent()) -> int:
    """Remove all observations and findings of HOST, or those from before a day; the file is vacuumed.

    HOST is a name or an address. Of an endpoint (pop3://mail.example.org:110, mail.example.org:110) its host is meant:
    what was found at the host's other ports goes too.
    """
    if (host is None) == (extent.before is None):
        raise UsageError("say what to forget", "either a host, or --before 2026-01-31")
    if host is not None:
        _forget_host(host_of(host), extent.store)
    else:
        _forget_before(_day(extent.before), extent.store)
    return Exit.OK


def _forget_host(host: str, place: str | None) -> None:
    with open_for(place) as store:
        gone = store.forget_host(host)
    if gone == Forgotten():
        raise UsageError(f"the store knows nothing of {host}", "see what was asked: tightlip runs")
    say(f"forgotten of {host}: {counted(gone.observations, 'observation')}, {counted(gone.findings, 'finding')}")
    if gone.beside:
        names = ", ".join(gone.beside)
        say(f"with that went every finding of {names}, at other addresses too: scan what you still look after")
    if gone.named:
        say(f"it was struck from the targets of {counted(gone.named, 'run')}")
    if gone.unresumable:
        say(f"{counted(gone.unresumable, 'interrupted run')} can no longer be resumed")


def _forget_before(day: datetime, place: str | None) -> None:
    with open_for(place) as store:
        gone = store.forget_before(day)
    told = (counted(gone.observations, "observation"), counted(gone.findings, "finding"), counted(gone.runs, "run"))
    say(f"forgotten: {', '.join(told)}")


def _day(written: str | None) -> datetime:
    """The beginning of a day that has begun: what lies before one to come is everything."""
    day = parse_until(written, "--before").replace(hour=0, minute=0, second=0)
    if day > (now := datetime.now(UTC)):
        raise UsageError(f"--before {day:%Y-%m-%d} is in the future", f"give a day up to today, {now:%Y-%m-%d} (UTC)")
    return day


COMMAND = Command(Stage.PROVE, forget)
