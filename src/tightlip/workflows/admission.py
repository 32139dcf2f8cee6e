"""Admission: whether an address of the itinerary may be dialled, by the exclusions and the scope as it stands now."""

import math
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address

from tightlip.assess.scope import Scope, authorities, decide, partition
from tightlip.model.run import Authority, NotAsked, Unasked
from tightlip.workflows.intake import Itinerary


class Admission:
    """Asked for every single host; for the addresses of sweeps only once the scope no longer holds them all."""

    def __init__(self, itinerary: Itinerary, scope: Scope) -> None:
        """``scope`` as it is now; the sweeps may have been cut by that of another day."""
        self._itinerary = itinerary
        self._scope = scope
        self._sure_until = self._all_hold_until(datetime.now(UTC))

    @property
    def sweeps_hold(self) -> bool:
        """Whether every address of the sweeps may still be dialled."""
        return time.time() < self._sure_until

    def judge(self, address: str) -> Authority | NotAsked:
        """On whose authority it may be dialled, or why it may not."""
        if self._itinerary.exclusions.hold(ip_address(address.partition("%")[0])):
            return NotAsked(address, Unasked.EXCLUDED)
        return decide(self._scope, address, datetime.now(UTC))

    def authorities(self) -> Iterator[Authority]:
        """The entries that the sweeps stand on."""
        now = datetime.now(UTC)
        for sweep in self._itinerary.sweeps:
            yield from (authority for _, authority in authorities(self._scope, sweep.network, now))

    def _all_hold_until(self, now: datetime) -> float:
        """In epoch seconds; 0 where they do not."""
        if any(partition(self._scope, sweep.network, now)[1] for sweep in self._itinerary.sweeps):
            return 0.0
        ends = [authority.until for _, authority in self._scope.allowed if authority.until is not None]
        return min((until.timestamp() for until in ends if until > now), default=math.inf)
