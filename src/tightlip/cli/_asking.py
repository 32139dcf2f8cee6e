"""The options that say how thoroughly states are asked."""

from tightlip.model.errors import UsageError

# Each asking differs from the one before in order or form: fewer would leave a form unasked.
REPEAT = 3
_MOST = 100


def repeats(count: int) -> int:
    """How often a state is asked, as ordered; UsageError where that makes no sense."""
    if not REPEAT <= count <= _MOST:
        hint = f"it is a number from {REPEAT} to {_MOST}: each of the first {REPEAT} asks in a form of its own"
        raise UsageError(f"--repeat cannot be {count}", hint)
    return count
