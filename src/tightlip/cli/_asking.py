"""The options that say how thoroughly states are asked."""

from tightlip.model.errors import UsageError

REPEAT = 3
_MOST = 100


def repeats(count: int) -> int:
    """How often a state is asked, as ordered; UsageError where that makes no sense."""
    if not 1 <= count <= _MOST:
        raise UsageError(f"--repeat cannot be {count}", f"it is a number from 1 to {_MOST}")
    return count
