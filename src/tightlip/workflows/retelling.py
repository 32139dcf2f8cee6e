"""Telling a run again from the store, as the report it was."""

import re
from collections.abc import Iterator
from shlex import quote

from msgspec.structs import replace

from tightlip import __version__
from tightlip.config.folders import default_store
from tightlip.model.errors import UsageError
from tightlip.model.host_view import Assessed
from tightlip.model.observation import observation_id
from tightlip.model.run import Run, Summary
from tightlip.reports._report import Entry, Report
from tightlip.store.contract import Store
from tightlip.store.opening import is_at
from tightlip.targets.reaching import Unreached
from tightlip.workflows.tally import account_of, stored_tally, summarise

AGAIN = "run it again: a re-test of withdrawn services is not resumed"

# As a run's last line has it: its store is named bare, or quoted as shlex does.
_WAY_ON = r"""go on with: tightlip scan --resume {}(?: --store (?:'[^']*'(?:"'"'[^']*')*|[^\s']+))?"""


def retell(store: Store, name: str) -> Report:
    """The report of a run that the store holds; one that was cut off is told as far as it came.

    What another version judged keeps its verdicts. Its run cannot be resumed, whatever its closing line says of that.
    UsageError for an audit that asked nobody: its page shows the configuration, which is not kept.
    """
    kept = store.run(name)
    summary = kept.summary or _unfinished(store, kept.run)
    if not kept.run.seed and not summary.endpoints:
        raise UsageError(
            f"run {kept.run.id} was an audit, of which the findings alone are kept",
            "see: tightlip findings; for the whole page audit again",
        )
    if kept.judged_by != __version__:
        end = re.sub(_WAY_ON.format(re.escape(kept.run.id)), lambda _: f"cut off under {kept.judged_by}", summary.why)
        summary = replace(summary, why=end)
    return Report(run=summary.run, entries=retold(store, kept.run.id), summary=lambda: summary)


def retold(store: Store, run: str) -> Iterator[Entry]:
    """What the store holds of a run, a page at a time; the silent ports of hosts and networks were only counted."""
    return (entry for _, entry in retold_with_positions(store, run))


def retold_with_positions(store: Store, run: str) -> Iterator[tuple[int, Entry]]:
    """The same, each with its target's place in the order of the run."""
    for told in store.entries(run):
        observation = told.kept.observation
        name = observation_id(run, observation)
        yield told.kept.position, Entry(Assessed(observation, told.kept.assessment, name), told.findings)


def way_on(run: Run, store: Store) -> str:
    """How to go on with a run that was cut off; where its store is not the usual one, with its place.

    Never with a password that the store's URL may have had.
    """
    if not run.is_resumable:
        return AGAIN
    place = quote(store.place.replace(":***@", "@"))
    own = "" if is_at(store, default_store()) else f" --store {place}"
    return f"go on with: tightlip scan --resume {run.id}{own}"


def _unfinished(store: Store, run: Run) -> Summary:
    """What a run that was cut off had come to at its last commit."""
    tally = stored_tally(store, store.resume_point(run.id))
    return summarise(run, tally, account_of(tally, Unreached(), way_on(run, store), 0), 0)
