"""One endpoint answers differently from one asking to the next: several servers stand behind it.

Flags:
    An endpoint that was asked more than once, under another name, or at several addresses, and that disclosed or took
    NTLM at one time and refused it at another.

Why it matters:
    A balancer in front of several servers, or an address with several sites, shows a scanner one of them at a time. A
    server that was forgotten goes on leaking, and a single scan may miss it.

Mends it:
    Mend every node. Ask each by its own address, or scan with --thorough and a larger --repeat until all agree.

References:
    RFC 4422.
"""

from collections.abc import Sequence

from tightlip.model.finding import Remediation, RemediationKind, Severity
from tightlip.model.host_view import Assessed
from tightlip.model.verdict import Verdict
from tightlip.rules._facts import is_proven_closed
from tightlip.rules._rule import RFC_4422, Answer, Holds, Proven, Rule

_MEND_EVERY_NODE = Remediation(RemediationKind.ADVISE, "Mend every node behind this endpoint, and ask each of them.")
# An answer that says something of NTLM; a doubt differs from nothing.
_DEFINITE = (Verdict.DISCLOSES, Verdict.OFFERS, Verdict.CLEAN)


def condition(assessed: Assessed) -> Answer:
    """Whether repeated askings of one address came to different verdicts."""
    if assessed.observation.answers:  # most are asked once, and every one of them comes by here
        counts = {each.verdict: each.times for each in assessed.observation.answers if each.verdict in _DEFINITE}
        if len(counts) > 1:
            return _differs(", ".join(f"{verdict} {_times(times)}" for verdict, times in counts.items()))
    return Proven.NOT if is_proven_closed(assessed) else None


def pooled(addresses: Sequence[Assessed]) -> Answer:
    """Whether the addresses of one endpoint came to different verdicts."""
    verdicts: dict[Verdict, list[str]] = {}
    for each in addresses:
        if each.assessment.verdict in _DEFINITE:
            verdicts.setdefault(each.assessment.verdict, []).append(each.observation.address or "")
    if len(verdicts) > 1:
        return _differs("; ".join(f"{verdict} at {', '.join(some)}" for verdict, some in verdicts.items()))
    return Proven.NOT if all(map(is_proven_closed, addresses)) else None


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _differs(told: str) -> Holds:
    return Holds(summary=f"answers differ: {told}", proof=told, remediations=(_MEND_EVERY_NODE,))


RULE = Rule(condition=condition, pooled=pooled, severity=Severity.MEDIUM, references=(RFC_4422,))
