"""What the report of an audit is made of: hosts with their postures and findings, and the run they are of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from msgspec import Struct

from tightlip.model.finding import Finding, FindingState
from tightlip.model.host_view import Assessed
from tightlip.model.posture import Posture
from tightlip.model.run import Run, Summary


class AuditedInstance(Struct, frozen=True, kw_only=True):
    """One instance of a product: its linked posture, and the files that were read for it, the main file first."""

    posture: Posture
    files: tuple[str, ...]


class AuditedHost(Struct, frozen=True, kw_only=True):
    """One host: its instances, what the rules say of them, what a probe heard; ``faults`` say where we failed."""

    host: str
    instances: tuple[AuditedInstance, ...]
    findings: tuple[tuple[Finding, FindingState], ...] = ()
    heard: tuple[Assessed, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """An audit on its way to its reader; ``hosts`` may be read once, ``summary`` called after the last of them."""

    run: Run
    hosts: Iterable[AuditedHost]
    summary: Callable[[], Summary]
