"""``tightlip forget``: remove what the store knows of a host, or from before a day."""

from dataclasses import dataclass

from cyclopts import Parameter

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import say
from tightlip.cli._store import open_for
from tightlip.config.entries import parse_until
from tightlip.model.counting import counted
from tightlip.model.endpoint import read_endpoint
from tightlip.model.errors import Exit, UsageError


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much."""

    before: str | None = None
    "Forget all that was seen before this day (2026-01-31) and not since."
    store: str | None = None
    "Where it is kept. Default: TIGHTLIP_STORE, else the embedded file."


def forget(host: str | None = None, /, extent: Extent = Extent()) -> int:
    """Remove observations and findings of HOST (a name or an address), or from before a day; the file is vacuumed."""
    if (host is None) == (extent.before is None):
        raise UsageError("say what to forget", "either a host, or --before 2026-01-31")
    with open_for(extent.store) as store:
        if host is not None:
            gone = store.forget_host(_host_of(host))
        else:
            day = parse_until(extent.before, "--before").replace(hour=0, minute=0, second=0)
            gone = store.forget_before(day)
    told = ", ".join(
        (counted(gone.observations, "observation"), counted(gone.findings, "finding"), counted(gone.runs, "run"))
    )
    say(f"forgotten: {told}")
    if gone.beside:
        names = ", ".join(gone.beside)
        say(f"with that went every finding of {names}, at other addresses too: scan what you still look after")
    if gone.unresumable:
        say(f"{counted(gone.unresumable, 'interrupted run')} can no longer be resumed")
    return Exit.OK


def _host_of(given: str) -> str:
    """The host of an endpoint as findings are listed by, or what was given."""
    if "://" not in given:
        return given
    try:
        return read_endpoint(given).host
    except ValueError:
        raise UsageError(f"{given} is no endpoint", "name its host: tightlip forget mail.example.org") from None


COMMAND = Command(Stage.PROVE, forget)
