"""``tightlip accept``: let a finding stand until a day, with a reason."""

import getpass
from dataclasses import dataclass

from cyclopts import Parameter

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import say
from tightlip.cli._store import open_for
from tightlip.config.entries import parse_until


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """Why, until when, on whose word."""

    reason: str
    "Why the finding may stand; it is kept."
    until: str
    "The last day it may stand, such as 2027-06-30."
    by: str | None = None
    "Who accepts the risk. Default: the name you are logged in by."
    store: str | None = None
    "Where findings are kept. Default: TIGHTLIP_STORE, else the embedded file."


def accept(finding: str, /, acceptance: Acceptance) -> int:
    """Accept a finding until a day; after that day it is open again.

    FINDING is its id, or a beginning that no other shares.
    """
    until = parse_until(acceptance.until)
    with open_for(acceptance.store) as store:
        kept = store.accept(finding, acceptance.reason, until, acceptance.by or getpass.getuser())
    say(f"accepted until {until:%Y-%m-%d}: {kept.finding.rule} of {kept.finding.subject}")
    return 0


COMMAND = Command(Stage.PROVE, accept)
