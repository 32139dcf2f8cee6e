"""``tightlip approve``: put a key under exactly one plan."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tightlip.cli._command import Command, Stage
from tightlip.cli._output import say
from tightlip.cli._secrets import secret_from, secret_typed
from tightlip.config.keys import LockedKey, load_key
from tightlip.model.errors import Exit
from tightlip.workflows.approval_gate import approvals_of
from tightlip.workflows.approving import Terms, keys_folder, read_plan
from tightlip.workflows.approving import approve as sign_plan


def approve(
    plan: Path,
    /,
    *,
    by: str,
    window: str | None = None,
    days: Annotated[int, Parameter(validator=Number(gte=1, lte=366))] = 14,
    key: str = "default",
    passphrase_file: Path | None = None,
) -> int:
    """Approve a plan: sign its hash, its host, the window and the day the approval ends.

    The approval is written beside the plan and goes with it. It says that the holder of the key agreed to this very
    plan; it does not say that anybody read it. Read it first: tightlip plan shows what it does.

    Parameters
    ----------
    plan
        The plan's file.
    by
        Who approves: a name and, best of all, a change number.
    window
        When it may be applied: "Sat 02:00-04:00 Europe/Berlin". Without it, at any time.
    days
        For how many days the approval holds.
    key
        The name of the key, see 'tightlip key'.
    passphrase_file
        A file, readable by nobody else, whose first line is the key's passphrase.
    """
    terms = Terms(by=by, window=window, days=days)
    read_plan(plan)  # before a key, which may be missing, or wants a passphrase
    try:
        private = load_key(keys_folder(), key, secret_from(passphrase_file).encode() if passphrase_file else None)
    except LockedKey:
        private = load_key(keys_folder(), key, secret_typed(f"Passphrase of {key}").encode())
    approval = sign_plan(plan, private, terms)
    within = f", {approval.window}" if approval.window else ""
    say(f"Plan {approval.plan[:12]} for {approval.host} is approved until {approval.expires:%Y-%m-%d}{within}.")
    say(f"The approval is in {approvals_of(plan)}")
    return Exit.OK


COMMAND = Command(Stage.MEND, approve)
