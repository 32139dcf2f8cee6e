"""The gate before a change: whether the policy of this host lets the plan be applied now."""

import os
from datetime import UTC, datetime, tzinfo
from errno import ENOENT
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from tightlip.config.keys import public_keys
from tightlip.config.policy import read_policy
from tightlip.files.read import read_once
from tightlip.files.trust import refuse_untrusted
from tightlip.model.errors import Exit, TightlipError, UsageError
from tightlip.products._product import Absent
from tightlip.remediate.approval import Approval, decode_lines
from tightlip.remediate.permission import Refused, permission
from tightlip.remediate.plan import Plan, decode
from tightlip.workflows.change.author import keys_folders

_LARGEST = 1 << 20
# Where systems keep the zones (zoneinfo's own default).
_ZONES = ("/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo")
_HINT = "have it approved: tightlip approve PLAN --by NAME"


def permit(plan: Plan, plan_file: Path, now: datetime) -> tuple[str, ...]:
    """Who approved the plan; nobody where the policy asks for nobody.

    Approvals are looked for beside the plan's file; where none are needed the file itself has to be in our hands.
    ``now`` is UTC. TightlipError (exit 6) where it may not be applied.
    """
    policy = read_policy()
    if not policy.approvals:
        _refuse_others_plan(plan, plan_file)
    if policy.separate and policy.approvals:
        policy = replace(policy, own=_own_keys())
    given = read_approvals(plan_file) if policy.approvals else ()
    decision = permission(plan, given, policy, now, lambda zone: local_time(now, zone))
    if isinstance(decision, Refused):
        raise TightlipError(f"the policy does not allow it: {decision.why}", _HINT, Exit.REFUSED)
    return decision.by


def _refuse_others_plan(plan: Plan, plan_file: Path) -> None:
    """No signature protects the plan: it is what lies there now, and nobody but root and we could have written it."""
    refuse_untrusted(plan_file, "the plan")
    found = decode(_bytes_of(plan_file) or b"", str(plan_file))
    if found.hash != plan.hash:
        raise TightlipError(f"{plan_file} was changed at this moment", "read it, and apply it again", Exit.REFUSED)


def _own_keys() -> tuple[str, ...]:
    """The public keys of whoever applies; a folder that cannot be read may hold any."""
    try:
        found = [key for folder in keys_folders() for key in public_keys(folder)]
    except TightlipError as error:
        told = f"the policy wants approvals kept separate, and the applier's own keys cannot be told: {error.message}"
        raise TightlipError(told, error.hint, Exit.REFUSED) from None
    return tuple(key.split(" ", 1)[0] for key in found)


def approvals_of(plan_file: Path) -> Path:
    """The file with a plan's approvals, one a line."""
    return plan_file.with_name(f"{plan_file.name}.approvals")


def read_approvals(plan_file: Path) -> tuple[Approval, ...]:
    """The approvals beside a plan's file."""
    return decode_lines((_bytes_of(approvals_of(plan_file)) or b"")[:_LARGEST])


def _bytes_of(path: Path) -> bytes | None:
    """A file by one bounded read; None where it is not there, UsageError where it cannot be read or is no file."""
    try:
        found = read_once(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if isinstance(found, Absent):
        raise UsageError(f"cannot read {path}: {found.why}")
    return found


def local_time(now: datetime, zone: str) -> datetime:
    """A moment by a zone's clock, from the system's own files; UsageError where this machine does not know the zone.

    PYTHONTZPATH is not asked: it would let anybody move the window that others have signed.
    """
    try:
        return now.astimezone(_zone(zone))
    except (ValueError, OSError):
        raise UsageError(f"this machine knows no time zone {zone}", "install tzdata, or write UTC") from None


def _zone(name: str) -> tzinfo:
    """A zone by its name (IANA), OSError or ValueError where there is none."""
    if name == "UTC":
        return UTC
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or name.startswith("/"):
        raise ValueError(name)
    for folder in _ZONES:
        file = Path(folder, *parts)
        if file.is_file():
            with file.open("rb") as opened:
                return ZoneInfo.from_file(opened, key=name)
    raise FileNotFoundError(ENOENT, os.strerror(ENOENT), name)
