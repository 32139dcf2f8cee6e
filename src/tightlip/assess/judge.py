"""Judging a host view: every rule is asked, in order, and says what holds and what is proven not to hold."""

from collections.abc import Iterator
from functools import cache

from tightlip import registry
from tightlip.model.host_view import HostView
from tightlip.rules._rule import Judgement, Rule


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its name, in order."""
    found = registry.gather("rules", Rule).values()
    return {rule.name: rule for rule in sorted(found, key=lambda rule: rule.name)}


def judge(view: HostView) -> Iterator[Judgement]:
    """Findings, and proofs that a rule does not hold of a subject."""
    for rule in rules().values():
        yield from rule.judge(view)
