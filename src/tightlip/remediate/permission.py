"""Whether a plan may be applied: the policy's count of valid approvals, each by a trusted key, in its window."""

from collections.abc import Callable, Iterator
from datetime import datetime

from msgspec import Struct

from tightlip.model.counting import counted
from tightlip.model.errors import UsageError
from tightlip.remediate.approval import Approval, is_genuine
from tightlip.remediate.plan import Plan
from tightlip.remediate.window import covers, read_window

# A moment by the clock of a zone; it asks the machine's time zone files, and so comes from above.
LocalTime = Callable[[str], datetime]


class Policy(Struct, frozen=True, kw_only=True):
    """How many approvals a plan needs, by which keys (text form).

    ``own`` are the keys that lie where the applier could use them; with ``separate`` they do not count.
    ``trusted_owners`` are the users and ``%groups`` besides root and the applier who may write the files that change.
    """

    approvals: int = 0
    keys: tuple[str, ...] = ()
    separate: bool = False
    own: tuple[str, ...] = ()
    trusted_owners: tuple[str, ...] = ()


class Permitted(Struct, frozen=True, kw_only=True):
    """The plan may be applied; ``by`` are those who approved it, none where no approval is asked for."""

    by: tuple[str, ...]


class Refused(Struct, frozen=True, kw_only=True):
    """It may not, and why: what is wrong with each approval that was given."""

    why: str


def permission(
    plan: Plan, approvals: tuple[Approval, ...], policy: Policy, now: datetime, local: LocalTime
) -> Permitted | Refused:
    """Decide at ``now`` (UTC); ``local`` gives that same moment by a zone's clock."""
    if policy.approvals <= 0:
        return Permitted(by=())
    valid: dict[str, Approval] = {}
    complaints = []
    for approval in approvals:
        if why := next(_objections(approval, plan, policy, now, local), None):
            complaints.append(f"that of {approval.by}: {why}")
        else:
            valid[approval.key] = approval
    if len(valid) >= policy.approvals:
        return Permitted(by=tuple(each.by for each in valid.values()))
    needs = f"{counted(policy.approvals, 'approval')} needed, {len(valid)} valid"
    return Refused(why="; ".join([needs, *complaints]))


def _objections(approval: Approval, plan: Plan, policy: Policy, now: datetime, local: LocalTime) -> Iterator[str]:
    if approval.plan != plan.hash:
        yield "it is for another plan, or the plan was altered since"
    if approval.host != plan.host:
        yield "it is for another host"
    if not is_genuine(approval):
        yield "its signature is not genuine"
    if approval.key not in {key.split(" ", 1)[0] for key in policy.keys}:
        yield "its key is not among the policy's"
    if policy.separate and approval.key in policy.own:
        yield "its key is the applier's own, and the policy wants them separate"
    if now >= approval.expires:
        yield f"it expired on {approval.expires:%Y-%m-%d %H:%M} UTC"
    if now < approval.made:
        yield "it is from the future; are the clocks right?"
    if approval.window is not None and (why := _outside(approval.window, local)):
        yield why


def _outside(text: str, local: LocalTime) -> str | None:
    try:
        window = read_window(text)
        return None if covers(window, local(window.zone)) else f"it is now outside of its window, {text}"
    except UsageError as error:  # a zone that this machine does not know, for instance
        return error.message
