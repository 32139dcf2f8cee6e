"""Trying a plan beside the running service before anything of it is written."""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from tightlip.config.changes import ChangeFolder
from tightlip.products._product import Absent
from tightlip.remediate.lifecycle import Event
from tightlip.remediate.plan import Plan
from tightlip.syntax.spans import digest
from tightlip.workflows.change.files import new_text
from tightlip.workflows.change.ground import Dies, Differs, Ground, Lives, TrialOrder, Untried
from tightlip.workflows.change.work import Trouble

# What ends a process is told, and the rest only where nothing does.
_WORDS = ("fatal|panic", r"error|fail\w*|warning", "")
_TROUBLES = tuple(re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for words in _WORDS)
_MOST_LINES = 5
_OTHERS = (
    ". A reload may stop it, and putting the plan's files back would not help: see what was edited since it read them. "
    "Where nothing was, and it needs a service that a trial does not reach: --untried"
)


class Attempt(Struct, frozen=True, kw_only=True):
    """What is tried: the product of number ``number`` of a plan, called ``title``; ``source`` is what it takes back."""

    plan: Plan
    number: int
    title: str
    source: ChangeFolder | None = None


def try_out(ground: Ground, attempt: Attempt, doubt: Callable[[str], object]) -> Trouble | None:
    """Whether the product would still answer; ``doubt`` is told what was not tried.

    Only what answers now, and would not after a reload, is a trouble.
    """
    order = _order(ground, attempt)
    if order.now == order.planned:
        return None
    match ground.try_out(order):
        case Lives():
            return None
        case Untried(why):
            doubt(f"{attempt.title} was not tried beforehand with the planned files: {why}")
            return None
        case Dies(at=at, said=said):
            form = "planned files" if attempt.source is None else "files of before the change"
            return _trouble(
                f"tried beside the running service, {attempt.title} does not answer with the {form}", at, said
            )
        case Differs(at=at, said=said):
            return _trouble(f"{attempt.title} answers, and started on its current files it does not", at, said, _OTHERS)


def _trouble(what: str, at: Mapping[str, str], said: tuple[str, ...], way_on: str = "") -> Trouble:
    where = "; ".join(f"{endpoint}: {why}" for endpoint, why in at.items())
    return Trouble(event=Event.FAILED, detail=f"{what}: {where}{way_on}", told=_telling(said))


def _order(ground: Ground, attempt: Attempt) -> TrialOrder:
    plan, product = attempt.plan, attempt.plan.products[attempt.number]
    now, planned = dict[str, bytes](), dict[str, bytes]()
    for file in product.files:
        found = ground.take(file.path)
        if not isinstance(found, Absent):
            now[file.path] = planned[file.path] = found.content
            if digest(found.content) == file.before:
                planned[file.path] = new_text(attempt.source, file, found.content)
    expected = plan.expectations if attempt.source is None else plan.restored
    return TrialOrder(
        instance=product.instance,
        now=now,
        planned=planned,
        # What greets after a PROXY header alone is not asked.
        endpoints=tuple(each.endpoint for each in expected if not (each.closed or each.proxied is True)),
        beside=tuple(each.product for at, each in enumerate(plan.products) if at != attempt.number and each.files),
    )


def _telling(said: tuple[str, ...]) -> tuple[str, ...]:
    """The last of the lines that say what went wrong, each once, whenever and by whichever process it was said."""
    telling = next((found for each in _TROUBLES if (found := list(filter(each.search, said)))), [])
    return tuple({line.partition(": ")[2]: line for line in telling}.values())[-_MOST_LINES:]
