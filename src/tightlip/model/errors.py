"""What the user did wrong: one clear line with a hint, never a traceback."""

from enum import IntEnum
from errno import EDQUOT, ENOSPC

_MAKE_ROOM = "the disk is full, or a quota used up: make room, then try again"


class Exit(IntEnum):
    """Exit codes; the first that applies is given (INTERRUPTED, FAULT, USAGE, SCOPE, REFUSED, FINDINGS, DOUBT)."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    SCOPE = 3
    DOUBT = 4
    FAULT = 5
    REFUSED = 6
    INTERRUPTED = 130


class TightlipError(Exception):
    """Something the user can mend: ``message`` says what is wrong, ``hint`` what to do about it."""

    def __init__(self, message: str, hint: str = "", exit_code: Exit = Exit.USAGE) -> None:
        """Keep the three parts; the message is also what ``str()`` gives."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


class UsageError(TightlipError):
    """The command was called wrongly, or something it was given cannot be read."""


class DiskFull(TightlipError):
    """Something could not be written because no room was left for it."""

    def __init__(self, message: str, hint: str = _MAKE_ROOM) -> None:
        """The command was right, what it needs is not there."""
        super().__init__(message, hint, Exit.REFUSED)


def unwritten(what: str, error: OSError, hint: str) -> TightlipError:
    """Why ``what`` cannot be done, "cannot write FILE" say: DiskFull where there is no room, else a UsageError."""
    told = f"{what}: {error.strerror or error}"
    return DiskFull(told) if is_full(error) else UsageError(told, hint)


def is_full(error: OSError) -> bool:
    """Whether the disk is full, or the quota used up."""
    return error.errno in (ENOSPC, EDQUOT)


class StoreError(TightlipError):
    """The store is damaged, newer than this program, or cannot be written."""

    def __init__(self, message: str, hint: str = "") -> None:
        """As of DiskFull."""
        super().__init__(message, hint, Exit.REFUSED)
