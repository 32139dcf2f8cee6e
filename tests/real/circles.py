"""A circle on a real server: whatever it was, no change is stuck at its end, and every listener answers as before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.house.told import ENDS_WELL
from tests.real.administration import Administrator
from tests.real.servers.ask import IMPLICIT_TLS, PLAIN, STARTTLS, capabilities
from tests.real.servers.contract import IMPLICIT, Listener

# A listener in one TLS state.
Door = tuple[Listener, str]
T = TypeVar("T")

# Not an address that anybody else asks from: what the server holds against that one must not reach this client.
_SOURCE = "127.0.0.8"
_CHANGE = re.compile(r"^\d{8}-\d{6}-\S+ +(.+?)(?:, not proved)?  ", re.MULTILINE)
# One that was kept, and that a later change has taken back.
_ENDS = {"rolled back": "kept"}


class Circle:
    """One server in the hands of its administrator, and which of its doors answered when that began."""

    def __init__(self, admin: Administrator, is_proxied: bool) -> None:
        """``is_proxied``: some of the ports greet after a PROXY header."""
        self.admin = admin
        self._ways = (True, False) if is_proxied else (False,)
        doors = list(_doors(admin.server.listeners))
        found = dict(zip(doors, _at_once(self._way_into, doors), strict=True))
        self._answering = {door: way for door, way in found.items() if way is not None}
        self.silent = [_told(door) for door in doors if found[door] is None]

    def ends(self) -> Iterator[str]:
        """How each change ended, and what else is not as it has to be."""
        yield from (_ENDS.get(end, end) for end in _CHANGE.findall(self.admin.run("changes")))
        if "No change is under way" not in self.admin.run("recover"):
            yield "under way"
        answered = _at_once(lambda door: _answers(door, self._answering[door]), list(self._answering))
        for door, is_answered in zip(self._answering, answered, strict=True):
            if not is_answered:
                yield f"{_told(door)} is silent"

    def _way_into(self, door: Door) -> bool | None:
        """Whether it answers after a PROXY header; None where it does not answer at all."""
        return next((way for way in self._ways if _answers(door, way)), None)


def wrong(ends: list[str]) -> list[str]:
    """What of this is no end of a change."""
    return [each for each in ends if each not in ENDS_WELL]


def _doors(listeners: tuple[Listener, ...]) -> Iterator[Door]:
    for each in listeners:
        yield from ((each, state) for state in ((IMPLICIT_TLS,) if each.scheme in IMPLICIT else (PLAIN, STARTTLS)))


def _told(door: Door) -> str:
    listener, state = door
    return f"{listener.url} ({state})"


def _at_once(ask: Callable[[Door], T], doors: list[Door]) -> list[T]:
    with ThreadPoolExecutor(len(doors) or 1) as pool:
        return list(pool.map(ask, doors))


def _answers(door: Door, is_proxied: bool) -> bool:
    listener, state = door
    try:
        capabilities(listener, state, _SOURCE, is_proxied=is_proxied)
    except OSError:
        return False
    return True
