"""Trying a plan beside the running service before anything of it is written."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from tightlip.config.changes import ChangeFolder
from tightlip.products._product import Absent
from tightlip.remediate.lifecycle import Event
from tightlip.remediate.plan import Expectation, Plan
from tightlip.syntax.spans import digest
from tightlip.workflows.change.files import new_text
from tightlip.workflows.change.ground import Dies, Differs, Ground, Lives, OutOfReach, TrialOrder, TrialOutcome, Untried
from tightlip.workflows.change.work import Trouble

# What ends a process is told, and the rest only where nothing does.
_WORDS = ("fatal|panic", r"error|fail\w*|warning", "")
_TROUBLES = tuple(re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for words in _WORDS)
_MOST_LINES = 5
_WAY_ON = (
    ". A reload may stop it, and putting the plan's files back would not help: see what was edited since it read them. "
    "Where nothing was, and it needs a service that a trial does not reach: --untried"
)


class Attempt(Struct, frozen=True, kw_only=True):
    """What is tried: the product of number ``number`` of a plan, called ``title``; ``source`` is rolled back."""

    plan: Plan
    number: int
    title: str
    source: ChangeFolder | None = None


def try_out(ground: Ground, attempt: Attempt) -> TrialOutcome:
    """Try the product with its files as they are, and with those that it would get."""
    return ground.try_out(_order(ground, attempt))


def trouble_of(outcome: TrialOutcome, attempt: Attempt, doubt: Callable[[str], object]) -> Trouble | None:
    """What of the service answers now, and would not after a reload; ``doubt`` is told what was not tried."""
    match outcome:
        case Lives():
            return None
        case Untried(why):
            doubt(f"{attempt.title} was not tried beforehand with the planned files: {why}")
            return None
        case Dies(said=said):
            return Trouble(event=Event.FAILED, detail=_words_of(outcome, attempt), told=_telling(said))
        case Differs(said=said) | OutOfReach(said=said):
            return Trouble(event=Event.FAILED, detail=_words_of(outcome, attempt) + _WAY_ON, told=_telling(said))
    assert_never(outcome)


def try_written(ground: Ground, attempt: Attempt, expected: Iterable[Expectation]) -> Trouble | None:
    """Whether a reload would stop what answers now, with what we have written and what others have edited.

    What shows nothing hinders nothing: a way has to be gone to its end.
    """
    outcome = ground.try_out(_order_of(attempt, expected))
    if not isinstance(outcome, Differs | OutOfReach):
        return None
    detail = f"{attempt.title} was not reloaded. {_words_of(outcome, attempt)}. See what else was edited since"
    return Trouble(event=Event.FAILED, detail=detail, told=_telling(outcome.said))


def _words_of(outcome: Dies | Differs | OutOfReach, attempt: Attempt) -> str:
    title = attempt.title
    match outcome:
        case Dies(at=at):
            form = "planned files" if attempt.source is None else "files of before the change"
            return f"tried beside the running service, {title} does not answer with the {form}: {_listed(at)}"
        case Differs(at=at):
            return f"{title} answers, and started on its current files it does not: {_listed(at)}"
        case OutOfReach(why=why):
            return f"{title} runs, and by its current files a reload would not reach it: {why}"
    assert_never(outcome)


def _listed(at: Mapping[str, str]) -> str:
    return "; ".join(f"{endpoint}: {why}" for endpoint, why in at.items())


def _order(ground: Ground, attempt: Attempt) -> TrialOrder:
    now, planned = dict[str, bytes](), dict[str, bytes]()
    for file in attempt.plan.products[attempt.number].files:
        found = ground.take(file.path)
        if not isinstance(found, Absent):
            now[file.path] = planned[file.path] = found.content
            if digest(found.content) == file.before:
                planned[file.path] = new_text(attempt.source, file, found.content)
    expected = attempt.plan.expectations if attempt.source is None else attempt.plan.restored
    return replace(_order_of(attempt, expected), now=now, planned=planned)


def _order_of(attempt: Attempt, expected: Iterable[Expectation]) -> TrialOrder:
    """With the files as they are."""
    products = attempt.plan.products
    return TrialOrder(
        instance=products[attempt.number].instance,
        # What greets after a PROXY header alone is not asked.
        endpoints=tuple(each.endpoint for each in expected if not (each.closed or each.proxied is True)),
        beside=tuple(each.product for at, each in enumerate(products) if at != attempt.number and each.files),
    )


def _telling(said: tuple[str, ...]) -> tuple[str, ...]:
    """The last of the lines that say what went wrong, each once, whenever and by whichever process it was said."""
    telling = next((found for each in _TROUBLES if (found := list(filter(each.search, said)))), [])
    return tuple({line.partition(": ")[2]: line for line in telling}.values())[-_MOST_LINES:]
