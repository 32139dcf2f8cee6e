"""Judging a host view: every rule is asked, in order, and says what holds and what is proven not to hold."""

from collections.abc import Iterator, Sequence
from functools import cache

from tightlip import registry
from tightlip.assess.joining import joined
from tightlip.model.host_view import Assessed, HostView
from tightlip.rules._rule import Judgement, Rule


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its name, in order."""
    found = registry.gather("rules", Rule).values()
    return {rule.name: rule for rule in sorted(found, key=lambda rule: rule.name)}


def judge(view: HostView) -> Iterator[Judgement]:
    """Findings, and proofs that a rule does not hold of a subject; postures have to be linked already."""
    if view.postures:
        for rule in rules().values():
            yield from joined(rule, view)
    else:
        for assessed in view.assessed:
            subject = str(assessed.observation.endpoint)
            for rule in _listening():
                if said := rule.judge(assessed, subject):
                    yield said


def judge_pool(addresses: Sequence[Assessed]) -> Iterator[Judgement]:
    """What rules say of all addresses of one endpoint together, of which there have to be several."""
    subject = str(addresses[0].observation.endpoint)
    for rule in rules().values():
        if rule.pooled and (said := rule.judge_pool(addresses, subject)):
            yield said


@cache
def _listening() -> tuple[Rule, ...]:
    """The rules that can say something of observations alone: a sweep asks no others."""
    return tuple(rule for rule in rules().values() if rule.condition)
