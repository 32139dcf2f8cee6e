"""Pacing: how many at once and how often, per machine, per network, per host; and whom to leave alone for a while.

Whoever may not start yet is parked: by time in a heap, or behind a busy host or network in a queue that is
served when one of its connections ends. Nothing here sleeps or reads a clock; times are monotonic seconds.
"""

from collections import deque
from heapq import heappop, heappush
from itertools import count

from tightlip.network.visit import Visit

# How many of those who wait are tried again when one connection ends. All of a host's: the one that gets the place
# may be stopped by another limit, and nobody else would wake the rest. A few of a network's, for the same reason.
_HOST_WAKES = 64
_NET_WAKES = 4
_FORGET_AT = 4_096


class _Group:
    """A host or a network: how many connections are open, and who waits for one to end."""

    __slots__ = ("active", "next_start", "waiting")

    def __init__(self) -> None:
        self.active = 0
        self.next_start = 0.0
        self.waiting: deque[Visit] = deque()


class Bucket:
    """A token bucket for one engine: ``rate`` starts a second, at most a twentieth of a second's worth at once."""

    def __init__(self, rate: float) -> None:
        """A rate of 0 is no limit."""
        self._rate = rate
        self._burst = max(1.0, rate / 20)
        self._tokens = self._burst
        self._filled = 0.0

    def wait(self, now: float) -> float:
        """How many seconds until a token is there; 0.0 when one is."""
        if not self._rate:
            return 0.0
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        return 0.0 if self._tokens >= 1.0 else (1.0 - self._tokens) / self._rate

    def take(self) -> None:
        """Spend one token."""
        self._tokens -= 1.0


class Pacing:
    """Per-host and per-network limits; a limit of 0 is none."""

    def __init__(self, per_host: int, per_net: int, per_host_rate: float) -> None:
        """Loopback is exempt from ``per_host_rate`` only."""
        self._per_host = per_host
        self._per_net = per_net
        self._pause = 1.0 / per_host_rate if per_host_rate else 0.0
        self._counts = bool(per_host or per_net)
        self._hosts: dict[str, _Group] = {}
        self._nets: dict[str, _Group] = {}
        self._later: list[tuple[float, int, Visit]] = []
        self._order = count()
        self._held: dict[tuple[str, int], float] = {}
        self._forget_at = _FORGET_AT
        self.parked = 0

    def may_start(self, visit: Visit, now: float) -> bool:
        """Count ``visit`` in and say True, or park it and say False; it comes back through due() or ended()."""
        if self._held and self._is_held(visit, now):
            self.give_way(visit, now)
            return False
        address = visit.item.address
        if self._is_free(address):
            return True
        host = _group(self._hosts, address)
        net = _group(self._nets, network_of(address))
        for group, limit in ((host, self._per_host), (net, self._per_net)):
            if limit and group.active >= limit:
                group.waiting.append(visit)
                self.parked += 1
                self.give_way(visit, now)
                return False
        if host.next_start > now:
            self.park(visit, host.next_start)
            self.give_way(visit, now)
            return False
        if self._pause and not is_loopback(address):
            host.next_start = now + self._pause
            self._forget_idle_hosts(now)
        host.active += 1
        net.active += 1
        return True

    def ended(self, visit: Visit) -> list[Visit]:
        """A connection of this visit's host has ended: who waited for that and may be tried again."""
        address = visit.item.address
        if self._is_free(address):
            return []
        freed: list[Visit] = []
        for groups, key, most in ((self._hosts, address, _HOST_WAKES), (self._nets, network_of(address), _NET_WAKES)):
            group = groups[key]
            group.active -= 1
            freed += [group.waiting.popleft() for _ in range(min(most, len(group.waiting)))]
            if not (group.active or group.waiting or group.next_start):
                del groups[key]
        self.parked -= len(freed)
        return freed

    def give_way(self, visit: Visit, now: float) -> None:
        """This visit will not take the place it may have been woken for: the next ones are tried instead."""
        address = visit.item.address
        if self._is_free(address):
            return
        for group, limit, most in (
            (self._hosts.get(address), self._per_host, _HOST_WAKES),
            (self._nets.get(network_of(address)), self._per_net, _NET_WAKES),
        ):
            if group is not None and group.active < limit:
                for _ in range(min(most, len(group.waiting))):
                    self.parked -= 1
                    self.park(group.waiting.popleft(), now)

    def park(self, visit: Visit, until: float) -> None:
        """Bring ``visit`` back at ``until``."""
        heappush(self._later, (until, next(self._order), visit))
        self.parked += 1

    def hold(self, address: str, port: int, until: float) -> None:
        """Leave one host and port alone until then; its other ports go on."""
        self._held[address, port] = until

    def due(self, now: float) -> list[Visit]:
        """Those whose time has come."""
        ready = []
        while self._later and self._later[0][0] <= now:
            ready.append(heappop(self._later)[2])
        self.parked -= len(ready)
        return ready

    def _is_free(self, address: str) -> bool:
        """Whether no limit concerns this address: then nothing is counted for it."""
        return not self._counts and (not self._pause or is_loopback(address))

    def _is_held(self, visit: Visit, now: float) -> bool:
        key = (visit.item.address, visit.item.port)
        until = self._held.get(key, now)
        if until > now:
            self.park(visit, until)
            return True
        self._held.pop(key, None)
        return False

    def _forget_idle_hosts(self, now: float) -> None:
        """Drop hosts whose pause is over, each time their number has doubled: the memory of a long sweep is flat."""
        if len(self._hosts) < self._forget_at:
            return
        for address, host in list(self._hosts.items()):
            if not (host.active or host.waiting) and host.next_start <= now:
                del self._hosts[address]
        self._forget_at = max(_FORGET_AT, 2 * len(self._hosts))

    def next_due(self) -> float | None:
        """When due() will next have somebody."""
        return self._later[0][0] if self._later else None


def network_of(address: str) -> str:
    """The /24 or /64 an address lies in, as a key."""
    if ":" not in address:
        return address.rpartition(".")[0]
    return ":".join(_groups(address)[:4])


def is_loopback(address: str) -> bool:
    """Whether an address is this machine talking to itself."""
    return address.startswith("127.") or address == "::1"


def _group(groups: dict[str, _Group], key: str) -> _Group:
    group = groups.get(key)
    if group is None:
        group = groups[key] = _Group()
    return group


def _groups(address: str) -> list[str]:
    """The eight groups of an IPv6 address in its compressed form, zones left out."""
    head, _, tail = address.partition("%")[0].partition("::")
    front = head.split(":") if head else []
    back = tail.split(":") if tail else []
    return [*front, *["0"] * (8 - len(front) - len(back)), *back]
