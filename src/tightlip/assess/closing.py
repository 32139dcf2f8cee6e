"""How a run closes: which exit code applies first, and the one line that says why."""

from msgspec import Struct

from tightlip.model.errors import Exit


class Account(Struct, frozen=True):
    """What an exit code depends on.

    ``doubts`` counts inconclusive endpoints, and unreachable ones that were named with their port.
    """

    interrupted: str | None = None
    faults: int = 0
    refused: int = 0
    open_findings: int = 0
    doubts: int = 0
    bad_lines: int = 0


def closing(account: Account) -> tuple[Exit, str]:
    """The first exit code that applies, with its reason."""
    if account.interrupted is not None:
        return Exit.INTERRUPTED, f"interrupted; {account.interrupted}"
    if account.faults:
        return Exit.FAULT, f"{_many(account.faults, 'internal error')}: a fault of tightlip's, please report it"
    if account.bad_lines:
        return Exit.USAGE, f"{_many(account.bad_lines, 'target line')} could not be read; the rest was asked"
    if account.refused:
        return (
            Exit.SCOPE,
            f"{_many(account.refused, 'target')} outside the scope; the rest was asked. To allow: tightlip scope allow",
        )
    if account.open_findings:
        return Exit.FINDINGS, f"{_many(account.open_findings, 'open finding')}"
    if account.doubts:
        return Exit.DOUBT, f"of {_many(account.doubts, 'endpoint')} nothing certain could be said"
    return Exit.OK, "nothing found, nothing in doubt"


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
