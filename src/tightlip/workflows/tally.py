"""The tally of a run: everything its summary and its exit code are made of, kept with every commit."""

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from tightlip.assess.closing import Account, closing
from tightlip.model.finding import Finding, FindingState
from tightlip.model.run import AND_MORE, THE_REST, Authority, NotAsked, Run, Summary, Unasked
from tightlip.model.verdict import Verdict
from tightlip.store.contract import Store
from tightlip.store.values import ResumePoint
from tightlip.targets.reaching import Unreached

_ACCEPTED = FindingState.ACCEPTED
_STANDING = (FindingState.OPEN, FindingState.REGRESSED)
_REFUSED = (Unasked.OUT_OF_SCOPE, Unasked.NEVER_DIALLED, Unasked.SCOPE_ENDED)


class Tally(Struct):
    """What a run has come to so far; kept with every commit, so that a resumed run counts on.

    Of the ``doubts``, ``unreached`` are endpoints that were named; ``hosts_unreached`` are bare single hosts besides.
    ``closed`` are endpoints that refused the connection, where just that was hoped for.
    """

    endpoints: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    open_findings: int = 0
    accepted: int = 0
    doubts: int = 0
    faults: int = 0
    targets: int = 0
    refused: int = 0
    unresolved: int = 0
    not_asked: list[NotAsked] = field(default_factory=list)
    unlisted: dict[Unasked, int] = field(default_factory=dict)
    scope: list[Authority] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    unreached: int = 0
    hosts_unreached: int = 0
    closed: int = 0

    def count(self, finding: Finding, state: FindingState) -> None:
        """Count a finding that stands open, or was accepted."""
        self.accepted += state is _ACCEPTED
        if state in _STANDING:
            self.open_findings += 1
            self.findings[finding.severity] = self.findings.get(finding.severity, 0) + 1


def stored_tally(store: Store, point: ResumePoint) -> Tally:
    """The tally at a run's last commit. Findings are counted anew: their states are known only after a commit."""
    tally = msgspec.msgpack.decode(point.tally, type=Tally) if point.tally else Tally()
    tally.findings, tally.open_findings, tally.accepted = {}, 0, 0
    for kept in store.findings_of(point.run.id):
        tally.count(kept.finding, kept.state)
    return tally


def account_of(tally: Tally, unreached: Unreached, interrupted: str | None, bad_lines: int) -> Account:
    """What the exit code of a run depends on; ``unreached`` is what the walk knows of, besides the tally."""
    beyond = [each.target for each in tally.not_asked if each.why in _REFUSED]
    return Account(
        interrupted=interrupted,
        faults=tally.faults,
        refused=tally.refused,
        refused_target=beyond[0] if beyond else "",
        open_findings=tally.open_findings,
        accepted=tally.accepted,
        inconclusive=tally.doubts - tally.unreached,
        unreached=tally.unreached,
        hosts_unreached=tally.hosts_unreached + unreached.hosts,
        networks_unreached=unreached.networks,
        unresolved=tally.unresolved,
        bad_lines=bad_lines,
        asked=tally.endpoints,
        answered=tally.endpoints - tally.verdicts.get(Verdict.UNREACHABLE, 0) + tally.closed,
    )


def summarise(run: Run, tally: Tally, account: Account, left: int) -> Summary:
    """The closing count of a run; ``left`` counts the targets of one that was cut off, 0 where nobody knows."""
    code, why = closing(account)
    not_asked = tally.not_asked + [NotAsked(AND_MORE, why, count) for why, count in tally.unlisted.items()]
    if account.interrupted is not None:
        not_asked.append(NotAsked(THE_REST, Unasked.INTERRUPTED, max(1, left)))
    source = run.source if run.source != "auto" else ", ".join(sorted(tally.sources)) or run.source
    return Summary(
        replace(run, scope=tuple(tally.scope), source=source),
        tally.targets,
        tally.endpoints,
        tally.verdicts,
        tally.findings,
        code,
        why,
        tuple(not_asked),
        tally.faults,
    )
