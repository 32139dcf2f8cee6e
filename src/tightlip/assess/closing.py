"""How a run closes: which exit code applies first, and the one line that says why."""

from msgspec import Struct

from tightlip.model.counting import counted
from tightlip.model.errors import Exit


class Account(Struct, frozen=True):
    """What an exit code depends on.

    ``inconclusive`` counts endpoints; ``unreached`` those that were named with their port and took no connection;
    ``hosts_unreached`` and ``networks_unreached`` what was named without a port and of which nothing was reached;
    ``unresolved`` the names without an address. ``asked`` and ``answered`` count the endpoints that were asked and that
    took a connection; ``accepted`` the findings that somebody let stand, ``still_standing`` those of earlier runs that
    stand open though this one asked their endpoint and did not find them again; ``refused_target`` is the first target
    that lay outside the scope.
    """

    interrupted: str | None = None
    faults: int = 0
    refused: int = 0
    refused_target: str = ""
    open_findings: int = 0
    accepted: int = 0
    inconclusive: int = 0
    unreached: int = 0
    hosts_unreached: int = 0
    networks_unreached: int = 0
    unresolved: int = 0
    still_standing: int = 0
    bad_lines: int = 0
    asked: int = 0
    answered: int = 0


def closing(account: Account) -> tuple[Exit, str]:
    """The first exit code that applies, with its reason, and the findings and doubts that it would hide."""
    findings = counted(account.open_findings, "open finding")
    besides = f"; {findings}" if account.open_findings else ""
    if account.interrupted is not None:
        return Exit.INTERRUPTED, f"interrupted{besides}; {account.interrupted}"
    if account.faults:
        faults = counted(account.faults, "internal error")
        return Exit.FAULT, f"{faults}: a fault of tightlip's, please report it{besides}"
    if account.bad_lines:
        return Exit.USAGE, f"{counted(account.bad_lines, 'target line')} could not be read{besides}"
    if account.refused:
        return Exit.SCOPE, f"{_refused(account)} outside the scope{besides}. See: tightlip scope allow --help"
    if account.open_findings:
        return Exit.FINDINGS, "; ".join([findings, *_doubts(account)])
    if doubt := doubt_of(account):
        return Exit.DOUBT, doubt
    if account.accepted:
        return Exit.OK, f"no open findings; {account.accepted:,} accepted"
    return Exit.OK, "nothing found, nothing in doubt"


def doubt_of(account: Account) -> str:
    """What could not be told, each kind with its number; "" where everything could."""
    doubts = _doubts(account)
    if doubts or account.answered:
        return "; ".join(doubts)
    return "nothing answered" if account.asked else "nothing was asked"


def _doubts(account: Account) -> list[str]:
    """Each kind of doubt with its number."""
    told = [
        f"{counted(account.inconclusive, 'endpoint')} inconclusive" if account.inconclusive else "",
        _unreached(account.unreached, "named endpoint"),
        _unreached(account.hosts_unreached, "host"),
        _unreached(account.networks_unreached, "network"),
        f"{counted(account.unresolved, 'name')} without an address" if account.unresolved else "",
        still_standing(account.still_standing),
    ]
    return [each for each in told if each]


def still_standing(number: int) -> str:
    """What is said of findings of earlier runs that were not found again and were not closed; "" of none."""
    stands = "stands" if number == 1 else "stand"
    return f"{counted(number, 'earlier finding')} still {stands} open" if number else ""


def _unreached(number: int, noun: str) -> str:
    return f"{counted(number, noun)} {'was' if number == 1 else 'were'} not reached" if number else ""


def _refused(account: Account) -> str:
    if account.refused == 1 and account.refused_target:
        return f"{account.refused_target} is"
    return f"{counted(account.refused, 'target')} {'is' if account.refused == 1 else 'are'}"
