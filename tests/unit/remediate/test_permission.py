"""May this plan be applied now: the policy's count of valid approvals, by its keys, in their window."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from tests.unit.remediate.plans import Part, a_plan
from tests.unit.remediate.test_approval import KEY, NOW, OTHER, approval
from tightlip.model.errors import UsageError
from tightlip.remediate.approval import Approval, key_text, sign
from tightlip.remediate.permission import Permitted, Policy, Refused, permission
from tightlip.remediate.plan import Plan

PLAN = a_plan(Part(path=Path("/etc/dovecot/dovecot.conf")))
KEYS = (f"{key_text(KEY.public_key())} anna", key_text(OTHER.public_key()))


def given(plan: Plan = PLAN, key: Any = KEY, **parts: Any) -> Approval:
    """A genuine approval of the plan."""
    return sign(approval(plan=plan.hash, host=plan.host, **parts), key)


def decide(
    *approvals: Approval, policy: Policy | None = None, plan: Plan = PLAN, now: datetime = NOW
) -> Permitted | Refused:
    """The decision of a policy that wants one approval."""
    return permission(plan, approvals, policy or Policy(approvals=1, keys=KEYS), now, lambda zone: at(now, zone))


def at(now: datetime, zone: str) -> datetime:
    """A moment by a zone's clock; no zone is called Nowhere."""
    if zone == "Nowhere":
        raise UsageError("this machine knows no time zone Nowhere")
    return now.astimezone(ZoneInfo(zone))


def test_without_a_policy_nobody_is_asked() -> None:
    """And bad approvals do no harm."""
    assert decide(policy=Policy()) == Permitted(by=())
    assert decide(approval(), policy=Policy()) == Permitted(by=())


def test_one_approval_is_enough_where_one_is_needed() -> None:
    """Bad ones beside it do no harm; who approved is told."""
    assert decide(given(), approval(by="mallory")) == Permitted(by=("anna",))


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (given(plan=replace(PLAN, goal="require-tls")), "another plan, or the plan was altered"),
        (sign(approval(plan=PLAN.hash, host="mx2"), KEY), "another host"),
        (replace(given(), by="bert"), "not genuine"),
        (replace(given(), signature=""), "not genuine"),
        (given(expires=NOW), "expired on 2026-11-24 12:00 UTC"),
        (given(made=NOW + timedelta(seconds=1)), "from the future"),
        (given(window="Sat 02:00-04:00 UTC"), "outside of its window"),
        (given(window="Tue 13:00-14:00 UTC"), "outside of its window"),
        (given(window="whenever"), "is no window"),
        (given(window="Tue 11:00-14:00 Nowhere"), "knows no time zone Nowhere"),
    ],
)
def test_a_bad_approval_is_refused_with_its_reason(bad: Approval, why: str) -> None:
    """It names who gave it, and how many are missing."""
    decision = decide(bad)
    assert isinstance(decision, Refused)
    assert "1 approval needed, 0 valid" in decision.why
    assert why in decision.why


def test_a_plan_that_was_altered_after_its_approval_is_refused() -> None:
    """One path is enough: the hash is another."""
    altered = a_plan(Part(path=Path("/etc/passwd")))
    assert isinstance(decide(given(), plan=altered), Refused)


def test_inside_of_its_window_it_holds() -> None:
    """12:00 UTC on a Tuesday in November is 13:00 in Berlin."""
    assert isinstance(decide(given(window="Tue 13:00-14:00 Europe/Berlin")), Permitted)


def test_a_key_that_the_policy_does_not_name_does_not_count() -> None:
    """However genuine its signature is."""
    decision = decide(given(key=OTHER), policy=Policy(approvals=1, keys=KEYS[:1]))
    assert isinstance(decision, Refused)
    assert "not among the policy's" in decision.why


def test_the_same_key_twice_counts_once() -> None:
    """Under two names, with two windows; another key makes it two."""
    policy = Policy(approvals=2, keys=KEYS)
    assert isinstance(decide(given(), given(by="bert"), policy=policy), Refused)
    assert decide(given(), given(by="bert", key=OTHER), policy=policy) == Permitted(by=("anna", "bert"))


def test_separate_keeps_the_appliers_own_key_out() -> None:
    """It counts where the policy does not ask for it; another's key counts."""
    own = (key_text(KEY.public_key()),)
    strict = Policy(approvals=1, keys=KEYS, separate=True, own=own)
    refused = decide(given(), policy=strict)
    assert isinstance(refused, Refused)
    assert "applier's own" in refused.why
    assert isinstance(decide(given(), policy=replace(strict, separate=False)), Permitted)
    assert isinstance(decide(given(key=OTHER), policy=strict), Permitted)
