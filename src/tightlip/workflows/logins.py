"""Logging in with one account at many endpoints, without getting it locked: who refuses it twice is asked no more.

Theory of operation. Servers and directories count refused passwords, and lock an account after a few. Until it has
worked once the account may be the wrong one. So the next attempt goes to another service, and after two refusals none
is made. Once it has worked the password is right, and every other endpoint is tried, once.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from tightlip.network.login import LoggedIn, NotLoggedIn

_MOST_REFUSED = 2
UNTRIED = NotLoggedIn("not tried: the account was refused twice, and more would get it locked")

_At = TypeVar("_At")


def try_logins(
    at: Sequence[_At], service: Callable[[_At], str], attempt: Callable[[_At], LoggedIn | NotLoggedIn]
) -> Iterator[tuple[_At, LoggedIn | NotLoggedIn]]:
    """Attempt a login at each place; ``service`` names what answers there, as the ports of one do alike."""
    left, refused, has_worked = list(at), list[str](), False
    while left:
        following = next((each for each in left if has_worked or service(each) not in refused), None)
        if following is None or (not has_worked and len(refused) >= _MOST_REFUSED):
            yield from ((each, UNTRIED) for each in left)
            return
        left.remove(following)
        outcome = attempt(following)
        has_worked = has_worked or isinstance(outcome, LoggedIn)
        if isinstance(outcome, NotLoggedIn) and outcome.was_refused:
            refused.append(service(following))
        yield following, outcome
