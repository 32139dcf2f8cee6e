"""``tightlip accept``: let a finding stand until a day, with a reason."""

import getpass
from dataclasses import dataclass

from cyclopts import Parameter

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import say
from tightlip.cli._store import open_for
from tightlip.config.entries import parse_until
from tightlip.model.errors import Exit, UsageError


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
    if not acceptance.reason.strip():
        raise UsageError("--reason is empty", "say why the finding may stand")
    until = parse_until(acceptance.until, "--until")
    with open_for(acceptance.store) as store:
        kept = store.accept(finding, acceptance.reason, until, acceptance.by or _own_name())
    say(f"accepted until {until:%Y-%m-%d}: {kept.finding.rule} of {kept.finding.subject}")
    return Exit.OK


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a bare number, as in some containers
        raise UsageError("it cannot be told who you are", "say who accepts the risk: --by NAME") from None


COMMAND = Command(Stage.PROVE, accept)
