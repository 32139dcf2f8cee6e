"""What was heard before a change, turned into what must be so again after an undo."""

from collections.abc import Iterable

from tightlip.model.verdict import Verdict
from tightlip.remediate.plan import Expectation
from tightlip.remediate.proof import Witness

# Of a state that could not be asked before nothing can be demanded afterwards.
_SAID_NOTHING = frozenset({Verdict.INCONCLUSIVE})


def earlier(witnesses: Iterable[Witness]) -> tuple[Expectation, ...]:
    """One expectation for each endpoint that said something: the mechanisms it listed, or that it was closed."""
    return tuple(
        Expectation(endpoint=each.endpoint, closed=True, proxied=each.proxied)
        if each.verdict is Verdict.UNREACHABLE
        else Expectation(endpoint=each.endpoint, kept=each.mechanisms or (), proxied=each.proxied)
        for each in witnesses
        if each.verdict not in _SAID_NOTHING
    )
