"""Logging in with one account at many endpoints, without getting it locked: who refuses it twice is asked no more.

Theory of operation. Servers and directories count refused passwords, and lock an account after a few. Until it has
worked once the account may be the wrong one. So the next attempt goes to another service, and after two refusals none
is made, nor at any later time in the same process. Once it has worked the password is right, and every other endpoint
is tried, once. Until the next round (the proof, the way back) it may have been changed: each begins as the first did,
and an account that has never worked begins none.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from tightlip.network.login import LoggedIn, NotLoggedIn

_MOST_REFUSED = 2
UNTRIED = NotLoggedIn("not tried: the account was refused elsewhere, and more could get it locked")

_At = TypeVar("_At")


class Attempts:
    """How one account has fared: where it was refused and whether it has worked, in this round, and whether ever."""

    def __init__(self) -> None:
        """Nothing was tried yet."""
        self._refused: list[str] = []
        self._has_worked = self._has_ever_worked = False

    def begin_round(self) -> None:
        """What worked in an earlier round may not any more; what never has is not tried anew."""
        if self._has_ever_worked:
            self._refused, self._has_worked = [], False

    def may_be_tried(self, service: str) -> bool:
        """Whether one more attempt is safe."""
        return self._has_worked or (len(self._refused) < _MOST_REFUSED and service not in self._refused)

    def note(self, service: str, outcome: LoggedIn | NotLoggedIn) -> None:
        """Take an attempt down."""
        if isinstance(outcome, LoggedIn):
            self._has_worked = self._has_ever_worked = True
        elif outcome.was_refused:
            self._refused.append(service)


def try_logins(
    at: Sequence[_At],
    service: Callable[[_At], str],
    attempt: Callable[[_At], LoggedIn | NotLoggedIn],
    attempts: Attempts,
) -> Iterator[tuple[_At, LoggedIn | NotLoggedIn]]:
    """Attempt a login at each place; ``service`` names what answers there and on which host: its ports do alike.

    ``attempts`` are those of before, and become these as well.
    """
    left = list(at)
    attempts.begin_round()
    while following := next((each for each in left if attempts.may_be_tried(service(each))), None):
        left.remove(following)
        outcome = attempt(following)
        attempts.note(service(following), outcome)
        yield following, outcome
    yield from ((each, UNTRIED) for each in left)
