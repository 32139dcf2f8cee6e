"""What the user did wrong: one clear line with a hint, never a traceback."""

from enum import IntEnum


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


class StoreError(TightlipError):
    """The store is damaged, newer than this program, or cannot be written."""

    def __init__(self, message: str, hint: str = "") -> None:
        """As its parent: the command was right, what it needs is not there."""
        super().__init__(message, hint, Exit.REFUSED)
