"""Trying a plan beside the running service before anything of it is written."""

import re
from collections.abc import Callable

from tightlip.products._product import Absent
from tightlip.remediate.lifecycle import Event
from tightlip.remediate.plan import Plan
from tightlip.syntax.spans import digest
from tightlip.workflows.change.files import patched
from tightlip.workflows.change.ground import Dies, Ground, TrialOrder, Untried
from tightlip.workflows.change.work import Trouble

# What ends a process is told, and the rest only where nothing does.
_WORDS = ("fatal|panic", r"error|fail\w*|warning", "")
_TROUBLES = tuple(re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for words in _WORDS)
_MOST_LINES = 5


def try_out(ground: Ground, plan: Plan, number: int, title: str, doubt: Callable[[str], object]) -> Trouble | None:
    """Whether the product of this number, called ``title``, would still answer; ``doubt`` is told what was not tried.

    Only what answers beside the running service with the files of now, and not with the planned ones, is a trouble.
    """
    order = _order(ground, plan, number)
    if order.now == order.planned:
        return None
    outcome = ground.try_out(order)
    if isinstance(outcome, Untried):
        doubt(f"{title} was not tried beforehand with the planned files: {outcome.why}")
    if not isinstance(outcome, Dies):
        return None
    at = "; ".join(f"{endpoint}: {why}" for endpoint, why in outcome.at.items())
    detail = f"tried beside the running service, {title} does not answer with the planned files: {at}"
    return Trouble(event=Event.FAILED, detail=detail, told=_telling(outcome.said))


def _order(ground: Ground, plan: Plan, number: int) -> TrialOrder:
    now, planned = dict[str, bytes](), dict[str, bytes]()
    for file in plan.products[number].files:
        found = ground.take(file.path)
        if not isinstance(found, Absent):
            now[file.path] = found.content
            planned[file.path] = patched(file, found.content) if digest(found.content) == file.before else found.content
    return TrialOrder(
        instance=plan.products[number].instance,
        now=now,
        planned=planned,
        # What greets after a PROXY header alone is not asked.
        endpoints=tuple(each.endpoint for each in plan.expectations if not (each.closed or each.proxied is True)),
        beside=tuple(each.product for at, each in enumerate(plan.products) if at != number and each.files),
    )


def _telling(said: tuple[str, ...]) -> tuple[str, ...]:
    """The last of the lines that say what went wrong, each once, whenever and by whichever process it was said."""
    telling = next((found for each in _TROUBLES if (found := list(filter(each.search, said)))), [])
    return tuple({line.partition(": ")[2]: line for line in telling}.values())[-_MOST_LINES:]
