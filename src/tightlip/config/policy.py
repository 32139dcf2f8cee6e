"""The policy on changes, ``[policy]`` of a ``tightlip.toml`` that nobody but root may write.

    [policy]
    approvals = 1
    separate = true
    keys = ["ed25519:… anna", "ed25519:… bert"]
    trusted_owners = ["cyrus", "%mailadmins"]

``/etc/tightlip/tightlip.toml`` is looked at first, and always: no variable of the environment hides it.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tightlip.config.settings import settings_path
from tightlip.files.trust import Owners, exposure, read_trusted
from tightlip.model.errors import Exit, TightlipError, UsageError
from tightlip.remediate.approval import key_text, read_key
from tightlip.remediate.permission import Policy

SYSTEM = Path("/etc/tightlip/tightlip.toml")

_ROOT_ALONE = Owners(frozenset({0}))

_HINT = "write [policy], and below it approvals, separate, keys and trusted_owners"
_KNOWN = {"approvals": int, "separate": bool, "keys": list, "trusted_owners": list}


def read_policy(system: Path = SYSTEM, environment: Mapping[str, str] = os.environ) -> Policy:
    """The policy that holds here; one that asks for nothing where none is written.

    UsageError where it cannot be read; TightlipError (exit 6) where others than root may write it.
    """
    # Even without a policy in it: whoever may write there could have taken it away.
    if system.parent.exists() or system.parent.is_symlink():
        _refuse_writable(system)
    owners: tuple[str, ...] = ()
    for path in (system, settings_path(environment)):
        if (written := _policy_in(path)) is not None:
            _refuse_writable(path)
            policy = _policy(path, written)
            owners += policy.trusted_owners
            # One that says no more than whose files may be changed leaves the rest to the other.
            if written.keys() != {"trusted_owners"}:
                return replace(policy, trusted_owners=owners)
    return Policy(trusted_owners=owners)


def _policy_in(path: Path) -> dict[str, Any] | None:
    text = read_trusted(path)
    if text is None:
        return None
    try:
        written = tomllib.loads(text).get("policy")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: {error}", _HINT) from None
    if written is not None and not isinstance(written, dict):
        raise UsageError(f"{path}: policy is no table", _HINT)
    return written


def _refuse_writable(path: Path) -> None:
    """Whoever may write the file, or put another in its place anywhere on the way to it, is the one who decides."""
    try:
        found = exposure(path, _ROOT_ALONE)
    except FileNotFoundError:
        return  # what is not there is nobody's
    except OSError as error:
        raise UsageError(f"cannot look at {path}: {error.strerror}") from None
    if found is not None:
        raise TightlipError(
            f"{found.path} holds the policy, and others than root may write it",
            f"chown -h root {found.path}; chmod go-w {found.path}",
            Exit.REFUSED,
        )


def _policy(path: Path, written: dict[str, Any]) -> Policy:
    for key, value in written.items():
        kind = _KNOWN.get(key)
        if kind is None:
            raise UsageError(f"{path}: unknown key {key!a} in [policy]", f"known here: {', '.join(_KNOWN)}")
        if type(value) is not kind:
            raise UsageError(f"{path}: {key} in [policy] is no {kind.__name__}", _HINT)
    # Written anew, for base64 can spell the same key in several ways.
    keys = tuple(dict.fromkeys(key_text(read_key(str(key))) for key in written.get("keys", [])))
    approvals = written.get("approvals", 0 if written.keys() == {"trusted_owners"} else 1)
    if not 0 <= approvals <= len(keys):
        raise UsageError(f"{path}: {approvals} approvals by {len(keys)} keys cannot be had", _HINT)
    return Policy(
        approvals=approvals,
        keys=keys,
        separate=written.get("separate", False),
        trusted_owners=tuple(str(each) for each in written.get("trusted_owners", [])),
    )
