"""Approving: a plan is read, and somebody's key put under exactly this plan, for its host, its window, until a day."""

import os
from datetime import UTC, datetime, timedelta
from errno import ENOSPC
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from tightlip.config.folders import folders
from tightlip.files.read import read_once
from tightlip.model.errors import UsageError, unwritten
from tightlip.products._product import Absent
from tightlip.remediate.approval import Approval, encode_line, key_text, sign
from tightlip.remediate.plan import Plan, decode
from tightlip.remediate.window import read_window
from tightlip.workflows.approval_gate import approvals_of, local_time


class Terms(Struct, frozen=True, kw_only=True):
    """Who approves, when it may be applied, and for how long the approval holds."""

    by: str
    window: str | None
    days: int


def keys_folder() -> Path:
    """Where this user's keys are."""
    return folders().config / "keys"


def read_plan(path: Path) -> Plan:
    """A plan's file; UsageError where it is none, or was edited."""
    return decode(plan_bytes(path), str(path))


def plan_bytes(path: Path) -> bytes:
    """The bytes of a plan's file, at most 16 MiB; UsageError where it cannot be read."""
    try:
        found = read_once(path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no path at all"
        raise UsageError(f"cannot read {path}: {why}", "make one with: tightlip plan") from None
    if isinstance(found, Absent):
        raise UsageError(f"cannot read {path}: {found.why}", "make one with: tightlip plan")
    return found


def approve(plan_file: Path, key: Ed25519PrivateKey, terms: Terms) -> Approval:
    """Sign the plan and add the approval to the file beside it, whole lines only."""
    plan = read_plan(plan_file)
    if not terms.by.strip():
        raise UsageError("nobody approves it: --by is empty", 'name who does: --by "A. Admin, change 4711"')
    now = datetime.now(UTC).replace(microsecond=0)
    if terms.window is not None:
        local_time(now, read_window(terms.window).zone)
    approval = Approval(
        plan=plan.hash,
        host=plan.host,
        by=terms.by,
        made=now,
        expires=now + timedelta(days=terms.days),
        window=terms.window,
        key=key_text(key.public_key()),
    )
    signed = sign(approval, key)
    _append(approvals_of(plan_file), encode_line(signed))
    return signed


def _append(path: Path, line: bytes) -> None:
    """An editor, or a mail, may have taken away the end of the last line."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            is_whole = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
            text = line if is_whole else b"\n" + line
            if os.write(descriptor, text) != len(text):
                os.ftruncate(descriptor, size)
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unwritten(f"cannot write {path}", error, "approvals lie beside the plan") from None
